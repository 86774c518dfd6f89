// The keys that sign ID tokens: two at a time, as at Google, so that a token signed just before a
// rotation still verifies just after it. Made on first use, because making RSA keys takes a moment
// and most tests sign nobody in.
import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';

const KEYS_AT_A_TIME = 2;

export interface SigningKey {
  kid: string;
  key: CryptoKey;
  publicJwk: JWK;
}

export class SigningKeys {
  /** Private JWKs, the one that signs first. */
  #keys: JWK[] = [];
  #making: Promise<void> | undefined;

  /** What the JWKS endpoint publishes; empty until `ready` or the first token. */
  jwks(): { keys: JWK[] } {
    return { keys: this.#keys.map(publicHalf) };
  }

  ready(): Promise<void> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  /** A new key signs from now on, and the oldest leaves the JWKS. */
  async rotate(): Promise<void> {
    await this.ready();
    const made = await newKey();
    this.#keys = [made, ...this.#keys].slice(0, KEYS_AT_A_TIME);
  }

  async signer(): Promise<SigningKey> {
    await this.ready();
    const [jwk] = this.#keys;
    if (!jwk?.kid) throw new TypeError('there is no signing key');
    const key = await importJWK(jwk, 'RS256');
    return { kid: jwk.kid, key: key as CryptoKey, publicJwk: publicHalf(jwk) };
  }

  snapshot(): JWK[] {
    return structuredClone(this.#keys);
  }

  /** A state in which none had been made yet says nothing about keys: those at hand stay. */
  restore(keys: readonly JWK[] = []): void {
    if (keys.length > 0) this.#keys = structuredClone([...keys]);
  }

  async #make(): Promise<void> {
    const made = [];
    for (let i = this.#keys.length; i < KEYS_AT_A_TIME; i++) made.push(await newKey());
    this.#keys = [...this.#keys, ...made];
  }
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const kid = [...crypto.getRandomValues(new Uint8Array(20))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  return { ...(await exportJWK(privateKey)), kid, use: 'sig', alg: 'RS256' };
}

function publicHalf({ kty, n, e, kid, use, alg }: JWK): JWK {
  return { kty, n, e, kid, use, alg } as JWK;
}
