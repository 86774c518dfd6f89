// Each message ends by its own merit: ack, retry, or dead letter.
import { describe, expect, test } from 'vitest';
import { takeTicket } from '../../src/db/directories.ts';
import { applyObservations } from '../../src/sync/apply.ts';
import { consumeChanges, consumeDeadChanges } from '../../src/sync/consume.ts';
import type { ChangeMessage } from '../../src/sync/hint.ts';
import {
  acquaint,
  aHint,
  breakDatabase,
  deadLetters,
  getsOf,
  give,
  notFound,
  onGet,
} from './hints.ts';
import { aDirectory, type gone, seen } from './observed.ts';
import { aMessage, createWorld, env, type World } from './world.ts';

const NOOR = 'noor@example.test';
const IT = 'it@example.test';
const MARGIT = 'margit.holm@example.test';

async function knowing(...people: string[]): Promise<World & { ids: string[] }> {
  const world = await createWorld();
  const ids = people.map((key) => world.google.workspace.user(key).id);
  await acquaint(world, ...ids);
  return { ...world, ids };
}

const idAt = (world: { ids: string[] }, i: number) => world.ids[i] ?? '';

describe('hints are never the truth', () => {
  test('a forged one about nobody writes nothing and costs a bounded number of looks', async () => {
    const world = await knowing(NOOR);
    const before = [await world.users(), await world.events()];

    for (const event of ['add', 'delete', 'update', 'makeAdmin', 'undelete'] as const)
      await give(world, aHint(world, '999999999999999999999', { event }));
    await world.settle();

    expect([await world.users(), await world.events()]).toEqual(before);
    // At 0, 8, 20, 50, 110 and 230 s, and at 30 s for the delete, which says what was found.
    expect(getsOf(world)).toBe(7);
    expect(world.queue).toEqual([]);
    expect(await deadLetters()).toEqual([]);
  });

  test('a forged delete of somebody alive removes nobody', async () => {
    const world = await knowing(NOOR);

    await give(world, aHint(world, idAt(world, 0), { event: 'delete' }));
    await world.settle();

    expect(await world.user(idAt(world, 0))).toMatchObject({ status: 'active' });
    expect(getsOf(world)).toBe(6);
    expect(world.queue).toEqual([]);
  });

  test('one that finds nothing new is looked at once more after 30 s, and then done', async () => {
    const world = await knowing(NOOR);
    const startMs = world.clock.nowMs;

    await give(world, aHint(world, idAt(world, 0)));
    const [first] = await world.consume();
    expect(first).toMatchObject({ outcome: 'retry', delaySeconds: 30 });
    world.advance(30_000);
    const [second] = await world.consume();

    expect(second?.outcome).toBe('ack');
    expect(getsOf(world)).toBe(2);
    expect(world.clock.nowMs - startMs).toBe(30_000);
  });

  test('one whose look trails behind the push is stored by the repeat', async () => {
    const world = await knowing(NOOR);
    world.google.faults.getLagMs = 20_000;
    world.google.workspace.suspend(NOOR);

    await give(world, aHint(world, idAt(world, 0)));
    await world.consume();
    expect(await world.user(idAt(world, 0))).toMatchObject({ status: 'active' });
    await world.settle();

    expect(await world.user(idAt(world, 0))).toMatchObject({ status: 'suspended' });
  });

  test('a replayed push costs no more than the genuine one', async () => {
    const world = await knowing(NOOR);
    const hint = aHint(world, idAt(world, 0));
    await give(world, hint);
    await world.settle();
    world.google.calls.length = 0;

    // The same message a day later, a hundred times.
    world.advance(86_400_000);
    await give(world, ...Array.from({ length: 100 }, () => hint));
    await world.settle();

    expect(getsOf(world)).toBe(5);
    expect(world.queue).toEqual([]);
  });

  test('many about one person in a batch cost one look, and all of them end', async () => {
    const world = await knowing(NOOR);
    world.google.workspace.suspend(NOOR);
    const events = ['update', 'add', 'makeAdmin', null, 'update'] as const;

    await give(world, ...events.map((event) => aHint(world, idAt(world, 0), { event })));
    const handled = await world.consume();

    // The newest comes once more: Google may have shown only what the older ones were about.
    const outcomes = handled.map(({ outcome }) => outcome);
    expect(outcomes.toSorted()).toEqual(['ack', 'ack', 'ack', 'ack', 'retry']);
    expect(getsOf(world)).toBe(1);
    await world.settle();
    expect(getsOf(world)).toBe(2);
  });

  test('the freshest of them dates the change', async () => {
    const world = await knowing(NOOR);
    const noticedMs = world.clock.nowMs;
    world.google.workspace.suspend(NOOR);
    const looked = aMessage(aHint(world, idAt(world, 0), { noticedMs: noticedMs - 60_000 }), 3);
    const fresh = aMessage(aHint(world, idAt(world, 0), { noticedMs }));
    const found = aMessage(
      aHint(world, idAt(world, 0), { noticedMs: noticedMs + 5, cause: 'reconcile' }),
    );

    await consumeChanges(world.ports, [looked, found, fresh]);

    expect((await world.events(idAt(world, 0))).at(-1)).toMatchObject({
      type: 'user.suspended',
      cause: 'push',
      noticed_ms: noticedMs,
    });
  });
});

describe("one message's failure never decides another's", () => {
  test('a poisonous person ends in dead letters with the reason, the others are stored', async () => {
    const world = await knowing(NOOR, IT, MARGIT);
    const [noor, it, margit] = world.ids as [string, string, string];
    for (const key of [NOOR, IT, MARGIT])
      world.google.workspace.update(key, { orgUnitPath: '/Moved' });
    world.google.workspace.raw(IT, { customSchemas: { Big: { Text: 'x'.repeat(300_000) } } });

    await give(world, aHint(world, noor), aHint(world, it), aHint(world, margit));
    const handled = await world.consume();

    expect(handled.map(({ outcome }) => outcome)).toEqual(['ack', 'ack', 'ack']);
    expect(await world.user(noor)).toMatchObject({ orgUnitPath: '/Moved' });
    expect(await world.user(margit)).toMatchObject({ orgUnitPath: '/Moved' });
    expect((await world.user(it))?.orgUnitPath).not.toBe('/Moved');
    expect(await deadLetters()).toMatchObject([
      { directory_id: 'default', user_id: it, reason: 'unstorable', attempts: 1 },
    ]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['too large', { customSchemas: { Big: { Text: 'x'.repeat(300_000) } } }],
    ['without an address', { primaryEmail: undefined }],
    ['without names, with NUL in an address', { name: undefined, primaryEmail: '\u0000' }],
  ])('a poisonous person who is suspended is suspended: %s', async (_, odd) => {
    const world = await knowing(NOOR, IT);
    const [noor, it] = world.ids as [string, string];
    world.google.workspace.raw(NOOR, { ...odd, suspended: true });
    world.google.workspace.suspend(IT);

    await give(world, aHint(world, noor), aHint(world, it));
    const handled = await world.consume();

    expect(handled.map(({ outcome }) => outcome)).toEqual(['ack', 'ack']);
    expect(await world.user(noor)).toMatchObject({ status: 'suspended', email: NOOR });
    expect(await world.user(it)).toMatchObject({ status: 'suspended' });
  });

  test('an answer without a boolean suspended leaves the row as it is, and ends as a dead letter', async () => {
    const world = await knowing(NOOR);
    world.google.workspace.suspend(NOOR);
    await give(world, aHint(world, idAt(world, 0)));
    await world.settle();
    world.google.workspace.raw(NOOR, { suspended: undefined });

    await give(world, aHint(world, idAt(world, 0)));
    await world.settle();

    expect(await world.user(idAt(world, 0))).toMatchObject({ status: 'suspended' });
    expect(await deadLetters()).toMatchObject([{ reason: 'invalid-response' }]);
  });

  test('another directory holds the id: untouched, and a dead letter', async () => {
    const world = await knowing(IT);
    await aDirectory('elsewhere');
    const { id } = world.google.workspace.user(NOOR);
    const ticket = await takeTicket(world.ports.db, 'elsewhere', null);
    await applyObservations(world.ports, 'elsewhere', { ticket: ticket?.ticket ?? 0, nowMs: 1 }, [
      seen(id),
    ]);
    const before = await world.user(id);
    world.google.workspace.suspend(IT);

    await give(world, aHint(world, id), aHint(world, idAt(world, 0)));
    await world.settle();

    expect(await world.user(id)).toEqual(before);
    expect(await world.user(idAt(world, 0))).toMatchObject({ status: 'suspended' });
    expect(await deadLetters()).toMatchObject([{ user_id: id, reason: 'foreign' }]);
  });

  test('another directory’s person who is gone from here stays', async () => {
    const world = await knowing();
    await aDirectory('elsewhere');
    const id = '123456789012345678901';
    const apply = async (observation: ReturnType<typeof gone>) => {
      const ticket = await takeTicket(world.ports.db, 'elsewhere', null);
      const look = { ticket: ticket?.ticket ?? 0, nowMs: 1 };
      await applyObservations(world.ports, 'elsewhere', look, [observation]);
    };
    await apply(seen(id));
    world.advance(3_600_000);

    await give(world, aHint(world, id, { event: 'delete' }));
    await world.settle();

    expect(await world.user(id)).toMatchObject({ status: 'active', directoryId: 'elsewhere' });
    expect((await deadLetters()).map(({ reason }) => reason)).toEqual(['foreign']);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'look'],
    ['a list', []],
    ['an unknown kind', { kind: 'drop', directoryId: 'default' }],
    ['no user', { kind: 'look', directoryId: 'default', event: null, cause: 'push', noticedMs: 1 }],
    [
      'an address for an id',
      {
        kind: 'look',
        directoryId: 'default',
        userId: NOOR,
        event: null,
        cause: 'push',
        noticedMs: 1,
      },
    ],
    [
      'a path for an id',
      {
        kind: 'look',
        directoryId: 'default',
        userId: '../../channels',
        event: null,
        cause: 'push',
        noticedMs: 1,
      },
    ],
    [
      'an odd directory',
      {
        kind: 'look',
        directoryId: 'DEFAULT',
        userId: '123456789',
        event: null,
        cause: 'push',
        noticedMs: 1,
      },
    ],
    [
      'an unknown cause',
      {
        kind: 'look',
        directoryId: 'default',
        userId: '123456789',
        event: null,
        cause: 'guess',
        noticedMs: 1,
      },
    ],
    ['an odd channel', { kind: 'sync', directoryId: 'default', channelId: 'x', noticedMs: 1 }],
  ])('a malformed body ends in dead letters and the rest goes on: %s', async (_, body) => {
    const world = await knowing(NOOR);
    world.google.workspace.suspend(NOOR);
    const odd = aMessage(body, 1, 'odd-message');
    const good = aMessage(aHint(world, idAt(world, 0)));

    await consumeChanges(world.ports, [odd, good]);

    expect([odd.outcome, good.outcome]).toEqual(['ack', 'ack']);
    expect(await world.user(idAt(world, 0))).toMatchObject({ status: 'suspended' });
    expect(await deadLetters()).toMatchObject([
      { letter_key: 'message:odd-message', reason: 'malformed', user_id: null },
    ]);
  });

  test('a directory without a row ends in dead letters, and the other is served', async () => {
    const world = await knowing(NOOR);
    world.google.workspace.suspend(NOOR);

    await give(
      world,
      aHint(world, idAt(world, 0), { directoryId: 'nowhere' }),
      aHint(world, idAt(world, 0)),
    );
    await world.consume();

    expect(await world.user(idAt(world, 0))).toMatchObject({ status: 'suspended' });
    expect(await deadLetters()).toMatchObject([
      { directory_id: 'nowhere', reason: 'unknown-directory' },
    ]);
  });

  test('a fault of ours at one person stays with that person', async () => {
    const world = await knowing(NOOR, IT);
    const [noor, it] = world.ids as [string, string];
    world.google.workspace.suspend(IT);
    const api = world.ports.api;
    let isBroken = true;
    world.ports.api = {
      ...api,
      get origin() {
        // Read once for each call: the first one fails as a fault of ours would.
        if (isBroken) {
          isBroken = false;
          throw new TypeError('a fault of ours');
        }
        return api.origin;
      },
    };

    await give(world, aHint(world, noor), aHint(world, it));
    const handled = await world.consume();

    expect(handled.map(({ outcome }) => outcome)).toEqual(['retry', 'ack']);
    expect(await world.user(it)).toMatchObject({ status: 'suspended' });
    expect(world.logs.find(({ event }) => event === 'hints.consumed')?.fields['reasons']).toEqual([
      'internal-error',
    ]);
  });
});

describe('a message is acknowledged only after its row is written', () => {
  test('while the database is away every message waits, and nothing is lost', async () => {
    const world = await knowing(NOOR, IT);
    for (const key of [NOOR, IT]) world.google.workspace.suspend(key);
    const mend = breakDatabase(world);

    await give(world, ...world.ids.map((id) => aHint(world, id)));
    const handled = await world.consume();

    expect(handled.map(({ outcome }) => outcome)).toEqual(['retry', 'retry']);
    expect(world.queue).toHaveLength(2);
    mend();
    await world.settle();
    for (const id of world.ids) expect(await world.user(id)).toMatchObject({ status: 'suspended' });
    expect(world.queue).toEqual([]);
  });

  test('while only the write fails every message waits, and nothing is lost', async () => {
    const world = await knowing(NOOR, IT);
    for (const key of [NOOR, IT]) world.google.workspace.suspend(key);
    await env.DB.exec(
      "CREATE TRIGGER refuse BEFORE UPDATE OF status ON users BEGIN SELECT RAISE(ABORT, 'refused'); END",
    );

    await give(world, ...world.ids.map((id) => aHint(world, id)));
    const handled = await world.consume();
    await env.DB.exec('DROP TRIGGER refuse');

    expect(handled.map(({ outcome }) => outcome)).toEqual(['retry', 'retry']);
    for (const id of world.ids) expect(await world.user(id)).toMatchObject({ status: 'active' });
    await world.settle();
    for (const id of world.ids) expect(await world.user(id)).toMatchObject({ status: 'suspended' });
  });

  test('a batch that dies half-way is delivered again and changes nothing twice', async () => {
    const world = await knowing(NOOR);
    world.google.workspace.suspend(NOOR);
    const hint = aHint(world, idAt(world, 0));
    // The isolate died after the write and before the ack.
    await consumeChanges(world.ports, [aMessage(hint, 1, 'm')]);

    await consumeChanges(world.ports, [aMessage(hint, 2, 'm')]);

    expect((await world.events(idAt(world, 0))).map(({ type }) => type)).toEqual([
      'user.created',
      'user.suspended',
    ]);
  });
});

describe('dead letters', () => {
  const exhausted = (world: World, id: string): ChangeMessage => aHint(world, id);

  test('hold what the queue gave up on, with ids and the reason', async () => {
    const world = await knowing(NOOR);
    const message = aMessage(exhausted(world, idAt(world, 0)), 101, 'spent');

    await consumeDeadChanges(world.ports, [message]);

    expect(message.outcome).toBe('ack');
    expect(await deadLetters()).toMatchObject([
      {
        directory_id: 'default',
        user_id: idAt(world, 0),
        reason: 'retries-exhausted',
        attempts: 101,
      },
    ]);
  });

  test('are stored once, however often one is delivered', async () => {
    const world = await knowing(NOOR);
    const deliver = async (attempts: number) => {
      const message = aMessage(exhausted(world, idAt(world, 0)), attempts, 'spent');
      await consumeDeadChanges(world.ports, [message]);
      return message.outcome;
    };

    expect([await deliver(1), await deliver(2), await deliver(3)]).toEqual(['ack', 'ack', 'ack']);

    expect(await deadLetters()).toMatchObject([{ user_id: idAt(world, 0), attempts: 3 }]);
  });

  test('are one for each person and reason, however many messages come to it', async () => {
    const world = await knowing(NOOR);
    for (const id of ['one', 'two'])
      await consumeDeadChanges(world.ports, [aMessage(exhausted(world, idAt(world, 0)), 1, id)]);

    expect(await deadLetters()).toHaveLength(1);
  });

  test('of any shape are stored, cut to 4 KB', async () => {
    const world = await knowing();
    const bodies = [undefined, null, 'x'.repeat(10_000), { kind: 'sync' }, '\uD800'];
    const messages = bodies.map((body) => aMessage(body));

    await consumeDeadChanges(world.ports, messages);

    expect(messages.map(({ outcome }) => outcome)).toEqual(Array(5).fill('ack'));
    const letters = await deadLetters();
    expect(letters).toHaveLength(5);
    expect(Math.max(...letters.map(({ body }) => body.length))).toBe(4096);
  });

  test('wait in their queue while the database is away', async () => {
    const world = await knowing(NOOR);
    const mend = breakDatabase(world);
    const message = aMessage(exhausted(world, idAt(world, 0)), 1, 'spent');

    await consumeDeadChanges(world.ports, [message]);
    mend();

    expect(message.outcome).toBe('retry');
    expect(await deadLetters()).toEqual([]);
  });

  test('are stored before the message is acknowledged', async () => {
    const world = await knowing(NOOR);
    const mend = breakDatabase(world);
    const malformed = aMessage({ kind: 'nonsense' });

    await consumeChanges(world.ports, [malformed]);
    mend();

    expect(malformed.outcome).toBe('retry');
  });
});

test('two denials of different people in one batch are two conclusions', async () => {
  const world = await knowing(NOOR, IT);
  const [noor, it] = world.ids as [string, string];
  onGet(world, noor, notFound);
  onGet(world, it, (before) => (before === 0 ? notFound() : undefined));

  await give(world, aHint(world, noor), aHint(world, it));
  await world.consume();

  expect(await world.user(noor)).toMatchObject({ status: 'deleted' });
  expect(await world.user(it)).toMatchObject({ status: 'active' });
});
