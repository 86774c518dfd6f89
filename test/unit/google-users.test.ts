// users.list and users.get of the fake: paging, order, projection, masks, addresses, errors.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGoogle, type Google } from '../google/google.ts';
import { USER_SCOPE } from '../google/service-accounts.ts';
import { accessToken, type CallOptions, callApi } from '../google/signed-caller.ts';

const START_MS = Date.UTC(2026, 9, 1, 12);
let google: Google;
let nowMs = START_MS;
let pristine: unknown;
let token: string;

beforeAll(async () => {
  google = await createGoogle({ nowMs: () => nowMs });
  token = await accessToken(google, nowMs);
  pristine = google.snapshot();
});
beforeEach(() => {
  nowMs = START_MS;
  google.restore(pristine);
});

const call = (path: string, options: CallOptions = {}) =>
  callApi(google, path, { token, ...options });
const ALL = '/users?customer=my_customer';

interface Listed {
  id: string;
  primaryEmail: string;
}

async function listAll(query: string): Promise<Listed[][]> {
  const pages: Listed[][] = [];
  for (let next = ''; ; ) {
    const { body } = await call(`${ALL}&${query}${next}`);
    pages.push(body.users ?? []);
    if (body.nextPageToken === undefined) return pages;
    next = `&pageToken=${encodeURIComponent(body.nextPageToken)}`;
  }
}

describe('a list', () => {
  test('has 100 people on a page unless asked otherwise, and never more than 500', async () => {
    google.workspace.addMany(700);
    const sizes = async (query: string) => (await listAll(query)).map((page) => page.length);

    expect(await sizes('')).toEqual([100, 100, 100, 100, 100, 100, 100, 25]);
    expect(await sizes('maxResults=1000')).toEqual([500, 225]);
  });

  test('shows everybody once, by address, ignoring case', async () => {
    google.workspace.add({ primaryEmail: 'ANA.aaa@example.test', givenName: 'A', familyName: 'B' });
    const seen = (await listAll('maxResults=10')).flat().map((one) => one.primaryEmail);

    expect(seen).toHaveLength(26);
    expect(seen.slice(0, 3)).toEqual([
      'admin@example.test',
      'ANA.aaa@example.test',
      'ana.moreira@example.test',
    ]);
    expect(seen).toEqual(seen.toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
  });

  test('has no nextPageToken when the last page is exactly full', async () => {
    expect((await listAll('maxResults=5')).map((page) => page.length)).toEqual([5, 5, 5, 5, 5]);
  });

  test('can be ordered by family name, downwards', async () => {
    const { body } = await call(`${ALL}&orderBy=familyName&sortOrder=DESCENDING`);
    const names = body.users.map((user: { name: { familyName: string } }) => user.name.familyName);

    expect(names).toEqual(
      names.toSorted((a: string, b: string) => (a.toLowerCase() < b.toLowerCase() ? 1 : -1)),
    );
  });

  test('shows only the deleted with showDeleted, for 20 days', async () => {
    const { id } = google.workspace.remove('sunny@example.test');
    const deleted = await call(`${ALL}&showDeleted=true`);
    const living = await listAll('');
    nowMs += 20 * 24 * 60 * 60 * 1000 + 1;
    const late = await callApi(google, `${ALL}&showDeleted=true`, {
      token: await accessToken(google, nowMs),
    });

    expect(deleted.body.users).toEqual([
      {
        kind: 'admin#directory#user',
        id,
        etag: expect.stringMatching(/^".+"$/),
        primaryEmail: 'sunny@example.test',
        deletionTime: '2026-10-01T12:00:00.000Z',
      },
    ]);
    expect(living.flat().map((one) => one.id)).not.toContain(id);
    expect(late.body).not.toHaveProperty('users');
  });

  test('can be of one domain', async () => {
    const { body } = await call('/users?domain=example-studio.test');

    expect(body.users.map((user: Listed) => user.primaryEmail)).toEqual([
      'frida@example-studio.test',
      'ravi@example-studio.test',
    ]);
  });

  test('can be cut to the fields asked for', async () => {
    const fields = 'nextPageToken,users(id,name/givenName)';
    const { body } = await call(`${ALL}&maxResults=1&fields=${fields}`);

    expect(body).toEqual({
      nextPageToken: expect.any(String),
      users: [{ id: google.workspace.user('admin@example.test').id, name: { givenName: 'Robin' } }],
    });
  });

  test.each([
    ['basic', '', undefined],
    ['full', '&projection=full', ['Roles', 'User_Level']],
    ['custom', '&projection=custom&customFieldMask=Roles,PM_Teams', ['Roles']],
  ])('shows custom schemas as the projection %s says', async (_, query, schemas) => {
    const { body } = await call(`/users/ayse.yildiz@example.test?x=1${query}`);

    expect(body.customSchemas && Object.keys(body.customSchemas)).toEqual(schemas);
  });
});

describe('a list is refused', () => {
  const cases: [string, string, number, string, RegExp][] = [
    ['without customer and domain', '/users', 400, 'badRequest', /Bad Request/],
    [
      'when customer is a domain name',
      '/users?customer=example.test',
      400,
      'badRequest',
      /Bad Request/,
    ],
    ['when customer is no id', '/users?customer=some-thing', 400, 'invalid', /Invalid Customer Id/],
    ['for another customer', '/users?customer=C0other', 403, 'forbidden', /Not Authorized/],
    [
      "for somebody else's domain",
      '/users?domain=other-company.test',
      403,
      'forbidden',
      /Not Auth/,
    ],
    [
      'for a domain that is none',
      '/users?domain=nowhere.test',
      404,
      'notFound',
      /Domain not found/,
    ],
    ['with a page token of another list', `${ALL}&pageToken=WyJ4Il0`, 400, 'invalid', /pageToken/],
    [
      'with a field that does not exist',
      `${ALL}&fields=users(nmae)`,
      400,
      'invalidParameter',
      /nmae/,
    ],
    ['with a mask that is none', `${ALL}&fields=users(`, 400, 'invalidParameter', /Invalid field/],
    [
      'with projection custom but no mask',
      `${ALL}&projection=custom`,
      400,
      'invalid',
      /customFieldMask/,
    ],
    [
      'with a filter, which the fake has none of',
      `${ALL}&query=isAdmin%3Dtrue`,
      400,
      'invalid',
      /query/,
    ],
    ['with maxResults 0', `${ALL}&maxResults=0`, 400, 'invalid', /maxResults/],
  ];
  test.each(cases)('%s', async (_, path, status, reason, message) => {
    const { status: got, body } = await call(path);

    expect(got).toBe(status);
    expect(body.error.errors).toMatchObject([{ reason, message: expect.stringMatching(message) }]);
    expect(body.error).toMatchObject({ code: status, message: body.error.errors[0].message });
  });

  test('without a token, with details', async () => {
    const { status, body } = await call(ALL, { token: null });

    expect([status, body.error.status]).toEqual([401, 'UNAUTHENTICATED']);
    expect(body.error.details[0].reason).toBe('CREDENTIALS_MISSING');
  });

  test('with an invented token, without details', async () => {
    const { status, body } = await call(ALL, { token: 'ya29.invented' });

    expect([status, body.error.errors[0].reason]).toEqual([401, 'authError']);
    expect(body.error).not.toHaveProperty('details');
  });

  test('with the API switched off, and says where to switch it on', async () => {
    google.accounts.disableApi();
    const { status, body } = await call(ALL);

    expect([status, body.error.errors[0].reason]).toEqual([403, 'accessNotConfigured']);
    expect(body.error.errors[0].domain).toBe('usageLimits');
    expect(body.error.details[0].reason).toBe('SERVICE_DISABLED');
  });

  test('with API access switched off for the domain', async () => {
    google.accounts.domainAllowsApis = false;

    expect((await call(ALL)).body.error.errors[0].reason).toBe('domainCannotUseApis');
  });

  test.each(['POST /users/x/signOut', 'GET /nothing', 'PUT /users', 'DELETE /users'])(
    'with an HTML page for %s',
    async (line) => {
      const [method = '', path = ''] = line.split(' ');
      const answer = await call(path, { method });

      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-type')).toContain('text/html');
      expect(answer.text).toContain('was not found on this server');
    },
  );
});

describe('a get', () => {
  test('answers 304 while nothing has changed, and 200 after any change', async () => {
    const first = await call('/users/sunny@example.test');
    const { etag } = first.body;
    const headers = { 'if-none-match': etag };
    const same = await call('/users/sunny@example.test', { headers });
    google.workspace.update('sunny@example.test', { orgUnitPath: '/Design/Motion' });
    const changed = await call('/users/sunny@example.test', { headers });

    expect(etag).toMatch(/^"[^"]+"$/);
    expect(first.headers.get('etag')).toBe(etag);
    expect([same.status, same.text]).toEqual([304, '']);
    expect(changed.status).toBe(200);
    expect(changed.body.etag).not.toBe(etag);
  });

  test('has no key for what is unset or empty, and 64-bit numbers as text', async () => {
    google.workspace.update('ext.new@example.test', { phones: [], relations: [] });
    const { body } = await call('/users/ext.new@example.test?projection=full');
    const { body: ana } = await call('/users/ana.moreira@example.test?projection=full');

    for (const key of [
      'aliases',
      'phones',
      'relations',
      'customSchemas',
      'thumbnailPhotoUrl',
      'deletionTime',
    ]) {
      expect(body).not.toHaveProperty(key);
    }
    expect(ana.customSchemas.User_Level.Grade).toBe('6');
  });

  test('follows a renamed person, until somebody else takes the address', async () => {
    const { id } = google.workspace.rename('sunny@example.test', 'sun@example.test');
    const old = await call('/users/sunny@example.test');
    const taker = google.workspace.add({ primaryEmail: 'sunny@example.test', givenName: 'Other' });
    const taken = await call('/users/sunny@example.test');

    expect([old.body.id, old.body.primaryEmail]).toEqual([id, 'sun@example.test']);
    expect(taken.body.id).toBe(taker.id);
    expect(google.workspace.user(id).aliases).toEqual(['sunny.vale@example.test']);
  });

  test('tells two people apart who have swapped addresses', async () => {
    const [a, b] = ['noor@example.test', 'sione@example.test'];
    const ids = [a, b].map((address) => google.workspace.user(address).id);
    google.workspace.swapAddresses(a, b);

    expect([(await call(`/users/${b}`)).body.id, (await call(`/users/${a}`)).body.id]).toEqual(ids);
    expect((await call('/users/noor.alhaddad@example.test')).body.id).toBe(ids[0]);
  });

  test('finds no deleted person; undelete brings the id back, a new person gets another', async () => {
    const { id } = google.workspace.remove('sunny@example.test');
    const gone = await call(`/users/${id}`);
    const other = google.workspace.add({ primaryEmail: 'sunny@example.test', givenName: 'New' });

    expect(gone.status).toBe(404);
    expect(other.id).not.toBe(id);
    expect(other.id).toMatch(/^\d{21}$/);
    expect(() => google.workspace.undelete(id)).toThrow('already exists');

    google.workspace.remove(other.id);
    google.workspace.undelete(id);

    expect((await call(`/users/${id}`)).body.primaryEmail).toBe('sunny@example.test');
  });

  test('shows odd values that a test lays over a person', async () => {
    google.workspace.raw('sunny@example.test', { name: undefined, suspended: 'yes', extra: [1] });
    const { body } = await call('/users/sunny@example.test');

    expect(body).toMatchObject({ suspended: 'yes', extra: [1] });
    expect(body).not.toHaveProperty('name');
  });

  test('lets somebody who is no admin see only the public view', async () => {
    const ana = await accessToken(google, nowMs, { sub: 'ana.moreira@example.test' });
    const admin = await call('/users/noor@example.test', { token: ana });
    const open = await call('/users/noor@example.test?viewType=domain_public', { token: ana });

    expect([admin.status, open.status]).toEqual([403, 200]);
    expect(open.body).not.toHaveProperty('isAdmin');
  });
});

describe('a write', () => {
  test('ignores output-only fields and keeps 64-bit numbers as text', async () => {
    google.accounts.delegate([USER_SCOPE]);
    const writer = await accessToken(google, nowMs, { scope: USER_SCOPE });
    const body = { isAdmin: true, id: '1', customSchemas: { User_Level: { Grade: 4 } } };
    const answer = await call('/users/sunny@example.test', {
      method: 'PATCH',
      token: writer,
      body,
    });

    expect(answer.body).toMatchObject({
      isAdmin: false,
      customSchemas: { User_Level: { Grade: '4' } },
    });
    expect(answer.body.id).not.toBe('1');
    // A patch merges: the fields it doesn't name stay.
    expect(answer.body.customSchemas.User_Level.Junior).toBe(true);
  });

  test('is refused with 409 for an address in use', async () => {
    google.accounts.delegate([USER_SCOPE]);
    const writer = await accessToken(google, nowMs, { scope: USER_SCOPE });
    const name = { givenName: 'A', familyName: 'B' };
    const body = { primaryEmail: 'helpdesk@example.test', name, password: 'x' };
    const answer = await call('/users', { method: 'POST', token: writer, body });

    expect([answer.status, answer.body.error.errors[0].reason]).toEqual([409, 'duplicate']);
  });
});

test('a snapshot holds people, keys, tokens, channels and what is on its way', async () => {
  const body = { id: 'kept', type: 'web_hook', address: 'https://receiver.test/' };
  await call('/users/watch?customer=my_customer', { method: 'POST', body });
  google.workspace.suspend('sunny@example.test');
  const delivered: string[] = [];
  const copy = await createGoogle({
    nowMs: () => nowMs,
    snapshot: JSON.parse(JSON.stringify(google.snapshot())),
    deliver: async (request) => {
      delivered.push(request.headers.get('x-goog-resource-state') ?? '');
      return new Response();
    },
  });
  await copy.flush();

  expect((await callApi(copy, ALL, { token })).status).toBe(200);
  expect(copy.serviceAccountKey).toBe(google.serviceAccountKey);
  expect(copy.workspace.user('sunny@example.test').suspended).toBe(true);
  expect(copy.workspace.channels.map((channel) => channel.id)).toEqual(['kept']);
  expect(delivered).toEqual(['sync', 'update']);
});
