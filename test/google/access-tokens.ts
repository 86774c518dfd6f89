// The access tokens that were issued: opaque, bound to a service account, a subject and scopes, and
// dead after 3599 seconds of the injected clock.
import { base64url } from 'jose';

export const ACCESS_TOKEN_SECONDS = 3599;

export interface AccessToken {
  token: string;
  clientEmail: string;
  /** The id of the user acted as; null when the assertion had no `sub`. */
  subjectId: string | null;
  scopes: string[];
  expiresAtMs: number;
  /** Issued, yet refused by every API: a state that has been reported for odd subjects. */
  isDead: boolean;
}

export class AccessTokens {
  readonly #tokens = new Map<string, AccessToken>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  issue(grant: Omit<AccessToken, 'token' | 'expiresAtMs'>): AccessToken {
    const noise = base64url.encode(crypto.getRandomValues(new Uint8Array(96)));
    const token: AccessToken = {
      ...grant,
      token: `ya29.c.c0AS${noise}`,
      expiresAtMs: this.#nowMs() + ACCESS_TOKEN_SECONDS * 1000,
    };
    this.#forgetExpired();
    this.#tokens.set(token.token, token);
    return token;
  }

  /** The grant behind a token that is still good, or undefined. */
  find(token: string): AccessToken | undefined {
    const found = this.#tokens.get(token);
    return found && found.expiresAtMs > this.#nowMs() && !found.isDead ? found : undefined;
  }

  /** Every token issued so far stops to work. */
  revokeAll(): void {
    this.#tokens.clear();
  }

  snapshot(): AccessToken[] {
    return structuredClone([...this.#tokens.values()]);
  }

  restore(tokens: AccessToken[]): void {
    this.#tokens.clear();
    for (const token of structuredClone(tokens)) this.#tokens.set(token.token, token);
  }

  #forgetExpired(): void {
    for (const [key, token] of this.#tokens) {
      if (token.expiresAtMs <= this.#nowMs()) this.#tokens.delete(key);
    }
  }
}
