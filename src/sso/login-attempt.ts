// What a browser carries between /auth/login and /auth/callback: one encrypted cookie for each attempt, so that nothing
// is stored for strangers and two tabs work.
//
// The attack: a callback that somebody else began (login CSRF), or a cookie that was altered, made for another
// purpose or another deployment, or kept too long.
import { EncryptJWT, jwtDecrypt } from 'jose';
import * as z from 'zod';
import type { Config } from '../config.ts';
import { deriveEncryptionKey } from '../keys.ts';
import { isSecret } from './token.ts';

const PURPOSE = 'rollcall/login-cookie/v1';
export const LOGIN_TTL_SECONDS = 600;

const secret = z.string().refine(isSecret);
const attempt = z.object({
  state: secret,
  nonce: secret,
  codeVerifier: secret,
  returnTo: z.string(),
  /** Tried with `prompt=none`. */
  silent: z.boolean(),
  /** The challenge of the frame that opened this window; `null` = not a popup of a frame. */
  challenge: secret.nullable(),
});

export type LoginAttempt = z.output<typeof attempt>;

const derived = new WeakMap<Config, CryptoKey[]>();

/** The current key first; the previous one only decrypts. */
async function keysOf(config: Config): Promise<CryptoKey[]> {
  const known = derived.get(config);
  if (known) return known;
  const secrets = [config.appSecret, config.appSecretPrevious].filter((one) => one !== undefined);
  const keys = await Promise.all(
    secrets.map((one) => deriveEncryptionKey(one, PURPOSE, config.publicUrl.origin)),
  );
  derived.set(config, keys);
  return keys;
}

/** Encrypts an attempt for its cookie: about 500 characters. */
export async function sealAttempt(
  config: Config,
  content: LoginAttempt,
  nowMs: number,
): Promise<string> {
  const [key] = await keysOf(config);
  if (key === undefined) throw new TypeError('there is no APP_SECRET');
  return new EncryptJWT({ ...content })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .setExpirationTime(Math.floor(nowMs / 1000) + LOGIN_TTL_SECONDS)
    .encrypt(key);
}

/** Reads an attempt's cookie; `null` for anything that we did not make, for another purpose, or too long ago. */
export async function openAttempt(
  config: Config,
  cookie: string,
  nowMs: number,
): Promise<LoginAttempt | null> {
  for (const key of await keysOf(config)) {
    try {
      const { payload } = await jwtDecrypt(cookie, key, {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        currentDate: new Date(nowMs),
        requiredClaims: ['exp'],
      });
      return attempt.parse(payload);
    } catch {
      // Whatever was wrong with it: the next key, then nobody.
    }
  }
  return null;
}
