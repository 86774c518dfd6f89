// The way through the accounts site: who is asked what, what ends on a page there, and what the app
// hears. Driven as a browser in workerd's tests does it: through Google's real host names.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGoogle, type Google } from '../google/google.ts';
import type { OAuthClient } from '../google/openid/clients.ts';
import { SILENT_ERRORS } from '../google/openid/openid.ts';

const ACCOUNTS = 'https://accounts.google.com';
const AUTH = '/o/oauth2/v2/auth';
const APP = 'https://people.rollcall.example';
const CLIENT = {
  clientId: 'the-client',
  clientSecret: 's',
  redirectUris: [`${APP}/auth/callback`],
};
const [SUNNY, NOOR, RAVI] = [
  'sunny@example.test',
  'noor@example.test',
  'ravi@example-studio.test',
] as const;
const FREELANCE = 'freelance@example.test';
const GMAIL = 'rosa.quill@gmail.com';
const SUSPENDED = 'chloe.martin@example.test';
const ARCHIVED = 'giorgos.p@example.test';
let google: Google;
let pristine: unknown;

beforeAll(async () => {
  google = await createGoogle({ oauthClient: CLIENT });
  pristine = google.snapshot();
});
beforeEach(() => google.restore(pristine));

const client = () => google.openid.clients.find(CLIENT.clientId) as OAuthClient;
const idOf = (address: string) => google.openid.accounts.find(address)?.id ?? '';
const cookieOf = (...addresses: string[]) => `google_accounts=${addresses.map(idOf).join('.')}`;

const USUAL = {
  client_id: CLIENT.clientId,
  redirect_uri: CLIENT.redirectUris[0] ?? '',
  response_type: 'code',
  scope: 'openid email profile',
  state: 'the state',
};
/** `null` leaves a parameter out. */
function queryOf(params: Record<string, string | null> = {}): string {
  const entries = Object.entries({ ...USUAL, ...params });
  return String(
    new URLSearchParams(entries.filter((one): one is [string, string] => one[1] !== null)),
  );
}

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** What the app hears; null when the browser stays at Google. */
  heard: Record<string, string> | null;
}

async function send(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await google.fetch(new Request(ACCOUNTS + path, init));
  const { status, headers } = response;
  const location = headers.get('location');
  const heard = location && Object.fromEntries(new URL(location).searchParams);
  return { status, headers, text: await response.text(), heard: heard || null };
}
const ask = (params: Record<string, string | null> = {}, signedIn: string[] = []) =>
  send(`${AUTH}?${queryOf(params)}`, { headers: { cookie: cookieOf(...signedIn) } });
const post = (step: 'account' | 'consent', form: Record<string, string>, signedIn: string[] = []) =>
  send(`${AUTH}/${step}`, {
    method: 'POST',
    body: new URLSearchParams({ continue: queryOf(), ...form }),
    headers: { cookie: cookieOf(...signedIn) },
  });
const offered = ({ text }: Answer) =>
  [...text.matchAll(/name="account" value="(\d+)"/g)].map(
    ([, id = '']) => google.openid.accounts.find(id)?.email,
  );
const title = ({ text }: Answer) => /<title>(.*?) ·/.exec(text)?.[1];

describe('who is asked who they are', () => {
  test('nobody signed in: everybody is offered, and who is chosen goes on and is remembered', async () => {
    const page = await ask();
    const chosen = await post('account', { account: idOf(SUNNY) });

    expect([page.status, title(page), page.heard]).toEqual([200, 'Sign in', null]);
    expect(offered(page)).toHaveLength(27);
    expect(offered(page)).toEqual(expect.arrayContaining([RAVI, FREELANCE, GMAIL]));
    expect(chosen.status).toBe(303);
    expect(chosen.headers.get('set-cookie')).toBe(
      `google_accounts=${idOf(SUNNY)}; Path=/; HttpOnly; SameSite=Lax`,
    );
    expect(chosen.heard).toEqual({
      code: expect.stringMatching(/^4\/0A/),
      state: 'the state',
      scope:
        'openid email profile https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/userinfo.profile',
      authuser: '0',
      hd: 'example.test',
      prompt: 'none',
      iss: ACCOUNTS,
    });
  });

  test('one signed in goes straight on, unless the app wants the choice', async () => {
    expect((await ask({}, [SUNNY])).heard).toHaveProperty('code');

    const page = await ask({ prompt: 'select_account' }, [SUNNY]);
    expect([title(page), offered(page)]).toEqual(['Choose an account', [SUNNY]]);
    expect(page.text).toContain('Use another account');
    const chosen = { continue: queryOf({ prompt: 'select_account' }), account: idOf(SUNNY) };
    expect((await post('account', chosen, [SUNNY])).heard?.['prompt']).toBe('select_account');
  });

  test('of several a person chooses, and authuser says which it was', async () => {
    const page = await ask({}, [SUNNY, NOOR]);
    const chosen = await post('account', { account: idOf(NOOR) }, [SUNNY, NOOR]);
    const another = await post('account', { account: idOf(RAVI) }, [SUNNY, NOOR]);

    expect([title(page), offered(page)]).toEqual(['Choose an account', [SUNNY, NOOR]]);
    expect(chosen.heard?.['authuser']).toBe('1');
    expect(another.heard).toMatchObject({ authuser: '2', hd: 'example-studio.test' });
    expect(another.headers.get('set-cookie')).toContain(cookieOf(SUNNY, NOOR, RAVI));
  });

  test('a hint picks one of several, by address in any case or by id', async () => {
    for (const hint of [NOOR, NOOR.toUpperCase(), idOf(NOOR)]) {
      const { heard } = await ask({ login_hint: hint }, [SUNNY, NOOR]);
      expect(heard?.['authuser']).toBe('1');
    }
  });

  test('a hint at somebody who is not signed in never ends with somebody else', async () => {
    const page = await ask({ login_hint: NOOR }, [SUNNY]);

    expect(title(page)).toBe('Sign in');
    expect(offered(page)[0]).toBe(NOOR);
  });

  test.each([
    ['*', [SUNNY, RAVI]],
    ['example-studio.test', [RAVI]],
    ['EXAMPLE.test', [SUNNY]],
  ])('hd=%s shapes the chooser', async (hd, expected) => {
    const everybody = [SUNNY, RAVI, FREELANCE, GMAIL];
    expect(offered(await ask({ hd }, everybody))).toEqual(expected);
    expect(offered(await ask({ hd }))).not.toContain(FREELANCE);
    const all = await send(
      `${AUTH}/sign-in?continue=${encodeURIComponent(queryOf({ hd }))}&hd=any`,
    );
    expect(offered(all)).toContain(FREELANCE);
  });

  test('hd enforces nothing: whoever is chosen all the same goes on', async () => {
    const request = queryOf({ hd: 'example-studio.test' });
    const { heard } = await post('account', { continue: request, account: idOf(SUNNY) });

    expect(heard).toMatchObject({ hd: 'example.test', code: expect.any(String) });
  });

  test('the search finds by name and address', async () => {
    const found = async (q: string) =>
      offered(await send(`${AUTH}/sign-in?continue=${encodeURIComponent(queryOf())}&q=${q}`));

    expect(await found('SUNNY')).toEqual([SUNNY]);
    expect(await found('francis')).toEqual([FREELANCE]);
    expect(await found('nobody')).toEqual([]);
  });

  test('ids in the cookie that lead to nobody are passed over', async () => {
    const deleted = idOf(NOOR);
    google.workspace.remove(deleted);
    const cookie = `other=1; google_accounts=x.${deleted}.${idOf(SUNNY)}.${idOf(SUNNY)}`;
    const { heard } = await send(`${AUTH}?${queryOf()}`, { headers: { cookie } });

    expect(heard?.['authuser']).toBe('0');
    expect((await post('account', { account: deleted })).status).toBe(400);
  });

  test.each([SUSPENDED, ARCHIVED])('%s can not sign in', async (address) => {
    const chosen = await post('account', { account: idOf(address) }, [SUNNY]);
    const returning = await ask({}, [address]);
    const silent = await ask({ prompt: 'none' }, [address]);

    expect([chosen.status, title(chosen), chosen.heard]).toEqual([403, 'Account disabled', null]);
    expect(chosen.headers.get('set-cookie')).not.toContain(idOf(address));
    expect([returning.status, returning.heard]).toEqual([403, null]);
    expect(silent.heard).toMatchObject({ error: 'interaction_required' });
  });
});

describe('prompt=none', () => {
  test('goes on with one signed in, or with the one who is hinted at', async () => {
    expect((await ask({ prompt: 'none' }, [SUNNY])).heard).toHaveProperty('code');
    const hinted = await ask({ prompt: 'none', login_hint: NOOR }, [SUNNY, NOOR]);
    expect(hinted.heard).toMatchObject({ authuser: '1', prompt: 'none' });
  });

  test.each<[string, string[], Record<string, string>]>([
    ['nobody is signed in', [], {}],
    ['several are', [SUNNY, NOOR], {}],
    ['somebody else than hinted is', [SUNNY], { login_hint: NOOR }],
    ['consent is missing', [FREELANCE], {}],
  ])('fails when %s', async (_, signedIn, params) => {
    const answer = await ask({ prompt: 'none', ...params }, signedIn);

    expect(answer.status).toBe(302);
    expect(answer.heard).toEqual({
      error: 'interaction_required',
      state: 'the state',
      iss: ACCOUNTS,
    });
  });

  test.each(SILENT_ERRORS)('can fail with %s', async (error) => {
    google.openid.silentError = error;
    const { heard } = await ask({ prompt: 'none' });

    const subtype = error === 'immediate_failed' ? 'access_denied' : undefined;
    expect([heard?.['error'], heard?.['error_subtype']]).toEqual([error, subtype]);
  });
});

describe('consent', () => {
  const consent = (decision: string) =>
    post('consent', { account: idOf(SUNNY), decision }, [SUNNY]);
  beforeEach(() => {
    client().installed = false;
  });

  test('is asked once, and again when the app insists or it was forgotten', async () => {
    const page = await ask({}, [SUNNY]);
    expect([page.status, title(page)]).toEqual([200, 'Rollcall wants to know who you are']);
    expect(page.text).toContain('See your Google Account email address');

    const given = await consent('continue');
    expect([given.status, given.heard?.['prompt']]).toEqual([303, 'consent']);
    expect((await ask({}, [SUNNY])).heard).toHaveProperty('code');
    expect((await ask({ prompt: 'consent' }, [SUNNY])).heard).toBeNull();
    expect((await ask({}, [NOOR])).heard).toBeNull();
    google.openid.grants.forgetConsents();
    expect((await ask({}, [SUNNY])).heard).toBeNull();
  });

  test('to less does not hold for more', async () => {
    const less = queryOf({ scope: 'openid' });
    await post('consent', { continue: less, account: idOf(SUNNY), decision: 'continue' }, [SUNNY]);

    expect((await ask({ scope: 'openid' }, [SUNNY])).heard).toHaveProperty('code');
    expect((await ask({}, [SUNNY])).heard).toBeNull();
  });

  test('declined goes back with access_denied, and nothing is remembered', async () => {
    const { heard } = await consent('cancel');

    expect(heard).toEqual({ error: 'access_denied', state: 'the state', iss: ACCOUNTS });
    expect(google.openid.grants.consents).toEqual([]);
  });

  test('counts only from an account that is signed in here', async () => {
    const form = { account: idOf(NOOR), decision: 'continue' };
    expect((await post('consent', form, [SUNNY])).heard).toBeNull();
    expect(google.openid.grants.consents).toEqual([]);
  });

  test('is not asked of the company where the app is installed, but of consumers', async () => {
    client().installed = true;
    expect((await ask({}, [RAVI])).heard).toHaveProperty('code');
    expect(title(await ask({}, [FREELANCE]))).toBe('Rollcall wants to know who you are');
    const form = { account: idOf(FREELANCE), decision: 'continue' };
    expect((await post('consent', form, [FREELANCE])).heard).not.toHaveProperty('hd');
  });
});

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
    const answer = await ask(params, [SUNNY]);

    expect([answer.status, answer.heard]).toEqual([status, null]);
    expect(answer.text).toContain(`Error ${status}: ${error}`);
  });

  test('a parameter that comes twice', async () => {
    const cookie = cookieOf(SUNNY);
    const answer = await send(`${AUTH}?${queryOf()}&state=2`, { headers: { cookie } });
    expect([answer.status, answer.heard]).toEqual([400, null]);
  });

  test.each([
    ['deleted_client', 401, SUNNY, () => Object.assign(client(), { status: 'deleted' })],
    ['disabled_client', 401, SUNNY, () => Object.assign(client(), { status: 'disabled' })],
    ['org_internal', 403, FREELANCE, () => Object.assign(client(), { userType: 'internal' })],
    [
      'admin_policy_enforced',
      400,
      SUNNY,
      () => Object.assign(google.openid, { adminPolicy: 'blocked' }),
    ],
  ])('%s, even for a silent try', async (error, status, address, breakIt) => {
    breakIt();
    for (const prompt of [null, 'none']) {
      const answer = await ask({ prompt }, [address]);
      expect([answer.status, answer.heard]).toEqual([status, null]);
      expect(answer.text).toContain(`Error ${status}: ${error}`);
    }
  });

  test('the company’s own people pass an internal app, others a blocked one', async () => {
    client().userType = 'internal';
    expect((await ask({}, [RAVI])).heard).toHaveProperty('code');
    Object.assign(client(), { userType: 'external' });
    google.openid.adminPolicy = 'blocked';
    expect(title(await ask({}, [GMAIL]))).toBe('Rollcall wants to know who you are');
  });

  test('an embedded web view', async () => {
    const agent = 'Mozilla/5.0 (Linux; Android 16; Pixel 9 Build/X; wv) AppleWebKit/537.36';
    const headers = { 'user-agent': agent, cookie: cookieOf(SUNNY) };
    const answer = await send(`${AUTH}?${queryOf()}`, { headers });

    expect([answer.status, answer.heard]).toEqual([403, null]);
    expect(answer.text).toContain('disallowed_useragent');
  });
});

describe('pages', () => {
  const pages = () =>
    Promise.all([
      ask(),
      ask({}, [SUNNY, NOOR]),
      ask({}, [FREELANCE]),
      ask({}, [SUSPENDED]),
      ask({ client_id: 'unknown' }),
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
    const policy = (await ask()).headers.get('content-security-policy');
    expect(policy).toContain(`form-action 'self' ${APP};`);
  });

  test('cut an opener off only when told to, and then redirects do so, too', async () => {
    const redirect = await ask({}, [SUNNY]);
    expect(
      [...redirect.headers.keys()].filter((name) => /opener|frame|security/.test(name)),
    ).toEqual([]);

    google.openid.coop = 'same-origin';
    const answers = [...(await pages()), await ask({}, [SUNNY]), await ask({ prompt: 'none' })];
    const sent = answers.map(({ headers }) => headers.get('cross-origin-opener-policy'));
    expect(new Set(sent)).toEqual(new Set(['same-origin']));
  });

  test('show names as text', async () => {
    const hostile = '<img src=x onerror=alert(1)>"';
    google.workspace.update(SUNNY, { name: { givenName: hostile, familyName: '\u202E' } });
    client().name = hostile;
    for (const page of [await ask(), await ask({}, [SUNNY, NOOR]), await ask({}, [FREELANCE])]) {
      expect(page.text).not.toContain('<img');
      expect(page.text).toContain('<bdi>&lt;img src=x');
    }
  });

  test('take no form from another site', async () => {
    const body = new URLSearchParams({ continue: queryOf(), account: idOf(SUNNY) });
    for (const headers of [{ origin: APP }, { 'sec-fetch-site': 'cross-site' }]) {
      const answer = await send(`${AUTH}/account`, { method: 'POST', body, headers });
      expect([answer.status, answer.headers.get('set-cookie')]).toEqual([403, null]);
    }
  });
});

test('the callback can name another issuer', async () => {
  google.openid.callbackIss = 'https://evil.test';
  expect((await ask({}, [SUNNY])).heard?.['iss']).toBe('https://evil.test');
  expect((await ask({ prompt: 'none' })).heard?.['iss']).toBe('https://evil.test');
});
