// The way through the accounts site: who is asked what, and what the app hears.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SILENT_ERRORS } from '../google/openid/openid.ts';
import {
  ACCOUNTS,
  ARCHIVED,
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

describe('who is asked who they are', () => {
  test('nobody signed in: everybody is offered, and who is chosen goes on and is remembered', async () => {
    const page = await site.ask();
    const chosen = await site.post('account', { account: site.idOf(SUNNY) });

    expect([page.status, titleOf(page), page.heard]).toEqual([200, 'Sign in', null]);
    expect(site.offered(page)).toHaveLength(27);
    expect(site.offered(page)).toEqual(expect.arrayContaining([RAVI, FREELANCE, GMAIL]));
    expect(chosen.status).toBe(303);
    expect(chosen.headers.get('set-cookie')).toBe(
      `google_accounts=${site.idOf(SUNNY)}; Path=/; HttpOnly; SameSite=Lax`,
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
    expect((await site.ask({}, [SUNNY])).heard).toHaveProperty('code');

    const page = await site.ask({ prompt: 'select_account' }, [SUNNY]);
    expect([titleOf(page), site.offered(page)]).toEqual(['Choose an account', [SUNNY]]);
    expect(page.text).toContain('Use another account');
    const chosen = { continue: queryOf({ prompt: 'select_account' }), account: site.idOf(SUNNY) };
    expect((await site.post('account', chosen, [SUNNY])).heard?.['prompt']).toBe('select_account');
  });

  test('of several a person chooses, and authuser says which it was', async () => {
    const page = await site.ask({}, [SUNNY, NOOR]);
    const chosen = await site.post('account', { account: site.idOf(NOOR) }, [SUNNY, NOOR]);
    const another = await site.post('account', { account: site.idOf(RAVI) }, [SUNNY, NOOR]);

    expect([titleOf(page), site.offered(page)]).toEqual(['Choose an account', [SUNNY, NOOR]]);
    expect(chosen.heard?.['authuser']).toBe('1');
    expect(another.heard).toMatchObject({ authuser: '2', hd: 'example-studio.test' });
    expect(another.headers.get('set-cookie')).toContain(site.cookieOf(SUNNY, NOOR, RAVI));
  });

  test('a hint picks one of several, by address in any case or by id', async () => {
    for (const hint of [NOOR, NOOR.toUpperCase(), site.idOf(NOOR)]) {
      const { heard } = await site.ask({ login_hint: hint }, [SUNNY, NOOR]);
      expect(heard?.['authuser']).toBe('1');
    }
  });

  test('a hint at somebody who is not signed in never ends with somebody else', async () => {
    const page = await site.ask({ login_hint: NOOR }, [SUNNY]);

    expect(titleOf(page)).toBe('Sign in');
    expect(site.offered(page)[0]).toBe(NOOR);
  });

  test.each([
    ['*', [SUNNY, RAVI]],
    ['example-studio.test', [RAVI]],
    ['EXAMPLE.test', [SUNNY]],
  ])('hd=%s shapes the chooser', async (hd, expected) => {
    const everybody = [SUNNY, RAVI, FREELANCE, GMAIL];
    expect(site.offered(await site.ask({ hd }, everybody))).toEqual(expected);
    expect(site.offered(await site.ask({ hd }))).not.toContain(FREELANCE);
    const all = await site.send(
      `${AUTH}/sign-in?continue=${encodeURIComponent(queryOf({ hd }))}&hd=any`,
    );
    expect(site.offered(all)).toContain(FREELANCE);
  });

  test('hd enforces nothing: whoever is chosen all the same goes on', async () => {
    const request = queryOf({ hd: 'example-studio.test' });
    const { heard } = await site.post('account', { continue: request, account: site.idOf(SUNNY) });

    expect(heard).toMatchObject({ hd: 'example.test', code: expect.any(String) });
  });

  test('the search finds by name and address', async () => {
    const found = async (q: string) =>
      site.offered(
        await site.send(`${AUTH}/sign-in?continue=${encodeURIComponent(queryOf())}&q=${q}`),
      );

    expect(await found('SUNNY')).toEqual([SUNNY]);
    expect(await found('francis')).toEqual([FREELANCE]);
    expect(await found('nobody')).toEqual([]);
  });

  test('ids in the cookie that lead to nobody are passed over', async () => {
    const deleted = site.idOf(NOOR);
    site.google.workspace.remove(deleted);
    const cookie = `other=1; google_accounts=x.${deleted}.${site.idOf(SUNNY)}.${site.idOf(SUNNY)}`;
    const { heard } = await site.send(`${AUTH}?${queryOf()}`, { headers: { cookie } });

    expect(heard?.['authuser']).toBe('0');
    expect((await site.post('account', { account: deleted })).status).toBe(400);
  });

  test.each([SUSPENDED, ARCHIVED])('%s can not sign in', async (address) => {
    const chosen = await site.post('account', { account: site.idOf(address) }, [SUNNY]);
    const returning = await site.ask({}, [address]);
    const silent = await site.ask({ prompt: 'none' }, [address]);

    expect([chosen.status, titleOf(chosen), chosen.heard]).toEqual([403, 'Account disabled', null]);
    expect(chosen.headers.get('set-cookie')).not.toContain(site.idOf(address));
    expect([returning.status, returning.heard]).toEqual([403, null]);
    expect(silent.heard).toMatchObject({ error: 'interaction_required' });
  });
});

describe('prompt=none', () => {
  test('goes on with one signed in, or with the one who is hinted at', async () => {
    expect((await site.ask({ prompt: 'none' }, [SUNNY])).heard).toHaveProperty('code');
    const hinted = await site.ask({ prompt: 'none', login_hint: NOOR }, [SUNNY, NOOR]);
    expect(hinted.heard).toMatchObject({ authuser: '1', prompt: 'none' });
  });

  test.each<[string, string[], Record<string, string>]>([
    ['nobody is signed in', [], {}],
    ['several are', [SUNNY, NOOR], {}],
    ['somebody else than hinted is', [SUNNY], { login_hint: NOOR }],
    ['consent is missing', [FREELANCE], {}],
  ])('fails when %s', async (_, signedIn, params) => {
    const answer = await site.ask({ prompt: 'none', ...params }, signedIn);

    expect(answer.status).toBe(302);
    expect(answer.heard).toEqual({
      error: 'interaction_required',
      state: 'the state',
      iss: ACCOUNTS,
    });
  });

  test.each(SILENT_ERRORS)('can fail with %s', async (error) => {
    site.google.openid.silentError = error;
    const { heard } = await site.ask({ prompt: 'none' });

    const subtype = error === 'immediate_failed' ? 'access_denied' : undefined;
    expect([heard?.['error'], heard?.['error_subtype']]).toEqual([error, subtype]);
  });
});

describe('consent', () => {
  const consent = (decision: string) =>
    site.post('consent', { account: site.idOf(SUNNY), decision }, [SUNNY]);
  beforeEach(() => {
    site.client().installed = false;
  });

  test('is asked once, and again when the app insists or it was forgotten', async () => {
    const page = await site.ask({}, [SUNNY]);
    expect([page.status, titleOf(page)]).toEqual([200, 'Rollcall wants to know who you are']);
    expect(page.text).toContain('See your Google Account email address');

    const given = await consent('continue');
    expect([given.status, given.heard?.['prompt']]).toEqual([303, 'consent']);
    expect((await site.ask({}, [SUNNY])).heard).toHaveProperty('code');
    expect((await site.ask({ prompt: 'consent' }, [SUNNY])).heard).toBeNull();
    expect((await site.ask({}, [NOOR])).heard).toBeNull();
    site.google.openid.grants.forgetConsents();
    expect((await site.ask({}, [SUNNY])).heard).toBeNull();
  });

  test('to less does not hold for more', async () => {
    const less = queryOf({ scope: 'openid' });
    await site.post(
      'consent',
      { continue: less, account: site.idOf(SUNNY), decision: 'continue' },
      [SUNNY],
    );

    expect((await site.ask({ scope: 'openid' }, [SUNNY])).heard).toHaveProperty('code');
    expect((await site.ask({}, [SUNNY])).heard).toBeNull();
  });

  test('declined goes back with access_denied, and nothing is remembered', async () => {
    const { heard } = await consent('cancel');

    expect(heard).toEqual({ error: 'access_denied', state: 'the state', iss: ACCOUNTS });
    expect(site.google.openid.grants.consents).toEqual([]);
  });

  test('counts only from an account that is signed in here', async () => {
    const form = { account: site.idOf(NOOR), decision: 'continue' };
    expect((await site.post('consent', form, [SUNNY])).heard).toBeNull();
    expect(site.google.openid.grants.consents).toEqual([]);
  });

  test('is not asked of the company where the app is installed, but of consumers', async () => {
    site.client().installed = true;
    expect((await site.ask({}, [RAVI])).heard).toHaveProperty('code');
    expect(titleOf(await site.ask({}, [FREELANCE]))).toBe('Rollcall wants to know who you are');
    const form = { account: site.idOf(FREELANCE), decision: 'continue' };
    expect((await site.post('consent', form, [FREELANCE])).heard).not.toHaveProperty('hd');
  });
});
