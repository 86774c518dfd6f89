// The ID token: whatever is wrong with it, nobody is signed in. First from end to end, then the checks that are ours
// alone, without the library's in front of them.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { issuerSpelling, verifyIdToken } from '../../src/google/id-token.ts';
import { type OpenIdPorts, readProvider } from '../../src/google/openid-provider.ts';
import { type HonestToken, idTokenClaims } from '../google/openid/id-token.ts';
import { expectNobody, expectSignedIn, NOT_BELIEVED } from './sign-in-endings.ts';
import { ANA, forge, forgeClaims, type Line, listenToLog, signed, signIn } from './signed-in.ts';
import { createSignInWorld, OAUTH_CLIENT } from './visitor.ts';
import type { World } from './world.ts';

const CLIENT = OAUTH_CLIENT.clientId;
const OTHER = '999-other.apps.googleusercontent.com';
const GOOGLE = 'https://accounts.google.com';
const HOUR = 3600;

/** RSA keys that are none of Google's. */
async function newKeyPair(hash: 'SHA-256' | 'SHA-512'): Promise<CryptoKeyPair> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash, modulusLength: 2048 };
  const publicExponent = new Uint8Array([1, 0, 1]);
  const usages = ['sign', 'verify'];
  const pair = await crypto.subtle.generateKey({ ...algorithm, publicExponent }, true, usages);
  return pair as CryptoKeyPair;
}

let world: World;
let lines: Line[];
let otherKey: CryptoKey;
beforeAll(async () => {
  world = await createSignInWorld();
  otherKey = (await newKeyPair('SHA-256')).privateKey;
});
beforeEach(() => {
  lines = listenToLog();
});
afterEach(() => {
  world.google.openid.forge = null;
  world.google.openid.issWithoutScheme = false;
});

/** What a verifier takes that uses the public key as an HMAC secret: the attack needs nothing but the JWKS. */
async function signedWithPublicKey({ header, claims, publicJwk }: HonestToken): Promise<string> {
  const secret = new TextEncoder().encode(publicJwk.n);
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret, hmac, false, ['sign']);
  return signed({ ...header, alg: 'HS256' }, claims, key);
}

const FORGERIES: [what: string, make: (honest: HonestToken) => Promise<string>][] = [
  [
    'signed with a key that is not Google’s',
    ({ header, claims }) => signed(header, claims, otherKey),
  ],
  [
    'signed with a key of its own that its header brings along',
    async ({ header, claims }) => {
      const jwk = (await crypto.subtle.exportKey('jwk', otherKey)) as JsonWebKey;
      return signed({ ...header, jwk: { kty: 'RSA', n: jwk.n, e: jwk.e } }, claims, otherKey);
    },
  ],
  [
    'honest, with one claim altered afterwards',
    async ({ header, claims, key }) => {
      const [head, , signature] = (await signed(header, claims, key)).split('.');
      const [, body] = (await signed(header, { ...claims, sub: '111111111111' }, key)).split('.');
      return `${head}.${body}.${signature}`;
    },
  ],
  ['alg none', ({ header, claims }) => signed({ ...header, alg: 'none' }, claims, null)],
  ['RS256 without a signature', ({ header, claims }) => signed(header, claims, null)],
  ['HS256 with the public key as the secret', signedWithPublicKey],
  ['RS512', ({ header, claims, key }) => signed({ ...header, alg: 'RS512' }, claims, key)],
  ['not a token', async () => 'token'],
];

describe('security 3: an ID token is not believed that is', () => {
  test.each(FORGERIES)('%s', async (_, make) => {
    forge(world, make);
    const { visitor, response } = await signIn(world);
    await expectNobody(visitor, response, NOT_BELIEVED, lines);
  });

  test.each<[what: string, claims: (nowSeconds: number) => Record<string, unknown>]>([
    ['for another audience', () => ({ aud: OTHER })],
    ['for several audiences, ours first', () => ({ aud: [CLIENT, OTHER] })],
    ['for several audiences, with our azp', () => ({ aud: [OTHER, CLIENT], azp: CLIENT })],
    ['for our audience twice', () => ({ aud: [CLIENT, CLIENT] })],
    ['without audience', () => ({ aud: undefined })],
    ['presented by somebody else (azp)', () => ({ azp: OTHER })],
    ['with an azp that is no text', () => ({ azp: [CLIENT] })],
    ['bound to another access token (at_hash)', () => ({ at_hash: 'A'.repeat(22) })],
    ['bound to nothing (at_hash is empty)', () => ({ at_hash: '' })],
    ['expired', (now) => ({ iat: now - 2 * HOUR, exp: now - HOUR })],
    ['expired for the tolerance and a second', (now) => ({ exp: now - 61 })],
    ['without exp', () => ({ exp: undefined })],
    ['without iat', () => ({ iat: undefined })],
    ['issued tomorrow', (now) => ({ iat: now + 24 * HOUR, exp: now + 25 * HOUR })],
    ['issued a second after the tolerance', (now) => ({ iat: now + 61 })],
    ['valid only from tomorrow (nbf)', (now) => ({ nbf: now + 24 * HOUR })],
    ['with another nonce', () => ({ nonce: 'A'.repeat(43) })],
    ['without nonce', () => ({ nonce: undefined })],
    ['with an empty nonce', () => ({ nonce: '' })],
    ['from an issuer that begins like Google', () => ({ iss: `${GOOGLE}.evil.example` })],
    ['from Google with a slash', () => ({ iss: `${GOOGLE}/` })],
    ['from Google over http', () => ({ iss: 'http://accounts.google.com' })],
    ['from Google in upper case', () => ({ iss: 'https://ACCOUNTS.google.com' })],
    ['from nobody', () => ({ iss: undefined })],
    ['about an address', () => ({ sub: ANA })],
    ['about an id that is too short', () => ({ sub: '12345' })],
    ['about an id that is too long', () => ({ sub: '1'.repeat(31) })],
    ['about a path', () => ({ sub: '../users/123456789' })],
    ['about an id with a line after it', () => ({ sub: '158847221179180517686\n' })],
    ['about a number', () => ({ sub: 158847221179 })],
    ['about nobody', () => ({ sub: undefined })],
  ])('%s', async (_, claims) => {
    forgeClaims(world, claims(world.clock.nowMs / 1000));
    const { visitor, response } = await signIn(world);
    await expectNobody(visitor, response, NOT_BELIEVED, lines);
  });
});

test('security 3: an answer without any ID token signs nobody in', async () => {
  forge(world, async () => undefined as never);
  const { visitor, response } = await signIn(world);
  await expectNobody(visitor, response, NOT_BELIEVED, lines);
});

describe('security 3: who Google says it is', () => {
  test.each([
    ['without hd, whatever the address looks like', { hd: undefined }, 'consumer-account'],
    ['with an empty hd', { hd: '' }, 'consumer-account'],
    ['with an hd that is a list', { hd: ['example.test'] }, 'consumer-account'],
    ['with an hd that is a boolean', { hd: true }, 'consumer-account'],
    ['with email_verified false', { email_verified: false }, 'email-not-verified'],
    ['with email_verified the text "true"', { email_verified: 'true' }, 'email-not-verified'],
    ['with email_verified 1', { email_verified: 1 }, 'email-not-verified'],
    ['without email_verified', { email_verified: undefined }, 'email-not-verified'],
  ])('somebody known is refused %s', async (_, claims, reason) => {
    forgeClaims(world, claims);
    const { visitor, response } = await signIn(world);
    await expectNobody(visitor, response, { status: 403, reason }, lines);
  });

  test.each<[what: string, claims: (nowSeconds: number) => Record<string, unknown>]>([
    ['as it is', () => ({})],
    ['with one audience in a list', () => ({ aud: [CLIENT] })],
    ['without azp', () => ({ azp: undefined })],
    ['without at_hash', () => ({ at_hash: undefined })],
    ['expired within the tolerance', (now) => ({ exp: now - 58 })],
    ['issued by a clock that is a minute fast', (now) => ({ iat: now + 60 })],
    ['with an hd in upper case', () => ({ hd: 'EXAMPLE.TEST' })],
    ['with claims that nobody knows', () => ({ roles: ['super-admin'], locale: 'pt' })],
  ])('an honest token is believed %s', async (_, claims) => {
    forgeClaims(world, claims(world.clock.nowMs / 1000));
    const { visitor, response } = await signIn(world);
    await expectSignedIn(visitor, response, lines);
  });

  test.each([GOOGLE, 'accounts.google.com'])(
    'security 3: Google may call itself %s',
    async (iss) => {
      world.google.openid.issWithoutScheme = !iss.startsWith('https');
      const seen: unknown[] = [];
      forge(world, async ({ header, claims, key }) => {
        seen.push(claims['iss']);
        return signed(header, claims, key);
      });
      const { visitor, response } = await signIn(world);
      await expectSignedIn(visitor, response, lines);
      expect(seen).toEqual([iss]);
    },
  );
});

describe('security 3: with another GOOGLE_ISSUER', () => {
  const ISSUER = 'https://login.people-company.com';
  let other: World;
  beforeAll(async () => {
    other = await createSignInWorld({ vars: { GOOGLE_ISSUER: ISSUER } });
    other.google.openid.callbackIss = ISSUER;
    const { fetch } = other.google;
    // Our Google under that issuer's name.
    other.google.fetch = async (request) => {
      const response = await fetch(request);
      if (!request.url.startsWith(`${ISSUER}/.well-known/`)) return response;
      const text = (await response.text()).replace(`"issuer":"${GOOGLE}"`, `"issuer":"${ISSUER}"`);
      return new Response(text, response);
    };
  });
  afterAll(async () => {
    world = await createSignInWorld();
  });

  test('its own spelling is believed', async () => {
    forgeClaims(other, { iss: ISSUER });
    const { visitor, response } = await signIn(other);
    await expectSignedIn(visitor, response, lines);
  });

  test.each(['login.people-company.com', 'accounts.google.com', GOOGLE, `${ISSUER}/`])(
    '%s is not',
    async (iss) => {
      forgeClaims(other, { iss });
      const { visitor, response } = await signIn(other);
      await expectNobody(visitor, response, NOT_BELIEVED, lines);
    },
  );
});

// oauth4webapi refuses many of those before we look. What it lets through, or may let through one day, stops here.
describe('security 3: our own checks, with no library in front of them', () => {
  const ACCESS_TOKEN = 'ya29.a0AT-some-access-token';
  let ports: OpenIdPorts;
  beforeAll(() => {
    const { openid, fetch } = world.google;
    const client = { ...OAUTH_CLIENT, issuer: GOOGLE, redirectUri: '' };
    ports = {
      client,
      cache: {},
      mayCall: () => true,
      fetch: (request) => fetch(request),
      nowMs: openid.nowMs,
    };
  });

  async function honest(): Promise<HonestToken> {
    const { openid } = world.google;
    const account = openid.accounts.find(ANA);
    if (account === undefined) throw new Error('there is no Ana');
    const { kid, key, publicJwk } = await openid.keys.signer();
    const claims = await idTokenClaims({
      issuer: GOOGLE,
      clientId: CLIENT,
      account,
      scopes: ['openid', 'email'],
      accessToken: ACCESS_TOKEN,
      nonce: 'nonce',
      nowMs: openid.nowMs(),
    });
    return { header: { alg: 'RS256', kid }, claims, key, publicJwk, accessToken: ACCESS_TOKEN };
  }

  const verify = async (idToken: string, issuers: [string, ...string[]] = [GOOGLE]) =>
    verifyIdToken(ports, await readProvider(ports), {
      idToken,
      accessToken: ACCESS_TOKEN,
      issuers,
      clockToleranceSeconds: 60,
    });

  test('an honest token says who it is', async () => {
    const { header, claims, key } = await honest();
    for (const hd of ['example.test', 'EXAMPLE.Test']) {
      expect(await verify(await signed(header, { ...claims, hd }, key))).toEqual({
        sub: claims['sub'],
        hostedDomain: 'example.test',
        isEmailVerified: true,
      });
    }
  });

  test.each(FORGERIES)('refused: %s', async (_, make) => {
    await expect(verify(await make(await honest()))).rejects.toMatchObject({
      failure: 'not-believable',
      code: expect.stringMatching(/^id-token-/),
    });
  });

  test.each<[claims: Record<string, unknown>, code: string]>([
    [{ aud: OTHER }, 'id-token-err-jwt-claim-validation-failed'],
    [{ aud: [CLIENT, OTHER] }, 'id-token-audiences'],
    [{ aud: [CLIENT, CLIENT] }, 'id-token-audiences'],
    [{ azp: OTHER }, 'id-token-azp'],
    [{ at_hash: 'A'.repeat(22) }, 'id-token-at-hash'],
    [{ sub: 'me' }, 'id-token-sub'],
    [{ exp: 1 }, 'id-token-err-jwt-expired'],
    [{ iat: 9_999_999_999 }, 'id-token-iat'],
    [{ nbf: 9_999_999_999 }, 'id-token-err-jwt-claim-validation-failed'],
    [{ iss: 'accounts.google.com' }, 'id-token-err-jwt-claim-validation-failed'],
    ...['aud', 'iss', 'exp', 'iat', 'nonce', 'sub'].map(
      (name): [Record<string, unknown>, string] => [
        { [name]: undefined },
        'id-token-err-jwt-claim-validation-failed',
      ],
    ),
  ])('refused: %j', async (change, code) => {
    const { header, claims, key } = await honest();
    await expect(verify(await signed(header, { ...claims, ...change }, key))).rejects.toMatchObject(
      { failure: 'not-believable', code },
    );
  });

  test('refused: RS512, well signed by a key that is published without its algorithm', async () => {
    const { claims } = await honest();
    const pair = await newKeyPair('SHA-512');
    const { kty, n, e } = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as JsonWebKey;
    const provider = await readProvider(ports);
    const published = { keys: [{ kty, n, e, kid: 'one', use: 'sig' }] };
    const fetch = async () => Response.json(published);
    const idToken = await signed({ alg: 'RS512', kid: 'one' }, claims, pair.privateKey);
    const token = { idToken, accessToken: ACCESS_TOKEN, issuers: [GOOGLE] as const };
    await expect(
      verifyIdToken({ ...ports, cache: {}, fetch }, provider, {
        ...token,
        clockToleranceSeconds: 60,
      }),
    ).rejects.toMatchObject({ code: 'id-token-err-jose-alg-not-allowed' });
  });

  test('the spelling that a token uses counts only if it is one of the accepted', async () => {
    const { header, claims, key } = await honest();
    const answer = async (iss: unknown) =>
      Response.json({ id_token: await signed(header, { ...claims, iss }, key) });
    const both = [GOOGLE, 'accounts.google.com'] as const;
    expect(await issuerSpelling(await answer('accounts.google.com'), both)).toBe(both[1]);
    for (const iss of [GOOGLE, 'https://evil.example', '', 7, undefined]) {
      expect(await issuerSpelling(await answer(iss), both)).toBe(GOOGLE);
    }
    expect(await issuerSpelling(new Response('<html>'), both)).toBe(GOOGLE);
  });
});
