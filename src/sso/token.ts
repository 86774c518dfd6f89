// Secrets that we hand out, and what we keep of them: 256 random bits, of which only the SHA-256 is stored.
import { base64url } from 'jose';

/** 32 bytes in base64url, in the one spelling that decodes to them. */
const SECRET_PATTERN = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

export const isSecret = (text: unknown): text is string =>
  typeof text === 'string' && SECRET_PATTERN.test(text);

/** 256 random bits, base64url. */
export function newSecret(): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
}

/** SHA-256 of a text, base64url: 43 characters. */
export async function hashOf(secret: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret));
  return base64url.encode(new Uint8Array(bytes));
}
