// The pages of the accounts site: what ends on one, what they may do, and what they show.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  APP,
  AUTH,
  accountsSite,
  FREELANCE,
  GMAIL,
  NOOR,
  queryOf,
  RAVI,
  SUNNY,
  SUSPENDED,
  titleOf,
} from './accounts-site.ts';

let site: Awaited<ReturnType<typeof accountsSite>>;

beforeAll(async () => {
  site = await accountsSite();
});
beforeEach(() => site.reset());

describe('what ends on a page', () => {
  const PAGES: [string, number, Record<string, string | null>][] = [
    ['invalid_request', 400, { client_id: null }],
    ['invalid_client', 401, { client_id: 'unknown' }],
    ['invalid_request', 400, { redirect_uri: null }],
    ['redirect_uri_mismatch', 400, { redirect_uri: `${APP}/auth/callback/` }],
    ['redirect_uri_mismatch', 400, { redirect_uri: `${APP}/auth/callback?x=1` }],
    ['invalid_request', 400, { response_type: null }],
    ['invalid_request', 400, { response_type: 'token' }],
    ['invalid_request', 400, { scope: null }],
    ['invalid_request', 400, { scope: 'email openid' }],
    ['invalid_scope', 400, { scope: 'openid toString' }],
    ['invalid_request', 400, { prompt: 'login' }],
    ['invalid_request', 400, { prompt: 'none consent' }],
    ['invalid_request', 400, { code_challenge: 'x'.repeat(43), code_challenge_method: 'S512' }],
    ['invalid_request', 400, { code_challenge: 'too-short' }],
    ['invalid_request', 400, { code_challenge_method: 'S256' }],
  ];
  test.each(PAGES)('%s, %i: %o', async (error, status, params) => {
    const answer = await site.ask(params, [SUNNY]);

    expect([answer.status, answer.heard]).toEqual([status, null]);
    expect(answer.text).toContain(`Error ${status}: ${error}`);
  });

  test('a parameter that comes twice', async () => {
    const cookie = site.cookieOf(SUNNY);
    const answer = await site.send(`${AUTH}?${queryOf()}&state=2`, { headers: { cookie } });
    expect([answer.status, answer.heard]).toEqual([400, null]);
  });

  test.each([
    ['deleted_client', 401, SUNNY, () => Object.assign(site.client(), { status: 'deleted' })],
    ['disabled_client', 401, SUNNY, () => Object.assign(site.client(), { status: 'disabled' })],
    ['org_internal', 403, FREELANCE, () => Object.assign(site.client(), { userType: 'internal' })],
    [
      'admin_policy_enforced',
      400,
      SUNNY,
      () => Object.assign(site.google.openid, { adminPolicy: 'blocked' }),
    ],
  ])('%s, even for a silent try', async (error, status, address, breakIt) => {
    breakIt();
    for (const prompt of [null, 'none']) {
      const answer = await site.ask({ prompt }, [address]);
      expect([answer.status, answer.heard]).toEqual([status, null]);
      expect(answer.text).toContain(`Error ${status}: ${error}`);
    }
  });

  test('the company’s own people pass an internal app, others a blocked one', async () => {
    site.client().userType = 'internal';
    expect((await site.ask({}, [RAVI])).heard).toHaveProperty('code');
    Object.assign(site.client(), { userType: 'external' });
    site.google.openid.adminPolicy = 'blocked';
    expect(titleOf(await site.ask({}, [GMAIL]))).toBe('Rollcall wants to know who you are');
  });

  test('an embedded web view', async () => {
    const agent = 'Mozilla/5.0 (Linux; Android 16; Pixel 9 Build/X; wv) AppleWebKit/537.36';
    const headers = { 'user-agent': agent, cookie: site.cookieOf(SUNNY) };
    const answer = await site.send(`${AUTH}?${queryOf()}`, { headers });

    expect([answer.status, answer.heard]).toEqual([403, null]);
    expect(answer.text).toContain('disallowed_useragent');
  });
});

describe('pages', () => {
  const pages = () =>
    Promise.all([
      site.ask(),
      site.ask({}, [SUNNY, NOOR]),
      site.ask({}, [FREELANCE]),
      site.ask({}, [SUSPENDED]),
      site.ask({ client_id: 'unknown' }),
    ]);

  test('go in no frame, run nothing, and are kept nowhere', async () => {
    for (const { headers, text } of await pages()) {
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|script-src/);
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('cross-origin-opener-policy')).toBeNull();
      expect(headers.get('cross-origin-opener-policy-report-only')).toMatch(
        /^same-origin; report-to=/,
      );
      expect(text).not.toMatch(/<script| style=|<style| on[a-z]+=/);
    }
  });

  test('let their forms end at the app, and nowhere else', async () => {
    const policy = (await site.ask()).headers.get('content-security-policy');
    expect(policy).toContain(`form-action 'self' ${APP};`);
  });

  test('cut an opener off only when told to, and then redirects do so, too', async () => {
    const redirect = await site.ask({}, [SUNNY]);
    expect(
      [...redirect.headers.keys()].filter((name) => /opener|frame|security/.test(name)),
    ).toEqual([]);

    site.google.openid.coop = 'same-origin';
    const answers = [
      ...(await pages()),
      await site.ask({}, [SUNNY]),
      await site.ask({ prompt: 'none' }),
    ];
    const sent = answers.map(({ headers }) => headers.get('cross-origin-opener-policy'));
    expect(new Set(sent)).toEqual(new Set(['same-origin']));
  });

  test('show names as text', async () => {
    const hostile = '<img src=x onerror=alert(1)>"';
    site.google.workspace.update(SUNNY, { name: { givenName: hostile, familyName: '\u202E' } });
    site.client().name = hostile;
    for (const page of [
      await site.ask(),
      await site.ask({}, [SUNNY, NOOR]),
      await site.ask({}, [FREELANCE]),
    ]) {
      expect(page.text).not.toContain('<img');
      expect(page.text).toContain('<bdi>&lt;img src=x');
    }
  });

  test('take no form from another site', async () => {
    const body = new URLSearchParams({ continue: queryOf(), account: site.idOf(SUNNY) });
    for (const headers of [{ origin: APP }, { 'sec-fetch-site': 'cross-site' }]) {
      const answer = await site.send(`${AUTH}/account`, { method: 'POST', body, headers });
      expect([answer.status, answer.headers.get('set-cookie')]).toEqual([403, null]);
    }
  });
});

test('the callback can name another issuer', async () => {
  site.google.openid.callbackIss = 'https://evil.test';
  expect((await site.ask({}, [SUNNY])).heard?.['iss']).toBe('https://evil.test');
  expect((await site.ask({ prompt: 'none' })).heard?.['iss']).toBe('https://evil.test');
});
