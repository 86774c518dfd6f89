// Held removals in the console: who waits is shown with their names, and one word decides about the list that was shown.
import { beforeEach, describe, expect, test } from 'vitest';
import { readHeldRemovals } from '../../src/sync/held-removals.ts';
import { eightWait, say } from './operator.ts';
import {
  actionRows,
  actionsTaken,
  anotherDirectory,
  aPerson,
  everything,
  expectGuarded,
  type Fields,
  hold,
  type OperatorWorld,
  OTHER_ADMIN,
  OURS,
  operated,
  operatorWorld,
  post,
  windowAt,
  windowOf,
} from './operators.ts';
import { census, DAY, heldIds, heldRows, passAndSettle } from './removals.ts';
import { ADMIN, listenToLog } from './signed-in.ts';
import { APP, type Visitor } from './visitor.ts';

const PAGE = '/console/held-removals';
const CHANGED = 'the list has changed since you looked at it';

let world: OperatorWorld;
let ids: string[];
let admin: Visitor;
beforeEach(async () => {
  listenToLog();
  const held = await eightWait();
  world = operated(held.world);
  ids = held.ids;
  admin = await windowAt(world, ADMIN);
});

/** Whom it was about is written down too. */
/** About how many, and about whom. */
const ALL_EIGHT = /^\{"people":8,"userIds":\["\d+"(,"\d+"){7}\]\}$/;

const pageOf = async (visitor: Visitor, path = PAGE) => (await visitor.ask(path)).text();

/** The name of the list that a page shows. */
const hashIn = (text: string) => /name="hash" value="([^"]*)"/.exec(text)?.[1] ?? '';

const approve = (visitor: Visitor, hash: string, more: Fields = { looked: 'yes' }) =>
  post(visitor, `${PAGE}/approve`, { hash, ...more });
const reject = (visitor: Visitor, hash: string) => post(visitor, `${PAGE}/reject`, { hash });

/** 409 with the list as it is now, and nothing decided. */
async function expectChanged(response: Response, waiting: number): Promise<string> {
  expect(response.status).toBe(409);
  expectGuarded(response);
  const text = await response.text();
  expect(text).toContain(CHANGED);
  expect(text).toContain('role="alert"');
  expect(text).toContain(waiting === 0 ? 'Nobody waits' : `Remove these ${waiting}<`);
  return text;
}

const undecided = async () =>
  (await heldRows()).every(
    (row) => row.approved_until_ms === null && row.rejected_until_ms === null,
  );

test('who waits is shown with name, address and why, on both pages, under one name of the list', async () => {
  for (const path of ['/console', PAGE]) {
    const text = await pageOf(admin, path);
    for (const id of ids) {
      const { email, full_name } = (await person(id)) ?? {};
      expect(text).toContain(`<bdi>${full_name}</bdi>`);
      expect(text).toContain(`<bdi>${email}</bdi>`);
    }
    expect(text).not.toContain('person9@example.test');
    expect(text.match(/Left out of Google’s list; not asked about/g)).toHaveLength(8);
    expect(text.match(new RegExp(`value="${hashIn(text)}"`, 'g'))).toHaveLength(2);
    expect(text).toContain('I have looked at these 8 people');
  }
});

const person = (id: string) =>
  world.env.DB.prepare('SELECT email, full_name FROM users WHERE id = ?1')
    .bind(id)
    .first<{ email: string; full_name: string }>();

test('approved: each is looked at once more, whom Google denies is gone with their sessions, and it is written down', async () => {
  const one = await windowOf(world, ids[0] ?? '');
  world.google.workspace.silently(() => world.google.workspace.undelete(ids[7] ?? ''));
  const response = await approve(admin, hashIn(await pageOf(admin)));
  expect([response.status, response.headers.get('location')]).toEqual([
    303,
    `${APP}/console?said=approved&n=8`,
  ]);
  // Nobody is removed by the word alone.
  expect(await census()).toEqual({ active: 26 });
  expect(world.queue.map(({ body }) => body)).toMatchObject(
    ids
      .toSorted()
      .map((userId) => ({ kind: 'look', directoryId: 'default', userId, cause: 'operator' })),
  );
  expect(await pageOf(admin, '/console?said=approved&n=8')).toContain(
    'Approved: 8 people are being looked at once more.',
  );
  expect((await one.ask('/auth/session')).status).toBe(200);
  await world.settle();
  expect(await census()).toEqual({ active: 19, deleted: 7 });
  expect((await one.ask('/auth/session')).status).toBe(401);
  expect(await pageOf(admin)).toContain('Nobody waits for a word');
  expect(await actionRows()).toMatchObject([
    {
      directory_id: 'default',
      actor: `user:${world.google.workspace.user(ADMIN).id}`,
      action: 'held-removals.approve',
      outcome: 'approved',
      result: expect.stringMatching(ALL_EIGHT),
      request_id: response.headers.get('x-request-id'),
    },
  ]);
});

test('kept: nobody is removed nor asked about, and it is written down', async () => {
  const response = await reject(admin, hashIn(await pageOf(admin)));
  expect(response.headers.get('location')).toBe(`${APP}/console?said=kept&n=8`);
  expect(world.queue).toEqual([]);
  await passAndSettle(world);
  expect(await census()).toEqual({ active: 26 });
  expect(await pageOf(admin)).toContain('Nobody waits for a word');
  expect((await actionRows())[0]).toMatchObject({
    action: 'held-removals.reject',
    outcome: 'rejected',
    result: expect.stringMatching(ALL_EIGHT),
  });
});

test.each<[what: string, more: Fields]>([
  ['without', {}],
  ['with another value of', { looked: 'no' }],
  ['with an empty', { looked: '' }],
  ['with two of', { looked: ['yes', 'no'] }],
])('approving %s the tick that one has looked is 400, and nothing happened', async (_, more) => {
  const hash = hashIn(await pageOf(admin));
  const before = await everything(world);
  const response = await approve(admin, hash, more);
  expect(response.status).toBe(400);
  expectGuarded(response);
  expect(await response.text()).toContain('tick that you have looked at them');
  expect(await everything(world)).toEqual(before);
  expect((await approve(admin, hash)).status).toBe(303);
});

describe('security 6: a word is about the list that was shown', () => {
  test('in two tabs the second decides nothing, and sees how it stands', async () => {
    const [here, there] = [hashIn(await pageOf(admin)), hashIn(await pageOf(admin))];
    expect((await reject(admin, here)).status).toBe(303);
    await expectChanged(await approve(admin, there), 0);
    await expectChanged(await reject(admin, there), 0);
    await world.settle();
    expect(await census()).toEqual({ active: 26 });
    const outcomes = (await actionsTaken()).map(([, , outcome]) => outcome);
    expect(outcomes).toEqual(['rejected', 'another-list', 'another-list']);
  });

  test('two words at the same moment: one counts, and the other is told', async () => {
    const hash = hashIn(await pageOf(admin));
    const responses = await Promise.all([approve(admin, hash), reject(admin, hash)]);
    expect(responses.map(({ status }) => status).toSorted()).toEqual([303, 409]);
    const rows = await heldRows();
    const approved = rows.filter((row) => row.approved_until_ms !== null).length;
    const rejected = rows.filter((row) => row.rejected_until_ms !== null).length;
    expect([approved, rejected].toSorted()).toEqual([0, 8]);
    expect(responses[0]?.status === 303 ? approved : rejected).toBe(8);
  });

  test('not about a list that somebody has left who was seen alive', async () => {
    const hash = hashIn(await pageOf(admin));
    world.google.workspace.silently(() => world.google.workspace.undelete(ids[3] ?? ''));
    await passAndSettle(world);
    expect(await heldIds()).not.toContain(ids[3]);
    const text = await expectChanged(await approve(admin, hash), 7);
    expect(await undecided()).toBe(true);
    expect((await approve(admin, hashIn(text))).status).toBe(303);
    await world.settle();
    expect(await census()).toEqual({ active: 19, deleted: 7 });
  });

  test('not about a list that somebody has joined', async () => {
    const hash = hashIn(await pageOf(admin));
    await aPerson('960', { fullName: 'Joined Later' });
    await hold('960', world.clock.nowMs);
    expect(await expectChanged(await approve(admin, hash), 9)).toContain('Joined Later');
    expect(await undecided()).toBe(true);
  });

  test('not a day after it was shown', async () => {
    const hash = hashIn(await pageOf(admin));
    world.advance(DAY - 1);
    const later = await windowAt(world, ADMIN);
    const fresh = hashIn(await pageOf(later));
    world.advance(1);
    await expectChanged(await approve(later, hash), 8);
    expect((await approve(later, fresh)).status).toBe(303);
  });

  const forgeries: [what: string, forge: (hash: string) => string | Promise<string>][] = [
    ['of another directory', async () => (await readHeldRemovals(world.ports, 'other')).hash],
    [
      'shown at another time',
      (hash) => hash.replace(/^[^.]*/, (world.clock.nowMs - 1).toString(36)),
    ],
    ['shown tomorrow', (hash) => hash.replace(/^[^.]*/, (world.clock.nowMs + DAY).toString(36))],
    ['altered', (hash) => hash.replace(/.(?=.$)/, (letter) => (letter === 'a' ? 'b' : 'a'))],
    ['without its time', (hash) => hash.replace(/^[^.]*/, '')],
    ['without its end', (hash) => hash.slice(0, -1)],
    ['empty', () => ''],
    ['junk', () => '"><script>alert(1)</script>'],
    ['very long', (hash) => hash + 'A'.repeat(1_000)],
  ];
  test.each(forgeries)('not by a name that is %s', async (_, forge) => {
    await anotherDirectory();
    const forged = await forge(hashIn(await pageOf(admin)));
    for (const decide of [approve, reject]) {
      const text = await expectChanged(await decide(admin, forged), 8);
      expect(text).not.toContain('<script>alert');
    }
    expect([await undecided(), world.queue]).toEqual([true, []]);
  });

  test('not by none, by two, or by a file', async () => {
    const hash = hashIn(await pageOf(admin));
    const looked = { looked: 'yes' };
    await expectChanged(await post(admin, `${PAGE}/approve`, looked), 8);
    await expectChanged(await post(admin, `${PAGE}/approve`, { ...looked, hash: [hash, 'x'] }), 8);
    const body = new FormData();
    body.set('looked', 'yes');
    body.set('hash', new File([hash], hash));
    const init = { method: 'POST', headers: OURS, body };
    await expectChanged(await admin.ask(`${PAGE}/approve`, init), 8);
    expect(await undecided()).toBe(true);
  });

  test('not by the super admin of another directory, nor is theirs ours to see', async () => {
    await anotherDirectory();
    await aPerson('961', { directoryId: 'other', fullName: 'Theirs To Hold' });
    await hold('961', world.clock.nowMs, { directoryId: 'other' });
    const boss = await windowOf(world, OTHER_ADMIN);
    const ours = await pageOf(admin);
    expect(ours).not.toContain('Theirs To Hold');
    expect(await pageOf(boss)).not.toMatch(/person\d/);
    await expectChanged(await approve(admin, hashIn(await pageOf(boss))), 8);
    // The configuration's Google knows nobody of theirs: it would deny whoever is approved.
    for (const hash of [hashIn(ours), hashIn(await pageOf(boss))]) {
      const response = await approve(boss, hash);
      expect(response.status).toBe(409);
      expect(await response.text()).toContain('Nothing was done');
    }
    expect([await undecided(), world.queue]).toEqual([true, []]);
  });
});

test('a queue that takes nothing loses no approval: the next pass looks at them', async () => {
  const hash = hashIn(await pageOf(admin));
  const { sendBatch } = world.ports.changes;
  world.ports.changes.sendBatch = () => Promise.reject(new Error('quota'));
  const response = await approve(admin, hash);
  expect(response.headers.get('location')).toContain('said=approved-for-later&n=8');
  expect(world.queue).toEqual([]);
  world.ports.changes.sendBatch = sendBatch;
  await passAndSettle(world);
  expect(await census()).toEqual({ active: 18, deleted: 8 });
});

test.each([
  [20, true],
  [21, false],
])('%i who wait: the overview offers the decision: %s', async (count, isOffered) => {
  world = await operatorWorld({ import: false });
  await world.env.DB.prepare(
    "INSERT INTO directories (id, customer, admin_email) VALUES ('default', 'my_customer', 'x')",
  ).run();
  await aPerson('970', { isAdmin: true });
  for (let i = 0; i < count; i += 1) await hold(await aPerson(`${1_000 + i}`), world.clock.nowMs);
  const visitor = await windowOf(world, '970');
  const overview = await pageOf(visitor, '/console');
  const all = await pageOf(visitor);
  for (const text of [overview, all]) expect(text).toContain(`${count}`);
  expect(overview.includes('name="hash"')).toBe(isOffered);
  expect(overview.includes(`Look at all ${count} and decide`)).toBe(!isOffered);
  // No more of them are read than are shown there.
  expect(overview).not.toContain(`Person ${1_000 + 20}<`);
  expect(overview.match(/Person 10\d\d</g)).toHaveLength(20);
  expect(all).toContain(`Person ${1_000 + count - 1}<`);
  expect((await approve(visitor, hashIn(all))).status).toBe(303);
});

test('the API’s word is written down as the operator token’s, also one that came too late', async () => {
  const { hash } = await readHeldRemovals(world.ports, 'default');
  expect((await say(world, 'reject', { hash })).status).toBe(200);
  expect((await say(world, 'approve', { hash })).status).toBe(409);
  expect(await actionsTaken()).toEqual([
    ['operator-token', 'held-removals.reject', 'rejected'],
    ['operator-token', 'held-removals.approve', 'another-list'],
  ]);
  const text = await pageOf(admin, '/console');
  expect(text).toContain('The operator token');
  expect(text).toContain('Kept whose removal was held');
});
