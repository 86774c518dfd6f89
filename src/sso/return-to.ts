// Where a sign-in ends: a path of ours, never somebody else's site.
//
// The attack: `?return_to=https://evil` after a real sign-in makes a convincing fake of the page that comes next.

const MAX_CHARACTERS = 2_000;
/** A sign-in that ends at one of these would begin again, or answer a person with JSON. */
const NOT_PAGES = /^\/(auth|api|google)(\/|$)/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const FORBIDDEN = /[\u0000-\u001f\u007f\\]/;

/**
 * @param text what the request said
 * @param origin ours
 * @returns a path with its query and fragment; `/` for anything else
 */
export function parseReturnTo(text: string | undefined, origin: string): string {
  const otherwise = '/';
  if (text === undefined || text.length > MAX_CHARACTERS || FORBIDDEN.test(text)) return otherwise;
  if (!text.startsWith('/') || text.startsWith('//') || !URL.canParse(text, origin)) {
    return otherwise;
  }
  const url = new URL(text, origin);
  // `/.//evil` parses to our origin and the path `//evil`.
  if (url.origin !== origin || url.pathname.startsWith('//')) return otherwise;
  try {
    const decoded = decodeURIComponent(url.pathname);
    // Twice: what a router decodes must not say something else than what was read here.
    if ([url.pathname, decoded].some((path) => NOT_PAGES.test(path))) return otherwise;
    if (decoded.startsWith('//') || FORBIDDEN.test(decoded)) return otherwise;
  } catch {
    // Not UTF-8.
    return otherwise;
  }
  const path = url.pathname + url.search + url.hash;
  // Percent-encoded it may be six times as long, and a cookie holds 4,096 bytes.
  return path.length > MAX_CHARACTERS ? otherwise : path;
}
