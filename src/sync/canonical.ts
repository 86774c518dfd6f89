// One spelling for equal data, so that rows can be compared as text: keys in order, arrays as sets, and
// no character that SQLite or JSON would store as another.

/**
 * Text as the database can hold it: NUL (SQLite's text functions end there) and lone surrogates (stored
 * as U+FFFD) become U+FFFD before anything is stored or compared. All else is kept to the letter.
 */
export function storableText(text: string): string {
  if (text.isWellFormed() && !text.includes('\u0000')) return text;
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

/** Google's own fields are three deep. SQLite takes no JSON deeper than 1,000: one such row would fail its batch. */
const MAX_DEPTH = 100;

// Text at once, and no tree in between: a pass does this for everybody in the directory.
function canonical(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new RangeError('nested too deep');
  if (typeof value === 'string') return JSON.stringify(storableText(value));
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return 'null';
  if (Array.isArray(value)) {
    // Google promises no order within multi-valued fields.
    return `[${value
      .map((item) => canonical(item, depth + 1))
      .sort()
      .join(',')}]`;
  }
  const members = new Map<string, string>();
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) members.set(storableText(key), canonical(item, depth + 1));
  }
  return `{${[...members.keys()]
    .sort()
    .map((key) => `${JSON.stringify(key)}:${members.get(key)}`)
    .join(',')}}`;
}

/**
 * Canonical JSON text of anything that came out of JSON. Objects are compared by their content.
 *
 * @throws {RangeError} where it is nested deeper than the database takes
 */
export function canonicalJson(value: unknown): string {
  return canonical(value, 0);
}
