// Bindings and vars → Config: defaults, each var's bad values, and the rules that need two values.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Config, parseConfig } from '../../src/config.ts';
import { isLoopback } from '../../src/targets.ts';
import { APP_SECRET, aKeyFile, anEnv, KEY_FILE, OTHER_SECRET } from './environment.ts';

function configOf(vars: Record<string, unknown> = {}): Config {
  const parsed = parseConfig(anEnv(vars));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

/** The names of what is wrong, each as often as it is named. */
function wrongNames(vars: Record<string, unknown>): string[] {
  const parsed = parseConfig(anEnv(vars));
  return parsed.ok ? [] : parsed.problems.map(({ name }) => name);
}

describe('a right configuration', () => {
  test('needs four settings and has the documented defaults for the rest', () => {
    expect(configOf()).toEqual({
      publicUrl: new URL('https://people.rollcall.example'),
      serviceAccount: {
        clientEmail: KEY_FILE.client_email,
        clientId: KEY_FILE.client_id,
        projectId: KEY_FILE.project_id,
        privateKeyId: KEY_FILE.private_key_id,
        privateKey: KEY_FILE.private_key,
        tokenUri: 'https://oauth2.googleapis.com/token',
      },
      adminEmails: ['admin@example.test'],
      customer: 'my_customer',
      domain: undefined,
      appSecret: APP_SECRET,
      appSecretPrevious: undefined,
      googleApiOrigin: 'https://admin.googleapis.com',
      channelEvents: ['add', 'delete', 'makeAdmin', 'undelete', 'update'],
      channelTtlSeconds: 21_600,
      channelRenewBeforeSeconds: 1_800,
      reconcileEveryMinutes: 5,
      googleCallsPerPass: 45,
      rolesSchema: 'Roles',
      oauthClient: undefined,
      missingForSignIn: ['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'],
      googleIssuer: 'https://accounts.google.com',
      sessionTtlMs: 12 * 3_600_000,
      embedAncestors: [],
      deletionGuard: { count: 5, percent: 5 },
      tombstoneMs: 30 * 86_400_000,
      eventMs: 90 * 86_400_000,
      operatorToken: undefined,
      alertWebhookUrl: undefined,
    });
  });

  test('can not be changed once it was read', () => {
    expect(Object.isFrozen(configOf())).toBe(true);
  });

  test.each([
    ['GOOGLE_CUSTOMER', { customer: 'my_customer' }],
    ['GOOGLE_DOMAIN', { domain: undefined }],
    ['APP_SECRET_PREVIOUS', { appSecretPrevious: undefined }],
    ['GOOGLE_API_ORIGIN', { googleApiOrigin: 'https://admin.googleapis.com' }],
    ['RECONCILE_EVERY_MINUTES', { reconcileEveryMinutes: 5 }],
    ['ROLES_SCHEMA', { rolesSchema: 'Roles' }],
    ['GOOGLE_CLIENT_ID', { oauthClient: undefined }],
    ['GOOGLE_CLIENT_SECRET', { oauthClient: undefined }],
    ['GOOGLE_ISSUER', { googleIssuer: 'https://accounts.google.com' }],
    ['SESSION_TTL_HOURS', { sessionTtlMs: 12 * 3_600_000 }],
    ['EMBED_ANCESTORS', { embedAncestors: [] }],
    ['DELETE_GUARD_COUNT', { deletionGuard: { count: 5, percent: 5 } }],
    ['TOMBSTONE_DAYS', { tombstoneMs: 30 * 86_400_000 }],
    ['EVENT_DAYS', { eventMs: 90 * 86_400_000 }],
    ['OPERATOR_TOKEN', { operatorToken: undefined }],
    ['ALERT_WEBHOOK_URL', { alertWebhookUrl: undefined }],
  ])('an empty %s counts as not set, as a copied .dev.vars.example has it', (name, expected) => {
    expect(configOf({ [name]: '' })).toMatchObject(expected);
  });

  test.each([
    ['one admin', 'admin@example.test', ['admin@example.test']],
    [
      'several admins, with spaces',
      'a@example.test, b@example.test',
      ['a@example.test', 'b@example.test'],
    ],
    ['a comma too many', 'a@example.test,', ['a@example.test']],
  ])('GOOGLE_ADMIN_EMAIL: %s', (_, text, adminEmails) => {
    expect(configOf({ GOOGLE_ADMIN_EMAIL: text }).adminEmails).toEqual(adminEmails);
  });

  test.each([
    ['a star: one channel for all', '*', '*'],
    ['a star with spaces', ' * ', '*'],
    ['one event', 'update', ['update']],
    ['two, in any order, with spaces', 'update, add', ['add', 'update']],
    ['one named twice', 'add,add', ['add']],
    ['empty: pause', '', []],
    ['blank: pause', '  ', []],
  ])('CHANNEL_EVENTS: %s', (_, text, channelEvents) => {
    expect(configOf({ CHANNEL_EVENTS: text }).channelEvents).toEqual(channelEvents);
  });

  test('of the guard and of days: none at all is a number, too', () => {
    const vars = { DELETE_GUARD_COUNT: '0', DELETE_GUARD_PERCENT: '0' };
    expect(configOf(vars).deletionGuard).toEqual({ count: 0, percent: 0 });
    const all = { DELETE_GUARD_COUNT: '1000000', DELETE_GUARD_PERCENT: '100' };
    expect(configOf(all).deletionGuard).toEqual({ count: 1_000_000, percent: 100 });
    expect(configOf({ TOMBSTONE_DAYS: '1', EVENT_DAYS: '3650' })).toMatchObject({
      tombstoneMs: 86_400_000,
      eventMs: 3_650 * 86_400_000,
    });
  });

  test('OPERATOR_TOKEN is taken as it is, from 32 to 200 characters', () => {
    for (const token of [OTHER_SECRET, `${'aB3$%^&*()_+=/'.repeat(14)}abcd`]) {
      expect(configOf({ OPERATOR_TOKEN: token }).operatorToken).toBe(token);
    }
  });

  test('ALERT_WEBHOOK_URL keeps its path and query', () => {
    const url = 'https://hooks.example.com/services/T0/B0?key=1';
    expect(configOf({ ALERT_WEBHOOK_URL: url }).alertWebhookUrl?.href).toBe(url);
  });

  test('GOOGLE_DOMAIN is compared in lower case', () => {
    expect(configOf({ GOOGLE_DOMAIN: 'Example-Studio.TEST' }).domain).toBe('example-studio.test');
  });

  test('the whole local pair on loopback is accepted: http and any port', () => {
    const config = configOf({
      PUBLIC_URL: 'http://localhost:8787',
      GOOGLE_API_ORIGIN: 'http://127.0.0.1:8788',
      GOOGLE_SERVICE_ACCOUNT_KEY: aKeyFile({ token_uri: 'http://[::1]:8788/token' }),
      RECONCILE_EVERY_MINUTES: '1',
    });
    expect(config.serviceAccount.tokenUri).toBe('http://[::1]:8788/token');
    expect(config.reconcileEveryMinutes).toBe(1);
  });

  test('the same environment is read once', () => {
    const env = anEnv();
    expect(parseConfig(env)).toBe(parseConfig(env));
  });
});

const REQUIRED = ['PUBLIC_URL', 'GOOGLE_SERVICE_ACCOUNT_KEY', 'GOOGLE_ADMIN_EMAIL', 'APP_SECRET'];
const BINDINGS = ['DB', 'CHANNELS', 'CHANGES', 'RECONCILE', 'PUSH_LIMIT', 'LOGIN_LIMIT'];

describe('problems', () => {
  test.each(REQUIRED)('%s has no default: unset or empty, it is named', (name) => {
    for (const value of [undefined, '']) {
      const parsed = parseConfig(anEnv({ [name]: value }));
      expect(parsed).toEqual({ ok: false, problems: [{ name, problem: 'is not set' }] });
    }
  });

  test.each(BINDINGS)('the binding %s is missed by name', (name) => {
    expect(wrongNames({ [name]: undefined })).toEqual([name]);
  });

  test('every problem is named at once, each once', () => {
    const everything = Object.fromEntries(
      [...REQUIRED, ...BINDINGS].map((name) => [name, undefined]),
    );
    const vars = { ...everything, CHANNEL_TTL_SECONDS: '1', CHANNEL_EVENTS: 'rename' };
    expect(wrongNames(vars).toSorted()).toEqual(
      [...REQUIRED, ...BINDINGS, 'CHANNEL_EVENTS', 'CHANNEL_TTL_SECONDS'].toSorted(),
    );
  });

  const cases: [name: string, value: string][] = [
    ['PUBLIC_URL', 'people.rollcall.example'],
    ['PUBLIC_URL', 'http://people.rollcall.example'],
    ['PUBLIC_URL', 'https://people.rollcall.example/app'],
    ['PUBLIC_URL', 'https://people.rollcall.example/?a=1'],
    ['PUBLIC_URL', 'https://people.rollcall.example/#top'],
    ['PUBLIC_URL', 'https://me@people.rollcall.example'],
    ['PUBLIC_URL', 'ftp://people.rollcall.example'],
    ['PUBLIC_URL', 'http://localhost.rollcall.example'],
    ['PUBLIC_URL', 'http://127.0.0.2:8787'],
    ['PUBLIC_URL', 'http://0.0.0.0:8787'],
    ['PUBLIC_URL', 'http://localhost@people.rollcall.example'],
    ['GOOGLE_ADMIN_EMAIL', 'admin'],
    ['GOOGLE_ADMIN_EMAIL', ','],
    ['GOOGLE_ADMIN_EMAIL', 'admin@example.test;other@example.test'],
    ['GOOGLE_ADMIN_EMAIL', 'admin@example.test,nobody'],
    ['GOOGLE_CUSTOMER', 'my customer'],
    ['GOOGLE_CUSTOMER', 'example.test'],
    ['GOOGLE_DOMAIN', 'example'],
    ['GOOGLE_DOMAIN', 'https://example.test'],
    ['GOOGLE_DOMAIN', '@example.test'],
    ['APP_SECRET', 'qT4rW8zX1cV6bN3mK9jH2gF5dS7aP0o'],
    ['APP_SECRET', 'a'.repeat(64)],
    ['APP_SECRET', 'abcabcabcabcabcabcabcabcabcabcabcabc'],
    ['APP_SECRET', 'this-is-only-an-Example-0123456789-zyx'],
    ['APP_SECRET', 'please-ChangeMe-0123456789-qwertyuiop'],
    ['APP_SECRET', 'please-change-me-0123456789-qwertyuiop'],
    ['APP_SECRET', 'my-secret-0123456789-qwertyuiop-asdf'],
    ['APP_SECRET', 'MyPassword-0123456789-qwertyuiop-asdf'],
    ['APP_SECRET_PREVIOUS', 'short'],
    ['GOOGLE_API_ORIGIN', 'https://admin.googleapis.com/admin'],
    ['GOOGLE_API_ORIGIN', 'admin.googleapis.com'],
    ['CHANNEL_EVENTS', 'rename'],
    ['CHANNEL_EVENTS', 'ADD'],
    ['CHANNEL_EVENTS', 'add;update'],
    ['CHANNEL_EVENTS', '*,add'],
    ['CHANNEL_TTL_SECONDS', '172801'],
    ['CHANNEL_TTL_SECONDS', '1799'],
    ['CHANNEL_TTL_SECONDS', '6h'],
    ['CHANNEL_TTL_SECONDS', '-21600'],
    ['CHANNEL_TTL_SECONDS', '21600.5'],
    ['CHANNEL_TTL_SECONDS', '1e4'],
    ['CHANNEL_RENEW_BEFORE_SECONDS', '599'],
    ['CHANNEL_RENEW_BEFORE_SECONDS', '86401'],
    ['RECONCILE_EVERY_MINUTES', '0'],
    ['RECONCILE_EVERY_MINUTES', '1445'],
    ['GOOGLE_CALLS_PER_PASS', '4'],
    ['GOOGLE_CALLS_PER_PASS', 'many'],
    ['ROLES_SCHEMA', 'R'.repeat(101)],
    ['DELETE_GUARD_COUNT', '-1'],
    ['DELETE_GUARD_COUNT', '1000001'],
    ['DELETE_GUARD_COUNT', 'all'],
    ['DELETE_GUARD_PERCENT', '101'],
    ['DELETE_GUARD_PERCENT', '5%'],
    ['DELETE_GUARD_PERCENT', '0.5'],
    ['TOMBSTONE_DAYS', '0'],
    ['TOMBSTONE_DAYS', '3651'],
    ['EVENT_DAYS', '0'],
    ['EVENT_DAYS', '90d'],
    ['OPERATOR_TOKEN', 'qT4rW8zX1cV6bN3mK9jH2gF5dS7aP0o'],
    ['OPERATOR_TOKEN', 'mK9jH2gF5dS7aP0oI qT4rW8zX1cV6bN3'],
    ['OPERATOR_TOKEN', 'mK9jH2gF5dS7aP0oIqT4rW8zX1cV6bNé'],
    ['OPERATOR_TOKEN', 'abcdefgh'.repeat(4)],
    ['OPERATOR_TOKEN', 'mK9jH2gF5dS7aP0oI'.repeat(12)],
    ['ALERT_WEBHOOK_URL', 'hooks.example.com/services/T0'],
    ['ALERT_WEBHOOK_URL', 'ftp://hooks.example.com/T0'],
    ['ALERT_WEBHOOK_URL', 'mailto:ops@example.com'],
    ['GOOGLE_SERVICE_ACCOUNT_KEY', 'rollcall-key.json'],
    ['GOOGLE_SERVICE_ACCOUNT_KEY', 'null'],
    ['GOOGLE_SERVICE_ACCOUNT_KEY', '[]'],
    ['GOOGLE_SERVICE_ACCOUNT_KEY', aKeyFile({ type: 'authorized_user' })],
    ['GOOGLE_SERVICE_ACCOUNT_KEY', aKeyFile({ private_key: 'none' })],
    ['GOOGLE_SERVICE_ACCOUNT_KEY', aKeyFile({ private_key_id: undefined })],
    ['GOOGLE_SERVICE_ACCOUNT_KEY', aKeyFile({ client_email: 'rollcall' })],
    ['GOOGLE_SERVICE_ACCOUNT_KEY', aKeyFile({ token_uri: undefined })],
  ];
  test.each(cases)('%s does not take %s', (name, value) => {
    expect(wrongNames({ [name]: value })).toEqual([name]);
  });

  test('a key file with wrong fields is told which, and nothing of what they hold', () => {
    const parsed = parseConfig(
      anEnv({ GOOGLE_SERVICE_ACCOUNT_KEY: aKeyFile({ client_email: 'rollcall', private_key: 7 }) }),
    );
    expect(parsed).toMatchObject({
      ok: false,
      problems: [{ problem: expect.stringMatching(/client_email, private_key\)$/) }],
    });
  });

  test('a secret of 32 bytes may have fewer characters', () => {
    expect(wrongNames({ APP_SECRET: 'äöüßéèêëñçøåÄÖÜÉ' })).toEqual([]);
  });
});

describe('rules that need two values', () => {
  const LOCAL = 'http://localhost:8787';
  const key = (token_uri: string) => aKeyFile({ token_uri });

  const refused: [rule: string, vars: Record<string, string>, name: string][] = [
    [
      'security 7: with an https PUBLIC_URL an http API origin on loopback is refused',
      { GOOGLE_API_ORIGIN: 'http://localhost:8788' },
      'GOOGLE_API_ORIGIN',
    ],
    [
      'security 7: with an https PUBLIC_URL an https API origin on loopback is refused',
      { GOOGLE_API_ORIGIN: 'https://127.0.0.1:8788' },
      'GOOGLE_API_ORIGIN',
    ],
    [
      'security 7: with an https PUBLIC_URL a .test API origin is refused',
      { GOOGLE_API_ORIGIN: 'https://google.example.test' },
      'GOOGLE_API_ORIGIN',
    ],
    [
      'security 7: a .test host is refused in its spelling with a final dot too',
      { GOOGLE_API_ORIGIN: 'https://google.test.' },
      'GOOGLE_API_ORIGIN',
    ],
    [
      'security 7: an http API origin at a public host is refused',
      { PUBLIC_URL: LOCAL, GOOGLE_API_ORIGIN: 'http://admin.googleapis.com' },
      'GOOGLE_API_ORIGIN',
    ],
    [
      'security 7: with an https PUBLIC_URL an http token_uri is refused',
      { GOOGLE_SERVICE_ACCOUNT_KEY: key('http://oauth2.googleapis.com/token') },
      'GOOGLE_SERVICE_ACCOUNT_KEY',
    ],
    [
      'security 7: with an https PUBLIC_URL a token_uri on loopback is refused',
      { GOOGLE_SERVICE_ACCOUNT_KEY: key('http://[::1]:8788/token') },
      'GOOGLE_SERVICE_ACCOUNT_KEY',
    ],
    [
      'security 7: with an https PUBLIC_URL a .test token_uri is refused',
      { GOOGLE_SERVICE_ACCOUNT_KEY: key('https://oauth.test/token') },
      'GOOGLE_SERVICE_ACCOUNT_KEY',
    ],
    ...[
      'https://a:b@oauth2.googleapis.com/token',
      'https://oauth2.googleapis.com:8443/token',
      'https://localhost./token',
      'https://x.localhost/token',
      'https://127.0.0.2/token',
      'https://2130706434/token',
      'https://0x7f.2/token',
      'https://[::ffff:127.0.0.1]/token',
      'https://8.8.8.8/token',
      'https://intranet/token',
      'https://idp.internal/token',
      'https://idp.home.arpa/token',
    ].map((uri): (typeof refused)[number] => [
      `security 7: an odd token_uri is refused: ${uri}`,
      { GOOGLE_SERVICE_ACCOUNT_KEY: key(uri) },
      'GOOGLE_SERVICE_ACCOUNT_KEY',
    ]),
    [
      'an http token_uri at a public host is refused on a laptop too',
      { PUBLIC_URL: LOCAL, GOOGLE_SERVICE_ACCOUNT_KEY: key('http://oauth2.googleapis.com/token') },
      'GOOGLE_SERVICE_ACCOUNT_KEY',
    ],
    [
      'a token_uri that is no web address is refused',
      { GOOGLE_SERVICE_ACCOUNT_KEY: key('ftp://oauth2.googleapis.com/token') },
      'GOOGLE_SERVICE_ACCOUNT_KEY',
    ],
    ...[
      'http://hooks.example.com/T0',
      'http://localhost:9000/T0',
      'https://localhost/T0',
      'https://me:secret@hooks.example.com/T0',
      'https://hooks.example.com:8443/T0',
      'https://10.0.0.1/T0',
      'https://[fd00::1]/T0',
      'https://0x7f000001/T0',
      'https://hooks/T0',
      'https://hooks.internal/T0',
      'https://hooks.example.test/T0',
      'https://people.rollcall.example/api/v1/held-removals',
    ].map((url): (typeof refused)[number] => [
      `security 7: alerts do not go just anywhere: ${url}`,
      { ALERT_WEBHOOK_URL: url },
      'ALERT_WEBHOOK_URL',
    ]),
    [
      'security 7: on a laptop alerts do not go in the clear to a public host',
      { PUBLIC_URL: LOCAL, ALERT_WEBHOOK_URL: 'http://hooks.example.com/T0' },
      'ALERT_WEBHOOK_URL',
    ],
    [
      'security 7: on a laptop alerts do not go to the network around it',
      { PUBLIC_URL: LOCAL, ALERT_WEBHOOK_URL: 'http://192.168.0.7/T0' },
      'ALERT_WEBHOOK_URL',
    ],
    [
      'alerts do not go to the Worker itself',
      { PUBLIC_URL: LOCAL, ALERT_WEBHOOK_URL: `${LOCAL}/alerts` },
      'ALERT_WEBHOOK_URL',
    ],
    [
      'security 7: PREVIOUS = current is refused',
      { APP_SECRET_PREVIOUS: APP_SECRET },
      'APP_SECRET_PREVIOUS',
    ],
    [
      'deployed, a pass every 7 minutes is refused: cron runs every 5',
      { RECONCILE_EVERY_MINUTES: '7' },
      'RECONCILE_EVERY_MINUTES',
    ],
    [
      'deployed, a pass every minute is refused',
      { RECONCILE_EVERY_MINUTES: '1' },
      'RECONCILE_EVERY_MINUTES',
    ],
  ];
  test.each(refused)('%s', (_, vars, name) => {
    expect(wrongNames(vars)).toEqual([name]);
  });

  const accepted: [rule: string, vars: Record<string, string>][] = [
    ['another PREVIOUS', { APP_SECRET_PREVIOUS: OTHER_SECRET }],
    ['a pass every quarter of an hour', { RECONCILE_EVERY_MINUTES: '15' }],
    ['the real Google with a laptop', { PUBLIC_URL: LOCAL }],
    ['alerts to a public host', { ALERT_WEBHOOK_URL: 'https://hooks.example.com/T0?key=1' }],
    [
      'alerts on a laptop, to it',
      { PUBLIC_URL: LOCAL, ALERT_WEBHOOK_URL: 'http://127.0.0.1:9000/T0' },
    ],
    [
      'alerts from a laptop to a public host',
      { PUBLIC_URL: LOCAL, ALERT_WEBHOOK_URL: 'https://hooks.example.com/T0' },
    ],
    [
      'a public host whose name merely ends in test',
      { GOOGLE_API_ORIGIN: 'https://admin.contest' },
    ],
  ];
  test.each(accepted)('accepted: %s', (_, vars) => {
    expect(wrongNames(vars)).toEqual([]);
  });

  test.each([
    ['http://localhost', true],
    ['http://LOCALHOST:1', true],
    ['http://127.0.0.1', true],
    ['http://2130706433', true],
    ['http://[::1]', true],
    ['http://[0:0:0:0:0:0:0:1]', true],
    ['http://localhost.', false],
    ['http://localhost.example', false],
    ['http://127.0.0.1.example', false],
    ['http://127.0.0.2', false],
    ['http://[::]', false],
    ['http://[::ffff:127.0.0.1]', false],
    ['http://me.localhost', false],
  ])('security 7: %s is loopback: %s, by the parsed host', (url, expected) => {
    expect(isLoopback(new URL(url))).toBe(expected);
  });
});

describe('security 7: names, never values', () => {
  const NAMES = [
    'PUBLIC_URL',
    'GOOGLE_SERVICE_ACCOUNT_KEY',
    'GOOGLE_ADMIN_EMAIL',
    'GOOGLE_CUSTOMER',
    'GOOGLE_DOMAIN',
    'APP_SECRET',
    'APP_SECRET_PREVIOUS',
    'GOOGLE_API_ORIGIN',
    'CHANNEL_EVENTS',
    'CHANNEL_TTL_SECONDS',
    'RECONCILE_EVERY_MINUTES',
    'ROLES_SCHEMA',
    'GOOGLE_CLIENT_ID',
    'GOOGLE_CLIENT_SECRET',
    'GOOGLE_ISSUER',
    'SESSION_TTL_HOURS',
    'EMBED_ANCESTORS',
    'DELETE_GUARD_COUNT',
    'TOMBSTONE_DAYS',
    'OPERATOR_TOKEN',
    'ALERT_WEBHOOK_URL',
  ];
  // A mark that no message of ours could hold by chance, in shapes that get past different checks.
  const marked = fc
    .tuple(
      fc.stringMatching(/^[g-z]{12}$/),
      fc.constantFrom(
        (m: string) => m,
        (m: string) => `https://${m}.test/${m}`,
        (m: string) => `http://${m}:99`,
        (m: string) => `${m}@${m}`,
        (m: string) => JSON.stringify({ [m]: m, type: m, client_email: m, token_uri: m }),
        (m: string) => aKeyFile({ token_uri: `https://${m}.test` }),
        (m: string) => m.repeat(12),
        (m: string) => `${m}-example-0123456789-0123456789`,
      ),
    )
    .map(([mark, shape]) => ({ mark, value: shape(mark) }));

  test('no problem repeats any part of a value', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), marked, (name, { mark, value }) => {
        const parsed = parseConfig(anEnv({ [name]: value }));
        expect(JSON.stringify(parsed.ok ? [] : parsed.problems)).not.toContain(mark);
      }),
      { numRuns: 500 },
    );
  });

  test('nor does one of two equal secrets', () => {
    const parsed = parseConfig(anEnv({ APP_SECRET_PREVIOUS: APP_SECRET }));
    expect(parsed.ok).toBe(false);
    expect(JSON.stringify(parsed)).not.toContain(APP_SECRET);
  });
});
