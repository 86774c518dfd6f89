// Requests that change something come from our own pages only; and the headers of every answer under /auth.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { app } from '../../src/app.tsx';
import { ANA, listenToLog } from './signed-in.ts';
import { APP, createSignInWorld, setCookies, Visitor } from './visitor.ts';
import type { World } from './world.ts';

let world: World;
let ana: Visitor;
beforeAll(async () => {
  world = await createSignInWorld({ vars: { EMBED_ANCESTORS: 'https://sites.google.com' } });
});
beforeEach(async () => {
  listenToLog();
  ana = new Visitor(world).atGoogle(ANA);
  await ana.open('/auth/login');
});

const ORIGINS = {
  ours: APP,
  'another site': 'https://evil.example',
  'a sibling': 'https://evil.rollcall.example',
  'one that begins like ours': `${APP}.evil.example`,
  null: 'null',
  none: undefined,
  'ours with its port': `${APP}:443`,
  'ours in upper case': 'https://PEOPLE.rollcall.example',
  'ours over http': APP.replace('https', 'http'),
  'ours with a slash': `${APP}/`,
  empty: '',
} as const;
const SITES = ['same-origin', 'same-site', 'cross-site', 'none', '', undefined] as const;

const MATRIX = Object.entries(ORIGINS).flatMap(([origin, value]) =>
  SITES.map((site) => {
    const isOurs = value === APP && (site === 'same-origin' || site === undefined);
    const isSaid = value === undefined && site === 'same-origin';
    return [origin, String(site || (site ?? 'nothing')), isOurs || isSaid, value, site] as const;
  }),
);

function headersOf(origin: string | undefined, site: string | undefined): Record<string, string> {
  return {
    ...(origin === undefined ? {} : { origin }),
    ...(site === undefined ? {} : { 'sec-fetch-site': site }),
  };
}

async function expectCrossOrigin(response: Response): Promise<void> {
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ error: { code: 'cross-origin' } });
  expect(setCookies(response)).toEqual([]);
}

test('the table has the ways of a browser in it: three pass', () => {
  expect(
    MATRIX.filter(([, , isAllowed]) => isAllowed).map(([origin, site]) => [origin, site]),
  ).toEqual([
    ['ours', 'same-origin'],
    ['ours', 'nothing'],
    ['none', 'same-origin'],
  ]);
});

describe('security 5: POST /auth/logout', () => {
  test.each(MATRIX)(
    'Origin %s, Sec-Fetch-Site %s: passes: %s',
    async (_, __, isAllowed, origin, site) => {
      const headers = { accept: '*/*', ...headersOf(origin, site) };
      const response = await ana.ask('/auth/logout', { method: 'POST', headers });
      if (isAllowed) {
        expect(response.status).toBe(204);
        expect(await ana.session()).toBe(401);
      } else {
        await expectCrossOrigin(response);
        expect(await ana.session()).toMatchObject({ user: { email: ANA } });
      }
    },
  );

  test('everywhere from another site: nobody is signed out', async () => {
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    await expectCrossOrigin(
      await ana.ask('/auth/logout?everywhere=1', { method: 'POST', headers }),
    );
    expect(await ana.session()).toMatchObject({ user: { email: ANA } });
  });

  test.each(['GET', 'HEAD', 'PUT', 'DELETE'])('%s is 404 and ends nothing', async (method) => {
    const response = await ana.ask('/auth/logout', { method, headers: { origin: APP } });
    expect([response.status, setCookies(response)]).toEqual([404, []]);
    expect(await ana.session()).toMatchObject({ user: { email: ANA } });
  });
});

describe('security 5: POST /embed/session', () => {
  const body = JSON.stringify({ code: 'A'.repeat(43), verifier: 'A'.repeat(43) });

  test.each(MATRIX)(
    'Origin %s, Sec-Fetch-Site %s: passes: %s',
    async (_, __, isAllowed, origin, site) => {
      const headers = { 'content-type': 'application/json', ...headersOf(origin, site) };
      const response = await ana.ask('/embed/session', { method: 'POST', headers, body });
      if (!isAllowed) return expectCrossOrigin(response);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { code: 'invalid' } });
    },
  );

  test('the embedding page is another site, too', async () => {
    const headers = { origin: 'https://sites.google.com', 'sec-fetch-site': 'cross-site' };
    await expectCrossOrigin(await ana.ask('/embed/session', { method: 'POST', headers, body }));
  });
});

describe('security 5: another host', () => {
  test.each([
    ['GET', '/auth/login'],
    ['GET', '/auth/login?silent=1'],
    ['GET', '/auth/callback?state=x&code=x'],
    ['GET', '/auth/session'],
    ['POST', '/auth/logout'],
    ['POST', '/embed/session'],
  ])('%s %s is misdirected', async (method, path) => {
    const cookie = [...ana.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ');
    for (const host of ['rollcall.workers.example', 'people.rollcall.example:8443']) {
      const headers = { cookie, origin: APP, 'sec-fetch-site': 'same-origin' };
      const request = new Request(`https://${host}${path}`, {
        method,
        headers,
        redirect: 'manual',
      });
      const response = await app.fetch(request, world.env);
      expect([response.status, setCookies(response)]).toEqual([421, []]);
      expect(response.headers.get('location')).toBeNull();
    }
    expect(await ana.session()).toMatchObject({ user: { email: ANA } });
  });
});

describe('security 4 and 5: the headers under /auth', () => {
  const CSP =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: https://*.googleusercontent.com; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

  test.each<[what: string, ask: (visitor: Visitor) => Promise<Response>, status: number]>([
    ['the redirect to Google', (visitor) => visitor.ask('/auth/login'), 302],
    ['the redirect into the app', async (visitor) => visitor.ask(await visitor.callbackUrl()), 302],
    [
      'the redirect of a silent try that goes on',
      async (visitor) => {
        visitor.jars.delete('accounts.google.com');
        return visitor.ask(await visitor.callbackUrl('/auth/login?silent=1'));
      },
      302,
    ],
    [
      'the popup’s last page',
      async (visitor) =>
        visitor.ask(await visitor.callbackUrl(`/auth/login?embed=${'A'.repeat(43)}`)),
      200,
    ],
    ['a page about an ending', (visitor) => visitor.ask('/auth/callback'), 400],
    ['who is signed in', (visitor) => visitor.ask('/auth/session'), 200],
    ['nobody', (visitor) => new Visitor(visitor.world).ask('/auth/session'), 401],
    [
      'a sign-out',
      (visitor) => visitor.ask('/auth/logout', { method: 'POST', headers: { origin: APP } }),
      303,
    ],
    ['a refused sign-out', (visitor) => visitor.ask('/auth/logout', { method: 'POST' }), 403],
    ['nothing', (visitor) => visitor.ask('/auth/nothing'), 404],
  ])('%s', async (_, ask, status) => {
    const { headers, status: answered } = await ask(ana);
    expect(answered).toBe(status);
    expect(headers.get('content-security-policy')).toBe(CSP);
    expect(headers.get('cross-origin-opener-policy')).toBe('unsafe-none');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{7,}/);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
