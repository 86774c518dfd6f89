// Access tokens, against a token endpoint that checks the assertion as Google does.
import { beforeEach, describe, expect, test } from 'vitest';
import { getUser } from '../../src/google/directory.ts';
import { GoogleApiError, isCredentialFailure } from '../../src/google/errors.ts';
import {
  createTokenSource,
  DIRECTORY_SCOPE,
  type ServiceAccountKey,
  type TokenSource,
} from '../../src/google/service-account.ts';
import { createGoogle, type Google } from '../google/google.ts';
import { ServiceAccounts } from '../google/service-accounts.ts';
import { env, START_MS } from './world.ts';

const AUDIENCE = 'https://oauth2.googleapis.com/token';
const ADMIN = 'admin@example.test';
const SECOND = 'it@example.test';

let google: Google;
let clock: { nowMs: number };
let key: ServiceAccountKey;

beforeEach(async () => {
  clock = { nowMs: START_MS };
  // A key id of its own for each test: the isolate's cache of tokens goes by it.
  const file = JSON.parse(String(env['GOOGLE_SERVICE_ACCOUNT_KEY']));
  const serviceAccountKey = JSON.stringify({ ...file, private_key_id: crypto.randomUUID() });
  google = await createGoogle({ nowMs: () => clock.nowMs, serviceAccountKey });
  key = keyOf(google);
});

function keyOf({ serviceAccountKey }: Google): ServiceAccountKey {
  const file = JSON.parse(serviceAccountKey);
  return {
    clientEmail: file.client_email,
    clientId: file.client_id,
    projectId: file.project_id,
    privateKeyId: file.private_key_id,
    privateKey: file.private_key,
    tokenUri: AUDIENCE,
  };
}

interface Options {
  key?: Partial<ServiceAccountKey>;
  admins?: string[];
  scopes?: string[];
}

function source(options: Options = {}): TokenSource {
  const { admins = [ADMIN], scopes = [DIRECTORY_SCOPE] } = options;
  return createTokenSource({
    key: { ...key, ...options.key },
    admins,
    scopes,
    fetch: (request) => google.fetch(request),
    nowMs: () => clock.nowMs,
  });
}

const exchanges = () => google.calls.filter(({ kind }) => kind === 'token').length;

async function refusalOf(work: Promise<unknown>): Promise<GoogleApiError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof GoogleApiError) return error;
  throw new Error('it was not refused');
}

const api = (tokens: TokenSource) => ({
  origin: 'https://admin.googleapis.com',
  tokens,
  fetch: (request: Request) => google.fetch(request),
  nowMs: () => clock.nowMs,
});

describe('an access token', () => {
  test('is given for a signed assertion that acts as the admin', async () => {
    const token = await source().accessToken();

    expect(token.subject).toBe(ADMIN);
    expect(google.tokens.find(token.value)).toMatchObject({
      clientEmail: key.clientEmail,
      subjectId: google.workspace.user(ADMIN).id,
      scopes: [DIRECTORY_SCOPE],
    });
  });

  test('is kept for the next event of the isolate, and refreshed five minutes before its end', async () => {
    const first = await source().accessToken();
    clock.nowMs += (3599 - 301) * 1000;
    expect(await source().accessToken()).toEqual(first);
    expect(exchanges()).toBe(1);

    clock.nowMs += 1_000;
    const second = await source().accessToken();

    expect(second.value).not.toBe(first.value);
    expect(exchanges()).toBe(2);
  });

  test('is not that of another key, admin or scope', async () => {
    google.accounts.delegate([DIRECTORY_SCOPE, `${DIRECTORY_SCOPE.replace('.readonly', '')}`]);
    const tokens = [
      await source().accessToken(),
      await source({ admins: [SECOND] }).accessToken(),
      await source({ scopes: [DIRECTORY_SCOPE.replace('.readonly', '')] }).accessToken(),
    ];
    key = keyOf({ ...google, serviceAccountKey: await google.accounts.rotateKey() });
    tokens.push(await source().accessToken());

    expect(new Set(tokens.map(({ value }) => value)).size).toBe(4);
  });

  test('is asked for once by looks that start together', async () => {
    const tokens = source();

    const all = await Promise.all(Array.from({ length: 6 }, () => tokens.accessToken()));

    expect(new Set(all.map(({ value }) => value)).size).toBe(1);
    expect(exchanges()).toBe(1);
  });

  test('is asked for again after a failure, which is not kept', async () => {
    const tokens = source();
    google.faults.failNext('token', '503');

    expect(await refusalOf(tokens.accessToken())).toMatchObject({ retryable: true });

    expect((await tokens.accessToken()).subject).toBe(ADMIN);
  });

  test('is believed by a clock that runs four minutes behind or ahead', async () => {
    for (const skewMs of [-240_000, 240_000]) {
      const skewed = createTokenSource({
        key: { ...key, privateKeyId: key.privateKeyId },
        admins: [ADMIN],
        scopes: [DIRECTORY_SCOPE],
        fetch: (request) => google.fetch(request),
        nowMs: () => clock.nowMs + skewMs,
      });
      const token = await skewed.accessToken();
      expect(google.tokens.find(token.value)).toBeDefined();
      skewed.forget(token);
    }
  });
});

describe('a refusal of the token endpoint has a name and a remedy', () => {
  const refusals: { code: string; when: string; make: () => Options | Promise<Options> }[] = [
    {
      code: 'token-signature',
      when: 'the key was deleted',
      make: () => {
        google.accounts.deleteKeys();
        return {};
      },
    },
    {
      code: 'token-signature',
      when: 'the key id is another',
      make: () => ({ key: { privateKeyId: 'other' } }),
    },
    {
      code: 'token-signature',
      when: 'the key is somebody else’s',
      make: async () => ({
        key: { privateKey: (await ServiceAccounts.strangerKey()).privateKeyPem },
      }),
    },
    {
      code: 'token-account-not-found',
      when: 'the service account is unknown',
      make: () => ({ key: { clientEmail: 'nobody@rollcall-test.iam.gserviceaccount.com' } }),
    },
    {
      code: 'token-issuer',
      when: 'the key is one of another kind',
      make: () => ({ key: { clientEmail: SECOND } }),
    },
    { code: 'token-scope', when: 'no scope is asked for', make: () => ({ scopes: [] }) },
    {
      code: 'token-delegation',
      when: 'delegation is missing',
      make: () => {
        google.accounts.removeDelegation();
        return {};
      },
    },
    {
      code: 'token-delegation',
      when: 'a scope is not granted',
      make: () => ({ scopes: [DIRECTORY_SCOPE, DIRECTORY_SCOPE.replace('.readonly', '')] }),
    },
    {
      code: 'token-missing',
      when: 'Google does not know a scope (200 without an access token)',
      make: () => ({ scopes: [DIRECTORY_SCOPE, 'https://www.googleapis.com/auth/of.tomorrow'] }),
    },
    {
      code: 'token-admin-unknown',
      when: 'nobody has the admin’s address',
      make: () => ({ admins: ['nobody@example.test'] }),
    },
    {
      code: 'token-admin-unknown',
      when: 'the admin is suspended',
      make: () => {
        google.workspace.suspend(ADMIN);
        return {};
      },
    },
    {
      code: 'token-admin-deleted',
      when: 'the admin was deleted',
      make: () => {
        google.workspace.remove(ADMIN);
        return {};
      },
    },
    {
      code: 'token-admin-malformed',
      when: 'the admin is long gone',
      make: () => {
        google.workspace.purge(google.workspace.remove(ADMIN).id);
        return {};
      },
    },
    {
      code: 'token-admin-malformed',
      when: 'the admin’s address is none',
      make: () => ({ admins: ['not an address'] }),
    },
    {
      code: 'token-client-disabled',
      when: 'the service account is disabled',
      make: () => {
        google.accounts.disable();
        return {};
      },
    },
    {
      code: 'token-client-deleted',
      when: 'the service account was deleted',
      make: () => {
        google.accounts.remove();
        return {};
      },
    },
    {
      code: 'token-access-denied',
      when: 'an admin blocks the app',
      make: () => {
        google.accounts.block();
        return {};
      },
    },
  ];

  test.each(refusals)('$code where $when', async ({ code, make }) => {
    const options = await make();
    const refusal = await refusalOf(source(options).accessToken());

    expect(refusal).toMatchObject({ code, retryable: false });
    expect(refusal.remedy).toMatch(/^[A-Z].{20,}\.$/s);
    expect(isCredentialFailure(refusal)).toBe(true);
  });

  test('token-lifetime where our clock is two hours behind', async () => {
    const late = createTokenSource({
      key,
      admins: [ADMIN],
      scopes: [DIRECTORY_SCOPE],
      fetch: (request) => google.fetch(request),
      nowMs: () => clock.nowMs - 2 * 3_600_000,
    });

    expect(await refusalOf(late.accessToken())).toMatchObject({ code: 'token-lifetime' });
  });

  test('token-audience where the key file names another token endpoint', async () => {
    // Google's own path, reached at a host whose name is not an audience it knows.
    const tokenUri = 'https://token.example.com/token';

    expect(await refusalOf(source({ key: { tokenUri } }).accessToken())).toMatchObject({
      code: 'token-audience',
    });
  });

  test.each(['429', '500', '503', '502 html'] as const)(
    'token-temporary where the endpoint stumbles: %s',
    async (fault) => {
      google.faults.failNext('token', fault, 1, { retryAfterSeconds: 40 });

      expect(await refusalOf(source().accessToken())).toMatchObject({
        code: 'token-temporary',
        retryable: true,
        retryAfterSeconds: 40,
      });
    },
  );

  test('network where the connection breaks, which is repeated', async () => {
    google.faults.failNext('token', 'dropped connection');

    expect(await refusalOf(source().accessToken())).toMatchObject({
      code: 'network',
      status: 0,
      retryable: true,
    });
  });

  test.each(['empty body', 'empty 200'] as const)(
    'token-missing where a 200 holds nothing: %s',
    async (fault) => {
      google.faults.failNext('token', fault);

      expect(await refusalOf(source().accessToken())).toMatchObject({ code: 'token-missing' });
    },
  );
});

describe('several admins', () => {
  const admins = [ADMIN, SECOND];
  const leavings = [
    { how: 'is suspended', leave: () => void google.workspace.suspend(ADMIN) },
    { how: 'was deleted', leave: () => void google.workspace.remove(ADMIN) },
    {
      how: 'is long gone',
      leave: () => google.workspace.purge(google.workspace.remove(ADMIN).id),
    },
  ];

  test('the first is used while it can be', async () => {
    expect((await source({ admins }).accessToken()).subject).toBe(ADMIN);
  });

  test.each(leavings)('the next is used when the first $how', async ({ leave }) => {
    leave();

    const token = await source({ admins }).accessToken();

    expect(token.subject).toBe(SECOND);
    expect(google.tokens.find(token.value)?.subjectId).toBe(google.workspace.user(SECOND).id);
  });

  test.each(leavings)(
    'the next is used when the first $how after its token was given',
    async ({ leave }) => {
      const someone = google.workspace.user('noor@example.test').id;
      const before = api(source({ admins }));
      await getUser(before, someone);
      leave();
      // The token lives on for an hour, and Google refuses every call that is made with it.
      clock.nowMs += 120_000;

      const user = await getUser(api(source({ admins })), someone);

      expect(user?.id).toBe(someone);
    },
  );

  test('the refused one is not asked about at every call, and is found again when it is back', async () => {
    google.workspace.suspend(ADMIN);
    await source({ admins }).accessToken();
    await source({ admins }).accessToken();
    expect(exchanges()).toBe(2);

    google.workspace.unsuspend(ADMIN);
    clock.nowMs += 5 * 60_000;

    expect((await source({ admins }).accessToken()).subject).toBe(ADMIN);
  });

  test('the error is that of the first where all are refused', async () => {
    google.workspace.remove(ADMIN);
    google.workspace.suspend(SECOND);

    expect(await refusalOf(source({ admins }).accessToken())).toMatchObject({
      code: 'token-admin-deleted',
    });
  });

  test('all are asked again where all were refused a moment ago', async () => {
    google.workspace.suspend(ADMIN);
    google.workspace.suspend(SECOND);
    await refusalOf(source({ admins }).accessToken());
    google.workspace.unsuspend(SECOND);

    expect((await source({ admins }).accessToken()).subject).toBe(SECOND);
  });

  test('a refusal that says nothing of the admin does not try the next', async () => {
    google.accounts.removeDelegation();

    expect(await refusalOf(source({ admins }).accessToken())).toMatchObject({
      code: 'token-delegation',
    });
    expect(exchanges()).toBe(1);
  });

  test('one that is named is used alone', async () => {
    google.workspace.suspend(ADMIN);

    expect(await refusalOf(source({ admins }).accessToken(ADMIN))).toMatchObject({
      code: 'token-admin-unknown',
    });
    expect((await source({ admins }).accessToken(SECOND)).subject).toBe(SECOND);
  });
});

describe('a token that the API refuses', () => {
  test('in the middle of six looks is replaced once, and every look is answered', async () => {
    const tokens = source();
    await tokens.accessToken();
    google.tokens.revokeAll();
    const ids = google.workspace.users.slice(0, 6).map(({ id }) => id);

    const users = await Promise.all(ids.map((id) => getUser(api(tokens), id)));

    expect(users.map((user) => user?.id)).toEqual(ids);
    expect(exchanges()).toBe(2);
  });

  test('twice in a row is a broken credential, after one repeat', async () => {
    google.faults.deadTokens = true;
    const { id } = google.workspace.user(ADMIN);

    const refusal = await refusalOf(getUser(api(source()), id));

    expect(refusal).toMatchObject({ code: 'authError', status: 401, retryable: false });
    expect(isCredentialFailure(refusal)).toBe(true);
    expect(google.calls.map(({ kind }) => kind)).toEqual(['token', 'get', 'token', 'get']);
  });
});

describe("one person's 403", () => {
  test('is asked again with a new token only where the old one is no longer fresh', async () => {
    const tokens = source();
    const { id } = google.workspace.user(ADMIN);
    const kinds = async () => {
      google.calls.length = 0;
      await refusalOf(getUser(api(tokens), id));
      return google.calls.map(({ kind }) => kind);
    };
    await tokens.accessToken();
    google.faults.failNext('get', '403 forbidden', Number.POSITIVE_INFINITY);

    expect(await kinds()).toEqual(['get']);
    clock.nowMs += 61_000;
    expect(await kinds()).toEqual(['get', 'token', 'get']);
    expect(await kinds()).toEqual(['get']);
  });
});

test.each([
  ['cut off', (pem: string) => pem.replace(/\n[A-Za-z0-9+/]{64}\n/, '\n')],
  ['of no bytes', () => '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
])(
  'security 7: a private key that is %s is named, and nothing of it is repeated',
  async (_, damage) => {
    const privateKey = damage(key.privateKey);
    const refusal = await refusalOf(source({ key: { privateKey } }).accessToken());
    expect(refusal).toMatchObject({ code: 'token-key', retryable: false });
    expect(isCredentialFailure(refusal)).toBe(true);
    expect(refusal.cause).toBeUndefined();
    expect(exchanges()).toBe(0);
  },
);
