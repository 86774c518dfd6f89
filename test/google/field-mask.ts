// Google's partial responses: `fields=nextPageToken,users(id,name/givenName)`. Parses the mask and
// cuts an answer to it; arrays are looked through, as Google does.

export type FieldMask = Map<string, FieldMask | 'all'>;

/** The mask, or null when the text is not one. */
export function parseFieldMask(text: string): FieldMask | null {
  const tokens = text.match(/[^,()/\s]+|[,()/]/g) ?? [];
  let at = 0;
  const list = (depth: number): FieldMask | null => {
    const mask: FieldMask = new Map();
    for (;;) {
      if (!path(mask, depth)) return null;
      if (tokens[at] !== ',') return mask;
      at++;
    }
  };
  const path = (mask: FieldMask, depth: number): boolean => {
    const name = tokens[at++];
    if (name === undefined || /[,()/]/.test(name) || depth > 20) return false;
    if (tokens[at] === '/') {
      at++;
      const below = maskBelow(mask, name);
      return below === 'all' ? path(new Map(), depth + 1) : path(below, depth + 1);
    }
    if (tokens[at] === '(') {
      at++;
      const inner = list(depth + 1);
      if (!inner || tokens[at++] !== ')') return false;
      const below = maskBelow(mask, name);
      if (below !== 'all') for (const [key, value] of inner) below.set(key, value);
      return true;
    }
    mask.set(name, 'all');
    return true;
  };
  const mask = list(0);
  return mask && at === tokens.length ? mask : null;
}

function maskBelow(mask: FieldMask, name: string): FieldMask | 'all' {
  const known = mask.get(name);
  if (known) return known;
  const below: FieldMask = new Map();
  mask.set(name, below);
  return below;
}

/** Only what the mask names; undefined when nothing of the value is left. */
export function cutToMask(value: unknown, mask: FieldMask | 'all'): unknown {
  if (mask === 'all') return value;
  if (Array.isArray(value)) {
    return value.map((item) => cutToMask(item, mask)).filter((item) => item !== undefined);
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const everything = mask.get('*');
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const wanted = mask.get(key) ?? everything;
    const cut = wanted === undefined ? undefined : cutToMask(inner, wanted);
    if (cut !== undefined) result[key] = cut;
  }
  return Object.keys(result).length > 0 ? result : undefined;
}
