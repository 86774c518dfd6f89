// The switches with which the fake misbehaves: each one does what its description says, and all of
// them can be set from text, as the Admin console does.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { API_FAULTS, FAULT_SWITCHES } from '../google/fault-switches.ts';
import { createGoogle, type Google } from '../google/google.ts';
import {
  accessToken,
  type CallOptions,
  callApi,
  JWT_BEARER,
  requestToken,
  signAssertion,
} from '../google/signed-caller.ts';

const START_MS = Date.UTC(2026, 9, 1, 12);
let google: Google;
let nowMs = START_MS;
let chance = 0;
let pristine: unknown;
let token: string;
let heard: { state: string; id: string; number: number }[] = [];

beforeAll(async () => {
  google = await createGoogle({
    nowMs: () => nowMs,
    random: () => chance,
    deliver: async (request) => {
      const text = await request.text();
      heard.push({
        state: request.headers.get('x-goog-resource-state') ?? '',
        number: Number(request.headers.get('x-goog-message-number')),
        id: text === '' ? '' : JSON.parse(text).id,
      });
      return new Response(null, { status: 204 });
    },
  });
  token = await accessToken(google, nowMs);
  pristine = google.snapshot();
});
beforeEach(() => {
  nowMs = START_MS;
  chance = 0.5;
  google.restore(pristine);
  heard = [];
});

const call = (path: string, options: CallOptions = {}) =>
  callApi(google, path, { token, ...options });
const ALL = '/users?customer=my_customer';
const get = (key: string) => call(`/users/${key}`);
const watch = (id: string = crypto.randomUUID()) =>
  call('/users/watch?customer=my_customer', {
    method: 'POST',
    body: { id, type: 'web_hook', address: 'https://receiver.test/' },
  });
const newcomer = { primaryEmail: 'new@example.test', givenName: 'New', familyName: 'Comer' };

describe('what people look like', () => {
  test('newUserDelayMs hides a new person from get and list, but nobody else', async () => {
    google.faults.newUserDelayMs = 5000;
    const { id } = google.workspace.add(newcomer);
    const early = [(await get(id)).status, (await call(ALL)).body.users.length];
    nowMs += 5000;
    const late = [(await get(id)).status, (await call(ALL)).body.users.length];

    expect([early, late]).toEqual([
      [404, 25],
      [200, 26],
    ]);
  });

  test('conditionNotMetMs answers 412 for a new person', async () => {
    google.faults.conditionNotMetMs = 5000;
    const { id } = google.workspace.add(newcomer);
    const early = await get(id);
    nowMs += 5000;

    expect([early.status, early.body.error.errors[0].reason]).toEqual([412, 'conditionNotMet']);
    expect((await get(id)).status).toBe(200);
  });

  test('getLagMs answers what was true then: before an add, a rename, a delete', async () => {
    google.faults.getLagMs = 10_000;
    const { id } = google.workspace.add(newcomer);
    google.workspace.rename('sunny@example.test', 'sun@example.test');
    const { id: noor } = google.workspace.remove('noor@example.test');
    const early = [await get(id), await get('sunny@example.test'), await get(noor)];
    const missing = await get('sun@example.test');
    nowMs += 10_000;
    const late = [await get(id), await get('sun@example.test'), await get(noor)];

    expect(early.map((answer) => answer.status)).toEqual([404, 200, 200]);
    expect(early[1]?.body.primaryEmail).toBe('sunny@example.test');
    expect(missing.body.primaryEmail).toBe('sunny@example.test');
    expect(late.map((answer) => answer.status)).toEqual([200, 200, 404]);
    expect(late[1]?.body.primaryEmail).toBe('sun@example.test');
  });

  test('listLagMs leaves get alone', async () => {
    google.faults.listLagMs = 10_000;
    const { id } = google.workspace.suspend('sunny@example.test');
    const shown = (await call(ALL)).body.users.find((one: { id: string }) => one.id === id);

    expect(shown.suspended).toBe(false);
    expect((await get(id)).body.suspended).toBe(true);
  });

  test('silentAliasChanges keeps the loss of an alias quiet', async () => {
    await watch();
    google.faults.silentAliasChanges = true;
    google.workspace.removeAlias('noor@example.test', 'noor.alhaddad@example.test');
    await google.flush();

    expect(heard.map((one) => one.state)).toEqual(['sync']);
  });
});

describe('lists', () => {
  test('listWithoutUsers answers 200 without the key', async () => {
    google.faults.listWithoutUsers = true;
    const { status, body } = await call(ALL);

    expect([status, body.kind]).toEqual([200, 'admin#directory#users']);
    expect(body).not.toHaveProperty('users');
  });

  test('listCutAfterPages breaks off with 503', async () => {
    google.faults.listCutAfterPages = 2;
    const statuses: number[] = [];
    let next = '';
    for (let page = 0; page < 3; page++) {
      const { status, body } = await call(`${ALL}&maxResults=5${next}`);
      statuses.push(status);
      next = `&pageToken=${body.nextPageToken}`;
    }

    expect(statuses).toEqual([200, 200, 503]);
  });

  test('listLeavesOut answers half a list as if it were whole, whatever its order', async () => {
    const listed = async (query = '') => {
      const emails: string[] = [];
      let next = '';
      do {
        const { body } = await call(`${ALL}&maxResults=5${query}${next}`);
        emails.push(...body.users.map((one: { primaryEmail: string }) => one.primaryEmail));
        next = body.nextPageToken ? `&pageToken=${body.nextPageToken}` : '';
      } while (next !== '');
      return emails.toSorted();
    };
    const whole = await listed();
    google.faults.listLeavesOut = 12;
    const half = await listed();

    expect(half).toEqual(whole.slice(0, whole.length - 12));
    expect(await listed('&orderBy=familyName&sortOrder=descending')).toEqual(half);
    expect((await get(whole.at(-1) ?? '')).status).toBe(200);
    google.faults.listLeavesOut = 1_000;
    expect((await call(ALL)).body).not.toHaveProperty('users');
  });

  test('duplicatePageItems repeats the last person of the page before', async () => {
    google.faults.duplicatePageItems = true;
    const first = (await call(`${ALL}&maxResults=5`)).body;
    const second = (await call(`${ALL}&maxResults=5&pageToken=${first.nextPageToken}`)).body;

    expect(first.users).toHaveLength(5);
    expect(second.users).toHaveLength(6);
    expect(second.users[0].id).toBe(first.users[4].id);
  });
});

describe('pushes', () => {
  const change = async (work = () => void google.workspace.suspend('sunny@example.test')) => {
    await google.flush();
    heard = [];
    work();
    await google.flush();
    return heard.map((one) => one.state);
  };

  test.each([
    ['below the rate', 0.29, []],
    ['above it', 0.31, ['update']],
  ])('dropPushes loses a message when chance is %s', async (_, value, expected) => {
    await watch();
    google.faults.dropPushes = 0.3;
    chance = value;

    expect(await change()).toEqual(expected);
  });

  test('duplicatePushes sends a message twice, with the same number', async () => {
    await watch();
    google.faults.duplicatePushes = 1;

    expect(await change()).toEqual(['update', 'update']);
    expect(heard[0]?.number).toBe(heard[1]?.number);
  });

  test('reorderPushes lets later messages overtake', async () => {
    await watch();
    google.faults.reorderPushes = 1;
    let turn = 0;
    const order = async () => {
      await change(() => {
        for (const value of [0.9, 0.1]) {
          chance = value;
          google.workspace.suspend(turn++ % 2 ? 'noor@example.test' : 'sunny@example.test');
        }
      });
      return heard.map((one) => google.workspace.user(one.id).primaryEmail);
    };

    expect(await order()).toEqual(['noor@example.test', 'sunny@example.test']);
  });

  test('pushDelayMs holds a message back', async () => {
    await watch();
    google.faults.pushDelayMs = 1000;
    const early = await change();
    nowMs += 1000;
    await google.flush();

    expect([early, heard.map((one) => one.state)]).toEqual([[], ['update']]);
  });

  test('deliverAfterStop lets a stopped channel talk until it expires', async () => {
    google.faults.deliverAfterStop = true;
    const { body } = await watch();
    await call('/admin/directory_v1/channels/stop', { method: 'POST', body });
    const stopped = await change();
    nowMs = Number(body.expiration);

    expect([stopped, await change()]).toEqual([['update'], []]);
  });

  test('updateNoise brings one more update, which changed no tracked field', async () => {
    await watch();
    google.faults.updateNoise = 1;

    expect(await change(() => void google.workspace.remove('sunny@example.test'))).toEqual([
      'delete',
      'update',
    ]);
  });

  test('syncBeforeAnswer has delivered the sync message when the watch is answered', async () => {
    google.faults.syncBeforeAnswer = true;
    await watch();

    expect(heard.map((one) => one.state)).toEqual(['sync']);
  });

  test('dropSync opens channels that never say hello', async () => {
    google.faults.dropSync = true;
    await watch();

    expect(await change()).toEqual(['update']);
  });
});

describe('calls that fail', () => {
  const expected: Record<string, [number, string]> = {
    '403 userRateLimitExceeded': [403, 'userRateLimitExceeded'],
    '403 quotaExceeded': [403, 'quotaExceeded'],
    '403 forbidden': [403, 'forbidden'],
    '429': [429, 'rateLimitExceeded'],
    '500': [500, 'internalError'],
    '503': [503, 'backendError'],
    '502 html': [502, 'html'],
    '404 html': [404, 'html'],
    'empty body': [200, ''],
    'empty 200': [200, '{}'],
  };
  test.each(API_FAULTS.filter((fault) => fault in expected))('%s', async (fault) => {
    google.faults.failNext('list', fault, 1, { retryAfterSeconds: 7 });
    const answer = await call(ALL);
    const isHtml = answer.headers.get('content-type')?.includes('text/html');
    const sign = isHtml ? 'html' : (answer.body.error?.errors[0].reason ?? answer.text);

    expect([answer.status, sign]).toEqual(expected[fault]);
    expect(answer.headers.get('retry-after')).toBe('7');
    expect((await call(ALL)).status).toBe(200);
  });

  test('fail as often as planned, and only in their kind', async () => {
    google.faults.failNext('get', '503', 2);
    const statuses = [(await call(ALL)).status];
    for (let i = 0; i < 3; i++) statuses.push((await get('noor@example.test')).status);

    expect(statuses).toEqual([200, 503, 503, 200]);
    expect(google.calls.slice(-4).map((one) => [one.kind, one.status])).toEqual([
      ['list', 200],
      ['get', 503],
      ['get', 503],
      ['get', 200],
    ]);
  });

  test('fail at the rate that is set, until all is switched off', async () => {
    google.faults.setFromText('failRate', '0.4');
    google.faults.setFromText('failFault', '429');
    chance = 0.39;
    const unlucky = await call(ALL);
    chance = 0.41;
    const lucky = await call(ALL);
    chance = 0;
    google.faults.reset();

    expect([unlucky.status, lucky.status, (await call(ALL)).status]).toEqual([429, 200, 200]);
  });

  test('at the token endpoint fail in its own shape', async () => {
    google.faults.failNext('token', '500');
    const assertion = await signAssertion(google, nowMs);
    const answer = await requestToken(google, { grant_type: JWT_BEARER, assertion });

    expect([answer.status, answer.body]).toEqual([
      500,
      { error: 'internal_failure', error_description: 'Backend Error' },
    ]);
  });

  test('a dropped connection rejects like fetch does', async () => {
    google.faults.failNext('any', 'dropped connection');

    await expect(call(ALL)).rejects.toThrow(TypeError);
    expect(google.calls.at(-1)).toMatchObject({ kind: 'list', status: 0 });
    expect((await call(ALL)).status).toBe(200);
  });

  test('a slow call ends with the reason of the caller who gives up', async () => {
    google.faults.failNext('get', 'slow');
    const abort = new AbortController();
    const answer = call('/users/noor@example.test', { signal: abort.signal });
    const reason = new Error('too slow for me');
    abort.abort(reason);

    await expect(answer).rejects.toBe(reason);
  });

  test('a slow call is answered in the end', async () => {
    google.faults.failNext('get', 'slow');
    google.faults.slowMs = 1;

    expect((await get('noor@example.test')).status).toBe(200);
  });
});

describe('the table of switches', () => {
  test('names every switch once, with a label and a description', () => {
    const keys = FAULT_SWITCHES.map((one) => one.key);

    expect(keys.toSorted()).toEqual(Object.keys(google.faults.snapshot()).toSorted());
    expect(new Set(keys).size).toBe(keys.length);
    for (const one of FAULT_SWITCHES) expect(one.description).toMatch(/\.$/);
  });

  test('sets every switch from text, and reset turns all of them off', () => {
    for (const { key, kind, choices } of FAULT_SWITCHES) {
      const text = kind === 'boolean' ? 'on' : kind === 'number' ? '0.5' : (choices?.[1] ?? '');
      expect(google.faults.setFromText(key, text)).toBe(true);
      expect(google.faults.isOff(key)).toBe(false);
    }
    google.faults.reset();

    expect(FAULT_SWITCHES.filter(({ key }) => !google.faults.isOff(key))).toEqual([]);
  });

  test.each([
    ['an unknown switch', 'nothing', '1'],
    ['a rate above 1', 'dropPushes', '1.5'],
    ['a number below 0', 'getLagMs', '-1'],
    ['no number', 'getLagMs', 'soon'],
    ['an unknown choice', 'failFault', '418'],
  ])('refuses %s', (_, key, text) => {
    expect(google.faults.setFromText(key, text)).toBe(false);
  });
});
