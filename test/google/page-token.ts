// The opaque page token of users.list: where the next page begins, for which question, until when.
// A position is a sort key and not a number, so that people who come and go between two pages
// neither shift the rest nor repeat it.
import { base64url } from 'jose';

const LIFETIME_MS = 3 * 24 * 60 * 60 * 1000;

export interface PagePosition {
  /** The sort key of the last person already shown. */
  after: string;
  /** Pages answered so far. */
  pages: number;
}

export function writePageToken(position: PagePosition, question: string, nowMs: number): string {
  const text = JSON.stringify([position.after, position.pages, question, nowMs]);
  return base64url.encode(new TextEncoder().encode(text));
}

/** Null for a token that is foreign, of another question, or older than 3 days. */
export function readPageToken(token: string, question: string, nowMs: number): PagePosition | null {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(base64url.decode(token)));
    if (!Array.isArray(parsed)) return null;
    const [after, pages, asked, atMs] = parsed as unknown[];
    if (typeof after !== 'string' || typeof pages !== 'number' || typeof atMs !== 'number') {
      return null;
    }
    return asked === question && nowMs - atMs <= LIFETIME_MS ? { after, pages } : null;
  } catch {
    // Not base64url or not JSON: somebody else's token.
    return null;
  }
}
