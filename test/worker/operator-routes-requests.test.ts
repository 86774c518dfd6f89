// How requests may reach console and set-up: from our own pages, by the right method, at our host, small enough.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  CHANGING,
  Deployment,
  expectImpersonal,
  GUARDED,
  ROUTES,
  type Route,
} from './operator-routes.ts';
import { everything, expectGuarded, OURS } from './operators.ts';
import { listenToLog } from './signed-in.ts';
import { APP, Visitor } from './visitor.ts';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open();
});
beforeEach(() => void listenToLog());

describe('security 5: what does not come from one of our pages', () => {
  const headers: [what: string, headers: Record<string, string>][] = [
    ['another origin', { origin: 'https://evil.example' }],
    ['another origin, said to be ours', { ...OURS, origin: 'https://evil.example' }],
    ['a sibling', { origin: 'https://evil.rollcall.example', 'sec-fetch-site': 'same-site' }],
    ['our origin, across sites', { origin: APP, 'sec-fetch-site': 'cross-site' }],
    ['our origin, same site', { origin: APP, 'sec-fetch-site': 'same-site' }],
    ['no origin, across sites', { 'sec-fetch-site': 'cross-site' }],
    ['no origin, typed in', { 'sec-fetch-site': 'none' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a sandboxed frame of ours', { origin: 'null', 'sec-fetch-site': 'same-origin' }],
    ['our origin over http', { origin: APP.replace('https', 'http') }],
    ['neither header', {}],
  ];
  test.each(headers)('%s: 403, and nothing happened', async (_, from) => {
    for (const route of CHANGING) {
      const response = await deployment.refused(deployment.admin, route, { headers: from });
      expect([route[1], response.status]).toEqual([route[1], 403]);
      expect(await response.json()).toMatchObject({ error: { code: 'cross-origin' } });
    }
  });
});

describe('security 5: other methods', () => {
  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    '%s changes nothing where POST does',
    async (as) => {
      for (const route of CHANGING) {
        const response = await deployment.refused(deployment.admin, route, { as });
        const isPage = ROUTES.some(([method, path]) => method === 'GET' && path === route[1]);
        const expected = isPage && ['GET', 'HEAD'].includes(as) ? 200 : 404;
        if (route[2] !== 'door') expect([route[1], response.status]).toEqual([route[1], expected]);
        else expect([403, 404]).toContain(response.status);
      }
    },
  );

  test('HEAD of a page is its GET without a body', async () => {
    for (const route of GUARDED.filter(([method]) => method === 'GET')) {
      const head = await deployment.refused(deployment.admin, route, { as: 'HEAD' });
      expect([route[1], head.status, await head.text()]).toEqual([route[1], 200, '']);
      expect(
        (await deployment.refused(new Visitor(deployment.world), route, { as: 'HEAD' })).status,
      ).toBe(401);
    }
  });

  test('beside the routes there is nothing, and strangers are not told that', async () => {
    for (const path of ['/console/nothing', '/setup/nothing', '/console/', '/setup/open/']) {
      const nowhere: Route = ['GET', path, 'setup'];
      expect((await deployment.refused(deployment.admin, nowhere)).status).toBe(404);
      expect((await deployment.refused(new Visitor(deployment.world), nowhere)).status).toBe(401);
    }
  });
});

test('security 5: another host is misdirected, with a super admin’s cookie', async () => {
  for (const origin of ['https://rollcall.workers.example', `${APP}:8443`]) {
    for (const route of ROUTES) {
      const headers = { origin, 'sec-fetch-site': 'same-origin' };
      const response = await deployment.refused(deployment.admin, route, { at: origin, headers });
      expect([route[1], response.status]).toEqual([route[1], 421]);
      await expectImpersonal(response);
    }
  }
});

test('a form that is too large is refused, and nothing happened', async () => {
  const before = await everything(deployment.world);
  for (const [, path, room] of CHANGING.filter(([, , one]) => one === 'console')) {
    const response = await deployment.admin.ask(path, {
      method: 'POST',
      headers: { ...OURS, 'content-type': 'application/x-www-form-urlencoded' },
      body: `hash=${'x'.repeat(20_000)}&looked=yes`,
    });
    expect([path, room, response.status]).toEqual([path, room, 413]);
    expectGuarded(response);
  }
  expect(await everything(deployment.world)).toEqual(before);
});
