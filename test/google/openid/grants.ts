// What people have allowed an app: the consents that were given, and what is issued on their strength,
// authorization codes and access tokens. Codes and tokens are short-lived and leave no trace in a
// snapshot; consents stay.
import { base64url } from 'jose';
import { ACCESS_TOKEN_SECONDS } from '../access-tokens.ts';

const CODE_LIFE_MS = 5 * 60 * 1000;

export interface Consent {
  clientId: string;
  accountId: string;
  scopes: string[];
}

/** What a code stands for; redeemed only by the client, redirect URI and verifier it was made for. */
export interface CodeGrant {
  clientId: string;
  accountId: string;
  redirectUri: string;
  scopes: string[];
  /** The issuer by whose name the browser was here. */
  issuer: string;
  nonce: string | null;
  challenge: { value: string; method: 'S256' | 'plain' } | null;
  isOffline: boolean;
}

export interface UserToken {
  clientId: string;
  accountId: string;
  scopes: string[];
  expiresAtMs: number;
}

export class Grants {
  #consents: Consent[] = [];
  readonly #codes = new Map<string, { grant: CodeGrant; expiresAtMs: number }>();
  readonly #tokens = new Map<string, UserToken>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get consents(): readonly Consent[] {
    return this.#consents;
  }

  hasConsent({ clientId, accountId, scopes }: Consent): boolean {
    const given = this.#consents.find(
      (one) => one.clientId === clientId && one.accountId === accountId,
    );
    return given !== undefined && scopes.every((scope) => given.scopes.includes(scope));
  }

  /** Adds to what was allowed before. */
  consent({ clientId, accountId, scopes }: Consent): void {
    const before = this.#consents.find(
      (one) => one.clientId === clientId && one.accountId === accountId,
    );
    this.#forget(clientId, accountId);
    const all = [...new Set([...(before?.scopes ?? []), ...scopes])];
    this.#consents.push({ clientId, accountId, scopes: all });
  }

  forgetConsents(): void {
    this.#consents = [];
  }

  issueCode(grant: CodeGrant): string {
    const code = `4/0A${noise(48)}`;
    this.#codes.set(code, { grant, expiresAtMs: this.#nowMs() + CODE_LIFE_MS });
    return code;
  }

  /** Whom a code belongs to, without using it up. */
  clientOf(code: string): string | undefined {
    return this.#codes.get(code)?.grant.clientId;
  }

  /** Uses the code up, whatever comes of it; undefined when it was used, is too old or never was. */
  takeCode(code: string): CodeGrant | undefined {
    const found = this.#codes.get(code);
    this.#codes.delete(code);
    return found && found.expiresAtMs > this.#nowMs() ? found.grant : undefined;
  }

  issueToken(token: Omit<UserToken, 'expiresAtMs'>): string {
    const text = `ya29.a0AT${noise(96)}`;
    const expiresAtMs = this.#nowMs() + ACCESS_TOKEN_SECONDS * 1000;
    this.#tokens.set(text, { ...token, expiresAtMs });
    return text;
  }

  findToken(text: string): UserToken | undefined {
    const found = this.#tokens.get(text);
    return found && found.expiresAtMs > this.#nowMs() ? found : undefined;
  }

  /** Ends the token and takes back the consent behind it; false when there is no such token. */
  revoke(text: string): boolean {
    const token = this.#tokens.get(text);
    if (!token) return false;
    this.#tokens.delete(text);
    this.#forget(token.clientId, token.accountId);
    return true;
  }

  snapshot(): Consent[] {
    return structuredClone(this.#consents);
  }

  restore(consents: readonly Consent[] = []): void {
    this.#consents = structuredClone([...consents]);
    this.#codes.clear();
    this.#tokens.clear();
  }

  #forget(clientId: string, accountId: string): void {
    this.#consents = this.#consents.filter(
      (one) => one.clientId !== clientId || one.accountId !== accountId,
    );
  }
}

export function noise(bytes: number): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(bytes)));
}
