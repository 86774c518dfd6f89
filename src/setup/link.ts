// The set-up link: how whoever holds APP_SECRET opens /setup before anybody can sign in. Made at a terminal, by
// `npm run setup-link`; good for an hour, at one origin, once. Runs in Node as well.
//
// The attacks: a link from another deployment or an old one, one that was altered, one that a chat program fetched to
// preview it. The current secret alone counts, so that a rotation ends every link.
import { base64url } from 'jose';
import { deriveHmacKey } from '../keys.ts';

const PURPOSE = 'rollcall/setup-link/v1';
export const SETUP_LINK_TTL_MS = 3_600_000;
/** A terminal's clock may run ahead of ours. */
const AHEAD_MS = 5 * 60_000;

/** Where a link leads; its token is in the query, under `link`. */
const SETUP_OPEN_PATH = '/setup/open';

/** What a link is made with, and for. */
export interface SetupAuthority {
  appSecret: string;
  /** Of PUBLIC_URL. */
  origin: string;
}

// `s1.<when it was made, ms in base 36>.<16 random bytes>.<mac>`, base64url in the one spelling that decodes to it.
const TOKEN =
  /^s1\.([0-9a-z]{8,9})\.([A-Za-z0-9_-]{21}[AQgw])\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;

const signed = (madeMs36: string, nonce: string) =>
  new TextEncoder().encode(`rollcall/setup-link/v1\n${madeMs36}\n${nonce}`);

/** Makes a link. */
export async function makeSetupLink(
  { appSecret, origin }: SetupAuthority,
  nowMs: number,
): Promise<URL> {
  const made = nowMs.toString(36);
  const nonce = base64url.encode(crypto.getRandomValues(new Uint8Array(16)));
  const key = await deriveHmacKey(appSecret, PURPOSE, origin);
  const mac = await crypto.subtle.sign('HMAC', key, signed(made, nonce));
  const url = new URL(SETUP_OPEN_PATH, origin);
  url.searchParams.set('link', `s1.${made}.${nonce}.${base64url.encode(new Uint8Array(mac))}`);
  return url;
}

/** Whether a link's token is ours and not too old. In constant time; whether it was used is the database's to say. */
export async function isSetupToken(
  { appSecret, origin }: SetupAuthority,
  token: string,
  nowMs: number,
): Promise<boolean> {
  const [, made, nonce, mac] = TOKEN.exec(token) ?? [];
  if (made === undefined || nonce === undefined || mac === undefined) return false;
  const madeMs = Number.parseInt(made, 36);
  if (madeMs > nowMs + AHEAD_MS || nowMs - madeMs >= SETUP_LINK_TTL_MS) return false;
  const key = await deriveHmacKey(appSecret, PURPOSE, origin);
  return crypto.subtle.verify('HMAC', key, base64url.decode(mac), signed(made, nonce));
}
