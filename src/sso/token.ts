// Secrets that we hand out, and what we keep of them: 256 random bits, of which only the SHA-256 is stored.
import { base64url } from 'jose';
import { sha256Of } from '../hash.ts';

/** 32 bytes in base64url, in the one spelling that decodes to them. */
const SECRET_PATTERN = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

export const isSecret = (text: unknown): text is string =>
  typeof text === 'string' && SECRET_PATTERN.test(text);

/** 256 random bits, base64url. */
export function newSecret(): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
}

/** What is kept of a secret. It is random, so nobody finds it by trying, and its hash needs no salt. */
export const hashOf = (secret: string): Promise<string> => sha256Of(secret);
