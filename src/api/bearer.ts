// The token of an Authorization header (RFC 6750), and how it is held against one that we know, or know the hash of.

/** The one token of an Authorization header; `null` without one. Two headers arrive as one, with a comma and a space. */
export function bearerToken(header: string | undefined): string | null {
  return /^Bearer +([\x21-\x7e]+)$/i.exec(header ?? '')?.[1] ?? null;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** In constant time: how much of a hash was right is not in the time it took. All hashes are 43 characters. */
export const isSameHash = (a: string, b: string): boolean =>
  crypto.subtle.timingSafeEqual(bytesOf(a), bytesOf(b));
