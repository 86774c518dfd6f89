// Google's endpoints and keys: how often they are asked for, and what people see while they can't be had.
import { beforeEach, describe, expect, test } from 'vitest';
import { API_FAULTS } from '../google/fault-switches.ts';
import { expectNobody, expectSignedIn, NOT_BELIEVED, UNAVAILABLE } from './sign-in-endings.ts';
import {
  ANA,
  callsOf,
  codesOf,
  forge,
  type Line,
  listenToLog,
  signed,
  signIn,
} from './signed-in.ts';
import { createSignInWorld, Visitor } from './visitor.ts';
import type { World } from './world.ts';

let world: World;
let lines: Line[];
beforeEach(async () => {
  world = await createSignInWorld();
  lines = listenToLog();
});

const MINUTE = 60_000;

function forgeUnknownKid(): void {
  forge(world, ({ header, claims, key }) => signed({ ...header, kid: 'unknown' }, claims, key));
}

async function expectIn(): Promise<void> {
  const { visitor, response } = await signIn(world);
  await expectSignedIn(visitor, response, lines);
}

async function expectOut(ending = NOT_BELIEVED): Promise<void> {
  const { visitor, response } = await signIn(world);
  await expectNobody(visitor, response, ending, lines);
}

describe('security 3: Google’s keys', () => {
  test('they and the endpoints are asked for once, not for each sign-in', async () => {
    await expectIn();
    await expectIn();
    world.advance(30 * MINUTE);
    await expectIn();
    expect([callsOf(world, 'discovery'), callsOf(world, 'jwks')]).toEqual([1, 1]);
  });

  test('both are asked for again when Google’s max-age is over', async () => {
    await expectIn();
    world.advance(3_600_000);
    await expectIn();
    expect([callsOf(world, 'discovery'), callsOf(world, 'jwks')]).toEqual([2, 1]);
    world.advance(22_704_000);
    await expectIn();
    expect([callsOf(world, 'discovery'), callsOf(world, 'jwks')]).toEqual([3, 2]);
  });

  test('a max-age of weeks is believed for a day', async () => {
    const { fetch } = world.google;
    world.google.fetch = async (request) => {
      const response = await fetch(request);
      const { status, headers } = response;
      const changed = new Headers(headers);
      if (headers.has('cache-control')) changed.set('cache-control', 'max-age=99999999');
      return new Response(response.body, { status, headers: changed });
    };
    await expectIn();
    world.advance(24 * 60 * MINUTE);
    await expectIn();
    expect([callsOf(world, 'discovery'), callsOf(world, 'jwks')]).toEqual([2, 2]);
  });

  test('an unknown kid makes one more call a minute, however many tokens name one', async () => {
    await expectIn();
    world.advance(MINUTE);
    forgeUnknownKid();
    await expectOut();
    expect(callsOf(world, 'jwks')).toBe(2);
    world.advance(MINUTE - 1);
    await expectOut();
    await expectOut();
    expect(callsOf(world, 'jwks')).toBe(2);
    world.advance(1);
    await expectOut();
    expect(callsOf(world, 'jwks')).toBe(3);
    expect(codesOf(lines)).toContain('id-token-err-jwks-no-matching-key');
  });

  test('a token without kid is refused while there are two keys, and asks no more often', async () => {
    await expectIn();
    forge(world, ({ header: { alg }, claims, key }) => signed({ alg }, claims, key));
    await expectOut();
    await expectOut();
    expect(callsOf(world, 'jwks')).toBe(1);
  });

  test('a new key of Google’s is fetched when a token names it', async () => {
    await expectIn();
    world.advance(MINUTE);
    await world.google.openid.keys.rotate();
    await expectIn();
    expect(callsOf(world, 'jwks')).toBe(2);
  });

  test('a key rotated within the minute is not known yet, and is soon', async () => {
    await expectIn();
    await world.google.openid.keys.rotate();
    await expectOut();
    world.advance(MINUTE);
    await expectIn();
  });

  test('a key that left the set counts no longer once the set was read again', async () => {
    const old = await world.google.openid.keys.signer();
    await expectIn();
    world.advance(MINUTE);
    await world.google.openid.keys.rotate();
    await world.google.openid.keys.rotate();
    await expectIn();
    forge(world, ({ header, claims }) => signed({ ...header, kid: old.kid }, claims, old.key));
    await expectOut();
  });
});

describe('while Google does not answer, a page says so and the next try succeeds', () => {
  const OUTAGES = API_FAULTS.filter((fault) => fault !== 'slow');

  test.each(OUTAGES)('discovery: %s', async (fault) => {
    world.google.faults.failNext('discovery', fault);
    const visitor = new Visitor(world).atGoogle(ANA);
    const response = await visitor.ask('/auth/login?return_to=/welcome');
    expect(response.headers.get('retry-after')).toBe('60');
    expect(response.headers.getSetCookie()).toEqual([]);
    const page = response.clone();
    await expectNobody(visitor, response, UNAVAILABLE, lines);
    expect(await page.text()).toContain('href="/auth/login?return_to=%2Fwelcome"');
    await expectIn();
  });

  test('a discovery document that can’t be had again costs one wait a minute, not one for everybody', async () => {
    await expectIn();
    world.advance(120 * MINUTE);
    const before = callsOf(world, 'discovery');
    world.google.faults.failNext('discovery', '503', 100);
    for (let i = 0; i < 3; i += 1) await expectIn();
    expect(callsOf(world, 'discovery') - before).toBe(1);
  });

  test.each(OUTAGES)('keys: %s', async (fault) => {
    world.google.faults.failNext('jwks', fault);
    await expectOut(UNAVAILABLE);
    expect(codesOf(lines)).toContain('keys-unavailable');
    await expectIn();
  });

  test('keys in an answer that is an error are not used', async () => {
    const { fetch } = world.google;
    world.google.fetch = async (request) => {
      const response = await fetch(request);
      return request.url.endsWith('/certs')
        ? new Response(response.body, { status: 404 })
        : response;
    };
    await expectOut(UNAVAILABLE);
    world.google.fetch = fetch;
    await expectIn();
  });

  test('keys that have grown old are not used while new ones can’t be had', async () => {
    await expectIn();
    world.advance(22_704_000);
    world.google.faults.failNext('jwks', '503');
    await expectOut(UNAVAILABLE);
    await expectIn();
  });

  test.each(['500', '503', '502 html', 'dropped connection', '429'] as const)(
    'token endpoint: %s',
    async (fault) => {
      world.google.faults.failNext('code', fault);
      await expectOut(UNAVAILABLE);
      await expectIn();
    },
  );

  test.each(['empty 200', 'empty body'] as const)(
    'token endpoint: %s is not believed',
    async (fault) => {
      world.google.faults.failNext('code', fault);
      await expectOut();
      await expectIn();
    },
  );

  test('a client that Google does not accept is an operator’s matter, and offers no further try', async () => {
    const { visitor, response } = await (async () => {
      const someone = new Visitor(world).atGoogle(ANA);
      const url = await someone.callbackUrl();
      for (const client of world.google.openid.clients.all) client.clientSecret = 'another';
      return { visitor: someone, response: await someone.ask(url) };
    })();
    const page = await response.clone().text();
    expect(page).not.toContain('/auth/login');
    await expectNobody(visitor, response, { status: 503, reason: 'misconfigured' }, lines);
    expect(codesOf(lines)).toEqual(['invalid_client']);
  });
});

describe('security 3: a discovery document is not believed', () => {
  type Document = Record<string, unknown>;

  /** Alters what Google's discovery says, until the returned function is called. */
  function alter(change: Document): () => void {
    const { fetch } = world.google;
    world.google.fetch = async (request) => {
      const response = await fetch(request);
      if (!request.url.includes('/.well-known/')) return response;
      return Response.json({ ...((await response.json()) as Document), ...change });
    };
    return () => {
      world.google.fetch = fetch;
    };
  }

  test.each([
    ['an authorization endpoint over http', { authorization_endpoint: 'http://evil.example/a' }],
    ['a token endpoint over http', { token_endpoint: 'http://oauth2.googleapis.com/token' }],
    ['keys over http', { jwks_uri: 'http://www.googleapis.com/oauth2/v3/certs' }],
    ['no authorization endpoint', { authorization_endpoint: undefined }],
    ['no token endpoint', { token_endpoint: undefined }],
    ['no keys', { jwks_uri: undefined }],
    ['an address that is none', { jwks_uri: 'certs' }],
    ['a token endpoint on this machine', { token_endpoint: 'https://localhost/token' }],
    ['a token endpoint in this network', { token_endpoint: 'https://10.0.0.7/token' }],
    ['a token endpoint of a cloud', { token_endpoint: 'https://metadata.google.internal/token' }],
    ['a sign-in page at an address', { authorization_endpoint: 'https://169.254.169.254/auth' }],
    ['a sign-in page with a password', { authorization_endpoint: 'https://a:b@google.com/auth' }],
    ['keys at another port', { jwks_uri: 'https://www.googleapis.com:8443/oauth2/v3/certs' }],
    ['another issuer', { issuer: 'https://accounts.google.com.evil.example' }],
    ['no issuer', { issuer: undefined }],
  ])('with %s', async (_, change) => {
    const mend = alter(change);
    const visitor = new Visitor(world).atGoogle(ANA);
    const calls = world.google.calls.length;
    await expectNobody(visitor, await visitor.ask('/auth/login'), UNAVAILABLE, lines);
    expect(world.google.calls.slice(calls).map(({ kind }) => kind)).toEqual(['discovery']);
    mend();
    await expectIn();
  });

  test('that redirects elsewhere', async () => {
    const { fetch } = world.google;
    world.google.fetch = async (request) =>
      request.url.includes('/.well-known/')
        ? Response.redirect('https://evil.example/openid-configuration')
        : fetch(request);
    const visitor = new Visitor(world).atGoogle(ANA);
    await expectNobody(visitor, await visitor.ask('/auth/login'), UNAVAILABLE, lines);
  });
});
