// Every way in which signing in with Google can fail before we know who it is. Codes are ours or oauth4webapi's;
// what an attacker sent is never repeated.

/**
 * - `refused-by-google` the callback carries an error (the person declined, or a silent try failed)
 * - `not-believable` the callback or the ID token does not hold: state, issuer, signature, audience, nonce, time, …
 * - `unavailable` Google did not answer, or asks to come back later
 * - `misconfigured` Google does not accept our client: an operator must act
 */
type OpenIdFailure = 'refused-by-google' | 'not-believable' | 'unavailable' | 'misconfigured';

export class OpenIdError extends Error {
  override readonly name = 'OpenIdError';
  readonly failure: OpenIdFailure;
  /** For the log: `access_denied`, `invalid_client`, `id-token-at-hash`, … */
  readonly code: string;

  constructor(failure: OpenIdFailure, code: string) {
    super(`sign-in with Google: ${code}`);
    this.failure = failure;
    this.code = code;
  }
}

/** A code of oauth4webapi or jose, as we write codes: `OAUTH_INVALID_RESPONSE` → `oauth-invalid-response`. */
export const libraryCode = (code: string | undefined) =>
  (code ?? 'unknown').toLowerCase().replaceAll('_', '-');

/** RFC 6749's shape of an error code, else a word of ours: a stranger's text is not logged. */
export function errorWord(text: unknown): string {
  return typeof text === 'string' && /^[a-z][a-z_]{2,40}$/.test(text) ? text : 'unknown-error';
}
