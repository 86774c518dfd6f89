// The Admin console: each form does what it says, no name can become markup, and no other site can
// send a form.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { adminConsole } from '../google/admin-console/admin-console.ts';
import { FAULT_SWITCHES } from '../google/fault-switches.ts';
import { createGoogle, type Google } from '../google/google.ts';

const ORIGIN = 'http://localhost:8788';
let google: Google;
let pristine: unknown;
let app: ReturnType<typeof adminConsole>;
let events: string[] = [];

beforeAll(async () => {
  google = await createGoogle();
  google.workspace.onEvent((event, _, user) => events.push(`${event} ${user.primaryEmail}`));
  app = adminConsole(google, (name) => `/* ${name} */`);
  pristine = google.snapshot();
});
beforeEach(() => {
  google.restore(pristine);
  events = [];
});

const get = async (path: string) => {
  const response = await app.request(ORIGIN + path);
  return { status: response.status, headers: response.headers, text: await response.text() };
};
const post = (
  path: string,
  form: Record<string, string> = {},
  headers: Record<string, string> = { origin: ORIGIN, 'sec-fetch-site': 'same-origin' },
) => app.request(ORIGIN + path, { method: 'POST', body: new URLSearchParams(form), headers });

const SUNNY = 'sunny@example.test';
const sunny = () => google.workspace.user(SUNNY);

describe('the list', () => {
  test('shows everybody, and finds by name, alias, title and org unit', async () => {
    const found = async (q: string) =>
      [...(await get(`/?q=${encodeURIComponent(q)}`)).text.matchAll(/<small>([^<]+@[^<]+)</g)].map(
        (match) => match[1],
      );

    expect(await found('')).toHaveLength(25);
    expect(await found('الحداد')).toEqual(['noor@example.test']);
    expect(await found('HELPDESK')).toEqual(['it@example.test']);
    expect(await found('/Design/Studio')).toHaveLength(2);
    expect(await found('nobody at all')).toEqual([]);
  });

  test('comes in pages when the company is large', async () => {
    google.workspace.addMany(100);
    const page = await get('/?page=2');

    expect(page.text).toContain('Page 2 of 3, 125 people');
  });
});

describe('a crowd', () => {
  const crowd = () =>
    google.workspace.users.filter(({ primaryEmail }) => primaryEmail.startsWith('crowd.'));

  test('of fifty comes at once, each with a name in one script, the same in every run', async () => {
    expect((await post('/people/crowd/add')).headers.get('location')).toBe('/?done=crowd-added');
    const names = crowd().map(({ name }) => name.fullName);

    expect(events).toHaveLength(50);
    expect([names[0], names[2]]).toEqual(['Łucja Ångström', 'ليلى منصور']);
    expect(new Set(names).size).toBeGreaterThan(45);
    expect((await get('/?done=crowd-added')).text).toContain('50 people added.');
  });

  test('loses thirty at once, and grows beyond those who left', async () => {
    await post('/people/crowd/add');
    events = [];
    await post('/people/crowd/delete');
    expect([events.length, crowd().length]).toEqual([30, 20]);
    expect(events[0]).toBe('delete crowd.001@example.test');
    expect((await get('/')).text).toContain('Delete 20 people');

    await post('/people/crowd/add');
    expect(crowd().at(-1)?.primaryEmail).toBe('crowd.100@example.test');
  });

  test('that is not there can’t be deleted, nor anybody else', async () => {
    expect((await get('/')).text).not.toContain('/people/crowd/delete');
    await post('/people/crowd/delete');
    expect(events).toEqual([]);
  });
});

describe('a form about a person', () => {
  const cases: [
    string,
    Record<string, string>,
    (user: ReturnType<typeof sunny>) => unknown,
    unknown,
  ][] = [
    ['suspend', {}, (user) => user.suspended, true],
    ['archive', {}, (user) => user.archived, true],
    ['promote', {}, (user) => user.isAdmin, true],
    ['rename', { address: 'sun@example.test' }, (user) => user.primaryEmail, 'sun@example.test'],
    ['alias', { add: 'sol@example.test' }, (user) => user.aliases?.at(-1), 'sol@example.test'],
    ['alias', { remove: 'sunny.vale@example.test' }, (user) => user.aliases, undefined],
    ['swap', { other: 'noor@example.test' }, (user) => user.primaryEmail, 'noor@example.test'],
  ];
  test.each(cases)('does %s %o', async (name, form, look, expected) => {
    const { id } = sunny();
    const response = await post(`/people/${id}/${name}`, form);

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toMatch(new RegExp(`^/people/${id}\\?done=`));
    expect(look(google.workspace.user(id))).toEqual(expected);
    expect(events.length).toBeGreaterThan(0);
  });

  test('writes the profile, and clears what was emptied', async () => {
    const { id } = google.workspace.user('ana.moreira@example.test');
    await post(`/people/${id}/profile`, {
      givenName: 'Ana',
      familyName: 'Novo',
      orgUnitPath: '/Sales',
      title: '',
      department: 'Sales',
      phone: '',
      manager: 'it@example.test',
    });

    expect(google.workspace.user(id)).toMatchObject({
      name: { givenName: 'Ana', familyName: 'Novo', fullName: 'Ana Novo' },
      orgUnitPath: '/Sales',
      organizations: [{ primary: true, type: 'work', department: 'Sales' }],
      relations: [{ value: 'it@example.test', type: 'manager' }],
    });
    expect(google.workspace.user(id)).not.toHaveProperty('phones');
  });

  test('ticks and unticks custom fields', async () => {
    await post(`/people/${sunny().id}/fields`, {
      'Roles.Billing': 'on',
      'User_Level.Grade': '4',
      'User_Level.Languages': 'en, is',
    });

    expect(sunny().customSchemas).toEqual({
      Roles: { Billing: true },
      User_Level: {
        Grade: '4',
        Languages: [
          { type: 'work', value: 'en' },
          { type: 'work', value: 'is' },
        ],
      },
    });
  });

  test('deletes, and brings back with the same id', async () => {
    const { id } = sunny();
    await post(`/people/${id}/delete`);
    const bin = await get('/deleted');
    await post(`/deleted/${id}/undelete`);

    expect(bin.text).toContain(SUNNY);
    expect(sunny().id).toBe(id);
    expect(events).toEqual([`delete ${SUNNY}`, `undelete ${SUNNY}`]);
  });

  test('adds somebody, and says so when the address is taken', async () => {
    const form = { givenName: 'N', familyName: 'C', local: 'new', domain: 'example.test' };
    const added = await post('/people/new', form);
    const again = await post('/people/new', form);

    expect(added.status).toBe(303);
    expect(google.workspace.user('new@example.test').orgUnitPath).toBe('/');
    expect(again.status).toBe(409);
    expect(await again.text()).toContain('Somebody else has this address already.');
  });

  test('about nobody is a 404', async () => {
    expect((await get('/people/nobody')).status).toBe(404);
    expect((await post('/people/nobody/suspend')).status).toBe(404);
  });
});

describe('faults', () => {
  test('are switched on by the form, and all off by one button', async () => {
    await post('/faults', { dropPushes: '0.25', syncBeforeAnswer: 'on', lifetime: '6h cap' });
    await post('/faults/next', { kind: 'get', fault: '503', times: '2' });
    const { dropPushes, syncBeforeAnswer, pending } = google.faults;
    await post('/faults/off');

    expect({ dropPushes, syncBeforeAnswer }).toEqual({ dropPushes: 0.25, syncBeforeAnswer: true });
    expect(pending).toMatchObject([{ kind: 'get', fault: '503', times: 2 }]);
    expect(FAULT_SWITCHES.every(({ key }) => google.faults.isOff(key))).toBe(true);
    expect(google.faults.pending).toEqual([]);
  });

  test('each have a control with a description', async () => {
    const { text } = await get('/faults');

    for (const { key } of FAULT_SWITCHES) {
      expect(text).toContain(`name="${key}"`);
      expect(text).toContain(`aria-describedby="fault-${key}-about"`);
    }
  });
});

describe('API access', () => {
  const cases: [string, () => unknown, unknown][] = [
    ['disable', () => google.accounts.first.condition, 'disabled'],
    ['block', () => google.accounts.first.condition, 'blocked'],
    ['api-off', () => google.accounts.first.apiEnabled, false],
    ['domain-off', () => google.accounts.domainAllowsApis, false],
    ['delegate-nothing', () => google.accounts.first.delegatedScopes, []],
    ['delete-keys', () => google.accounts.first.keys, []],
    ['rotate-key', () => google.accounts.first.keys.length, 2],
  ];
  test.each(cases)('%s', async (name, look, expected) => {
    expect((await post(`/access/${name}`)).status).toBe(303);
    expect(look()).toEqual(expected);
  });
});

describe('sign-in', () => {
  const clientId = 'console-client';
  const client = () => google.openid.clients.find(clientId);
  beforeEach(() => {
    google.openid.clients.register({
      clientId,
      clientSecret: 'not to be shown',
      redirectUris: ['http://localhost:8787/auth/callback'],
      name: 'The <b>app</b>',
    });
  });

  test.each([
    ['uninstall', { installed: false }],
    ['install', { installed: true }],
    ['internal', { userType: 'internal' }],
    ['external', { userType: 'external' }],
    ['disable', { status: 'disabled' }],
    ['delete', { status: 'deleted' }],
    ['enable', { status: 'enabled' }],
  ])('%s changes the client', async (act, expected) => {
    expect((await post('/sign-in/client', { clientId, act })).status).toBe(303);
    expect(client()).toMatchObject(expected);
  });

  test('a client or an act that does not exist is refused', async () => {
    expect((await post('/sign-in/client', { clientId: 'x', act: 'install' })).status).toBe(400);
    expect((await post('/sign-in/client', { clientId, act: 'explode' })).status).toBe(400);
  });

  test('the behaviour is set as the form says, and odd values leave it alone', async () => {
    const form = { adminPolicy: 'blocked', silentError: 'access_denied', coop: 'same-origin' };
    const { openid } = google;
    const now = () => [
      openid.adminPolicy,
      openid.silentError,
      openid.coop,
      openid.issWithoutScheme,
    ];
    await post('/sign-in/behaviour', { ...form, issWithoutScheme: 'on' });
    expect(now()).toEqual(['blocked', 'access_denied', 'same-origin', true]);

    await post('/sign-in/behaviour', { adminPolicy: 'odd', silentError: '', coop: 'unsafe-none' });
    expect(now()).toEqual(['blocked', 'access_denied', 'same-origin', false]);
  });

  test('consents are forgotten, keys rotated', async () => {
    const { grants, keys } = google.openid;
    grants.consent({ clientId, accountId: sunny().id, scopes: ['openid'] });
    await post('/sign-in/forget-consents');
    expect(grants.consents).toEqual([]);

    await keys.ready();
    const before = keys.jwks().keys.map(({ kid }) => kid);
    await post('/sign-in/rotate-keys');
    const after = keys.jwks().keys.map(({ kid }) => kid);
    expect([after.length, after[1]]).toEqual([2, before[0]]);
  });

  test('shows the client without its secret, and who is signed in until they sign out', async () => {
    const headers = { cookie: `google_accounts=${sunny().id}` };
    const text = await (await app.request(`${ORIGIN}/sign-in`, { headers })).text();
    expect(text).toContain('The &lt;b&gt;app&lt;/b&gt;');
    expect(text).toContain('http://127.0.0.1:8788/sites/team');
    expect(text).toContain(SUNNY);
    expect(text).not.toContain('not to be shown');
    expect((await get('/sign-in')).text).toContain('Nobody is signed in at Google.');

    const out = await post('/sign-in/sign-out');
    expect(out.headers.get('set-cookie')).toBe(
      'google_accounts=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0',
    );
  });
});

describe('a hostile world', () => {
  const HOSTILE = `"><script>alert('x')</script>`;
  const PAGES = [
    '/',
    '/people/x@example.test',
    '/deleted',
    '/channels',
    '/groups',
    '/access',
    '/sign-in',
    '/faults',
  ];

  test('a name, title or org unit never becomes markup, and stands in <bdi>', async () => {
    google.workspace.add({
      primaryEmail: 'x@example.test',
      givenName: HOSTILE,
      familyName: '\u202Eesrever',
      orgUnitPath: `/${HOSTILE}`,
      organizations: [{ title: HOSTILE }],
      aliases: [`${HOSTILE.replaceAll(/[\s@]/g, '')}@example.test`],
      customSchemas: { User_Level: { Languages: [{ value: HOSTILE }], Grade: HOSTILE } },
    });
    google.workspace.remove(google.workspace.add({ ...named('y'), givenName: HOSTILE }).id);
    const search = `/?q=${encodeURIComponent(HOSTILE)}&done=${encodeURIComponent(HOSTILE)}`;

    for (const path of [...PAGES, search]) {
      const { text } = await get(path);
      expect(text).not.toContain(`<script>alert`);
      expect(text.match(/<script/g)).toHaveLength(1);
    }
    expect((await get('/people/x@example.test')).text).toContain('<bdi>&quot;&gt;&lt;script&gt;');
  });

  test('pages run nothing of their own, load nothing from elsewhere, and go in no frame', async () => {
    for (const path of PAGES.filter((one) => !one.includes('x@'))) {
      const { headers, text } = await get(path);
      const policy = headers.get('content-security-policy') ?? '';

      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(text).not.toMatch(
        / style=| on[a-z]+=|<style|https?:\/\/(?!www\.googleapis\.com\/auth|127\.0\.0\.1:)/,
      );
    }
  });

  test.each([
    ['another origin', { origin: 'http://evil.test' }],
    ['no origin at all', { origin: 'null' }],
    [
      'another port of this machine',
      { origin: 'http://localhost:8787', 'sec-fetch-site': 'same-site' },
    ],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['the same site, another origin', { 'sec-fetch-site': 'same-site' }],
  ])('a form from %s does nothing', async (_, headers) => {
    const paths = [
      '/people/new',
      '/people/crowd/add',
      `/people/${sunny().id}/delete`,
      '/faults/off',
      '/access/disable',
      '/sign-in/forget-consents',
    ];
    const answers = await Promise.all(paths.map((path) => post(path, {}, headers)));

    expect(answers.map((answer) => answer.status)).toEqual(paths.map(() => 403));
    expect(events).toEqual([]);
    expect(google.accounts.first.condition).toBe('enabled');
  });
});

function named(local: string) {
  return { primaryEmail: `${local}@example.test`, givenName: 'A', familyName: 'B' };
}
