// Dead letters in the console: whose they are to see, and having those people looked at again, once.
import { beforeEach, describe, expect, test } from 'vitest';
import { markReplayed, readReplayable } from '../../src/db/dead-letters.ts';
import { consumeDeadChanges } from '../../src/sync/consume.ts';
import { replayDeadLetters } from '../../src/sync/dead-letters.ts';
import { aHint } from './hints.ts';
import {
  actionRows,
  aLetter,
  anotherDirectory,
  aPerson,
  type OperatorWorld,
  OTHER_ADMIN,
  operatorWorld,
  post,
  windowAt,
  windowOf,
} from './operators.ts';
import { ADMIN, ANA, idOf, listenToLog, NOOR } from './signed-in.ts';
import { APP, type Visitor } from './visitor.ts';
import { aMessage } from './world.ts';

let world: OperatorWorld;
let admin: Visitor;
let ana: string;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld();
  admin = await windowAt(world, ADMIN);
  ana = idOf(world, ANA);
});

const overviewOf = async (visitor: Visitor, query = '') =>
  (await visitor.ask(`/console${query}`)).text();

/** The letters that a page offers to replay. */
const offered = (text: string) =>
  [...text.matchAll(/name="id" value="(\d+)"/g)].map(([, id]) => Number(id));

const replay = (visitor: Visitor, ...ids: (number | string)[]) =>
  post(visitor, '/console/dead-letters/replay', { id: ids.map(String) });

/** How many people are looked at again, as the console says it. */
function countOf(response: Response): number {
  expect(response.status).toBe(303);
  const location = new URL(response.headers.get('location') ?? '');
  expect([location.origin, location.pathname]).toEqual([APP, '/console']);
  expect(location.searchParams.get('said')).toBe('replayed');
  return Number(location.searchParams.get('n'));
}

/** The letters that wait, by number. */
async function waiting(): Promise<number[]> {
  const { results } = await world.env.DB.prepare(
    'SELECT id FROM dead_letters WHERE replayed_ms IS NULL ORDER BY id',
  ).all<{ id: number }>();
  return results.map(({ id }) => id);
}

const hintFor = (userId: string) => ({
  kind: 'look',
  directoryId: 'default',
  userId,
  event: null,
  cause: 'operator',
  noticedMs: world.clock.nowMs,
});
const queued = () => world.queue.map(({ body }) => body);

test('replayed: whom they are about are looked at again, once each, and the letters wait no more', async () => {
  world.advance(20 * 60_000);
  const noor = idOf(world, NOOR);
  const ids = [
    await aLetter({ userId: ana, reason: 'retries-exhausted' }),
    await aLetter({ userId: ana, reason: 'unstorable' }),
    await aLetter({ userId: noor }),
  ];
  const text = await overviewOf(admin);
  expect(offered(text).toSorted()).toEqual(ids);
  expect(text).toContain('<bdi>Ana Moreira</bdi>');
  expect(text).toContain('The queue gave up after 100 tries.');
  const response = await replay(admin, ...ids);
  expect(countOf(response)).toBe(2);
  expect(queued().toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))).toEqual(
    [ana, noor].toSorted().map(hintFor),
  );
  expect(await waiting()).toEqual([]);
  expect(offered(await overviewOf(admin))).toEqual([]);
  expect(await overviewOf(admin, '?said=replayed&n=2')).toContain(
    '2 people are being looked at again.',
  );
  const calls = world.google.calls.length;
  world.google.workspace.silently(() => world.google.workspace.suspend(ANA));
  await world.settle();
  expect(world.google.calls.length).toBeGreaterThan(calls);
  expect((await world.user(ana))?.status).toBe('suspended');
  expect(await actionRows()).toMatchObject([
    {
      actor: `user:${idOf(world, ADMIN)}`,
      action: 'dead-letters.replay',
      detail: '{"letters":3}',
      outcome: 'replayed',
      result: '{"people":2}',
      request_id: response.headers.get('x-request-id'),
    },
  ]);
});

test('asked for three times at the same moment nobody is lost, and nothing is done once more after that', async () => {
  const ids = [await aLetter({ userId: ana }), await aLetter({ userId: idOf(world, NOOR) })];
  await Promise.all([1, 2, 3].map(() => replay(admin, ...ids)));
  // A hint too many is folded with the others about the same person.
  const asked = queued().map((body) => ('userId' in body ? body.userId : ''));
  expect(new Set(asked)).toEqual(new Set([ana, idOf(world, NOOR)]));
  expect(await waiting()).toEqual([]);
  const before = queued().length;
  expect(countOf(await replay(admin, ...ids))).toBe(0);
  expect(queued()).toHaveLength(before);
});

test('one that fails again waits again, as the same letter', async () => {
  const hint = aHint(world, ana);
  await consumeDeadChanges(world.ports, [aMessage(hint, 101)]);
  const [id = 0] = await waiting();
  expect(countOf(await replay(admin, id))).toBe(1);
  expect(await waiting()).toEqual([]);
  await consumeDeadChanges(world.ports, [aMessage(hint, 101)]);
  expect(await waiting()).toEqual([id]);
  expect(offered(await overviewOf(admin))).toEqual([id]);
});

describe('a queue that takes nothing', () => {
  test('loses nothing, and says so', async () => {
    const ids = [await aLetter({ userId: ana }), await aLetter({ userId: idOf(world, NOOR) })];
    const { sendBatch } = world.ports.changes;
    world.ports.changes.sendBatch = () => Promise.reject(new Error('Quota exceeded for ana@x'));
    const response = await replay(admin, ...ids);
    expect(response.headers.get('location')).toBe(`${APP}/console?said=not-replayed&n=0`);
    expect(await waiting()).toEqual(ids);
    const text = await overviewOf(admin, '?said=not-replayed&n=0');
    expect(text).toContain('The queue does not take anything at the moment. Nothing was replayed');
    expect(offered(text).toSorted()).toEqual(ids);
    expect((await actionRows())[0]?.outcome).toBe('queue-refused');
    world.ports.changes.sendBatch = sendBatch;
    expect(countOf(await replay(admin, ...ids))).toBe(2);
  });

  test('in the middle: whom it took are looked at, the others’ letters wait', async () => {
    const letters = new Map<number, string>();
    for (let i = 0; i < 150; i += 1) {
      const userId = await aPerson(`${2_000 + i}`);
      letters.set(await aLetter({ userId }), userId);
    }
    const { sendBatch } = world.ports.changes;
    let batches = 0;
    world.ports.changes.sendBatch = (messages) => {
      batches += 1;
      return batches === 1 ? sendBatch(messages) : Promise.reject(new Error('quota'));
    };
    const replayed = await replayDeadLetters(world.ports, 'default', [...letters.keys()]);
    expect(replayed).toEqual({ kind: 'queue-refused' });
    const taken = new Set(world.queue.map(({ body }) => 'userId' in body && body.userId));
    expect(taken.size).toBe(100);
    const left = [...letters].filter(([, userId]) => !taken.has(userId)).map(([id]) => id);
    expect(await waiting()).toEqual(left);
  });
});

describe('security 6: letters are their directory’s', () => {
  let boss: Visitor;
  let ours: number;
  let theirs: number;
  let nobodys: number;
  beforeEach(async () => {
    await anotherDirectory();
    boss = await windowOf(world, OTHER_ADMIN);
    ours = await aLetter({ userId: ana });
    theirs = await aLetter({ directoryId: 'other', userId: OTHER_ADMIN });
    nobodys = await aLetter({ directoryId: null, reason: 'malformed' });
  });

  test('each admin sees their own; what could not be read, those of `default`', async () => {
    const [here, there] = [await overviewOf(admin), await overviewOf(boss)];
    expect([offered(here), offered(there)]).toEqual([[ours], [theirs]]);
    expect(here).toContain('Nobody that could be read');
    expect(here).toContain('The message could not be read.');
    expect(there).not.toContain('Nobody that could be read');
    expect(there).not.toContain(ana);
    expect(here).not.toContain(OTHER_ADMIN);
  });

  test('numbers that were guessed replay nothing of another’s', async () => {
    const all = Array.from({ length: 20 }, (_, i) => nobodys - 10 + i);
    expect(countOf(await replay(admin, ...all))).toBe(1);
    expect(world.queue.map(({ body }) => body)).toMatchObject([{ directoryId: 'default' }]);
    expect(await waiting()).toEqual([theirs, nobodys]);
    expect(countOf(await replay(admin, theirs))).toBe(0);
  });

  test('where the configuration knows no Google nothing is replayed, not even one’s own', async () => {
    for (const id of [ours, theirs, nobodys]) {
      const response = await replay(boss, id);
      expect(response.status).toBe(409);
      expect(await response.text()).toContain('Nothing was done');
    }
    expect([await waiting(), queued()]).toEqual([[ours, theirs, nobodys], []]);
  });

  test('a letter that is about nobody can’t be replayed, and stays', async () => {
    const without = await aLetter({ userId: null });
    expect(countOf(await replay(admin, nobodys, without))).toBe(0);
    expect(await waiting()).toEqual([ours, theirs, nobodys, without]);
    expect(world.queue).toEqual([]);
  });

  test('somebody’s name is not shown because another directory’s letter names their id', async () => {
    await aLetter({ directoryId: 'other', userId: ana, reason: 'foreign' });
    const text = await overviewOf(boss);
    expect(text).toContain(ana);
    expect(text).not.toMatch(/Moreira|example\.test/);
  });
});

test.each([
  ['words', 'abc'],
  ['a sign', '-1'],
  ['an exponent', '1e3'],
  ['SQL', '1 OR 1=1'],
  ['JSON', '[1,2,3]'],
  ['a fraction', '1.0'],
  ['too long a number', '9'.repeat(30)],
  ['other digits', '١'],
  ['nothing', ''],
  ['a number of nobody', '999999999999999'],
])('a number that is %s replays nothing', async (_, junk) => {
  const id = await aLetter({ userId: ana });
  expect(countOf(await replay(admin, junk))).toBe(0);
  expect([await waiting(), queued()]).toEqual([[id], []]);
  // Junk beside it keeps nobody from being looked at.
  expect(countOf(await replay(admin, junk, id))).toBe(1);
});

test('the twenty oldest are shown and replayed at most; the page says how many there are', async () => {
  const ids: number[] = [];
  for (let i = 0; i < 25; i += 1)
    ids.push(await aLetter({ userId: await aPerson(`${3_000 + i}`), atMs: i }));
  const text = await overviewOf(admin);
  expect(offered(text)).toEqual(ids.slice(0, 20));
  expect(text).toContain('Replay these 20');
  expect(text).toContain('There are 25. ');
  expect(countOf(await replay(admin, ...ids))).toBe(20);
  expect(await waiting()).toEqual(ids.slice(20));
});

test('twenty that nobody can read hide none that can be replayed', async () => {
  const good = await aLetter({ userId: ana, atMs: 1 });
  const late = await aLetter({ userId: idOf(world, NOOR), atMs: 1_000 });
  for (let i = 0; i < 20; i += 1)
    await aLetter({ userId: null, directoryId: null, reason: 'malformed', atMs: 100 + i });
  expect(offered(await overviewOf(admin))).toEqual([good, late]);
});

test('one that came back between the look and the mark waits on', async () => {
  const id = await aLetter({ userId: ana, atMs: 1 });
  const letters = await readReplayable(world.ports.db, 'default', [id]);
  await world.env.DB.prepare('UPDATE dead_letters SET at_ms = 2 WHERE id = ?1').bind(id).run();
  await markReplayed(world.ports.db, letters, 3);
  expect(await waiting()).toEqual([id]);
});
