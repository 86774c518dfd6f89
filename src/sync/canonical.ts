// One spelling for equal data, so that rows can be compared as text: keys in order, arrays as sets, and
// no character that SQLite or JSON would store as another.

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * Text as the database can hold it: NUL (SQLite's text functions end there) and lone surrogates (stored
 * as U+FFFD) become U+FFFD before anything is stored or compared. All else is kept to the letter.
 */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

/** Google's own fields are three deep. SQLite takes no JSON deeper than 1,000: one such row would fail its batch. */
const MAX_DEPTH = 100;

function canonical(value: unknown, depth = 0): Json {
  if (depth > MAX_DEPTH) throw new RangeError('nested too deep');
  if (typeof value === 'string') return storableText(value);
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
    return value;
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) {
    // Google promises no order within multi-valued fields.
    const items = value.map((item) => {
      const json = canonical(item, depth + 1);
      return [JSON.stringify(json), json] as const;
    });
    return items.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, json]) => json);
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [storableText(key), canonical(item, depth + 1)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
}

/**
 * Canonical JSON text of anything that came out of JSON. Objects are compared by their content.
 *
 * @throws {RangeError} where it is nested deeper than the database takes
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(canonical(value));
}
