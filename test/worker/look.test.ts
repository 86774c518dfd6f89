// What a look concludes from Google's answer, above all from a 404.
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import { pinCustomer, takePassTicket, takeTicket } from '../../src/db/directories.ts';
import { applyObservations } from '../../src/sync/apply.ts';
import { lookAt, type Person } from '../../src/sync/look.ts';
import { acquaint, aHint, deadLetters, getsOf, give, notFound, onGet } from './hints.ts';
import { seen } from './observed.ts';
import { createWorld, env, type World } from './world.ts';

const NOOR = 'noor@example.test';

/** A world that knows Noor. */
async function knowing(vars: Record<string, string> = {}): Promise<{ world: World; id: string }> {
  const world = await createWorld({ vars });
  const { id } = world.google.workspace.user(NOOR);
  await acquaint(world, id);
  return { world, id };
}

const aPerson = (id: string): Person => ({
  id,
  cause: 'push',
  noticedMs: 0,
  announcedDelete: false,
});

async function typesOf(world: World, id: string): Promise<string[]> {
  return (await world.events(id)).map(({ type }) => type);
}

describe('an answer must be about who was asked for', () => {
  test('another id is an error: nothing is written, and a dead letter says so', async () => {
    const { world, id } = await knowing();
    const other = '999999999999999999999';
    world.google.workspace.raw(NOOR, { id: other, suspended: true });

    await give(world, aHint(world, id));
    await world.settle();

    expect(await world.user(id)).toMatchObject({ status: 'active' });
    expect(await world.user(other)).toBeNull();
    expect(await deadLetters()).toMatchObject([{ user_id: id, reason: 'answer-mismatch' }]);
  });

  test('another customer, once one is pinned, is an error: nothing is written', async () => {
    const { world, id } = await knowing();
    await pinCustomer(world.ports.db, 'default', 'C0rollcall1');
    world.google.workspace.customerId = 'C0another';
    world.google.workspace.suspend(NOOR);
    const stranger = world.google.workspace.add({ primaryEmail: 'new@example.test' });

    await give(world, aHint(world, id), aHint(world, stranger.id, { event: 'add' }));
    await world.settle();

    expect(await world.user(id)).toMatchObject({ status: 'active' });
    expect(await world.user(stranger.id)).toBeNull();
    expect((await deadLetters()).map(({ reason }) => reason)).toEqual([
      'answer-mismatch',
      'answer-mismatch',
    ]);
  });

  test('the pinned customer is no error, and it is pinned once', async () => {
    const { world, id } = await knowing();
    expect(await pinCustomer(world.ports.db, 'default', 'C0rollcall1')).toBe('C0rollcall1');
    expect(await pinCustomer(world.ports.db, 'default', 'C0another')).toBe('C0rollcall1');
    world.google.workspace.suspend(NOOR);

    await give(world, aHint(world, id));
    await world.settle();

    expect(await world.user(id)).toMatchObject({ status: 'suspended' });
  });
});

describe('a 404 about somebody unknown', () => {
  test('after an add is looked at again, and the person is stored when Google shows them', async () => {
    const { world } = await knowing();
    world.google.faults.newUserDelayMs = 45_000;
    const { id } = world.google.workspace.add({ primaryEmail: 'new@example.test' });

    await give(world, aHint(world, id, { event: 'add' }));
    await world.settle();

    expect(await typesOf(world, id)).toEqual(['user.created']);
    // At 0, 8 and 20 s in vain, and at 50 s.
    expect(getsOf(world)).toBe(4);
    expect(world.queue).toEqual([]);
  });

  test('after an add that never shows ends after four minutes, without a dead letter', async () => {
    const { world } = await knowing();
    const startMs = world.clock.nowMs;

    await give(world, aHint(world, '123456789012345678901', { event: 'add' }));
    await world.settle();

    expect(getsOf(world)).toBe(6);
    expect(world.clock.nowMs - startMs).toBeLessThanOrEqual(240_000);
    expect(world.queue).toEqual([]);
    expect(await deadLetters()).toEqual([]);
    expect((await world.users()).length).toBe(1);
  });

  test('whose creation is not complete (412) is tried again until it is', async () => {
    const { world } = await knowing();
    world.google.faults.conditionNotMetMs = 60_000;
    const { id } = world.google.workspace.add({ primaryEmail: 'new@example.test' });

    await give(world, aHint(world, id, { event: 'add' }));
    await world.settle();

    expect(await typesOf(world, id)).toEqual(['user.created']);
  });
});

describe('a 404 about somebody who lives here', () => {
  test('alone concludes nothing: a second look a few seconds later decides', async () => {
    const { world, id } = await knowing();
    const times: number[] = [];
    onGet(world, id, (before) => {
      times.push(world.clock.nowMs);
      return before === 0 ? notFound() : undefined;
    });

    await give(world, aHint(world, id));
    await world.consume();

    expect(times).toHaveLength(2);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(3_000);
    expect(await world.user(id)).toMatchObject({ status: 'active' });
    expect(await typesOf(world, id)).toEqual(['user.created']);
  });

  test('twice means gone', async () => {
    const { world, id } = await knowing();
    onGet(world, id, notFound);

    await give(world, aHint(world, id, { event: 'delete' }));
    const [handled] = await world.consume();

    expect(handled?.outcome).toBe('ack');
    expect(getsOf(world)).toBe(0);
    expect(await typesOf(world, id)).toEqual(['user.created', 'user.deleted']);
  });

  test('twice, with a sighting by somebody else in between, needs a third', async () => {
    const { world, id } = await knowing();
    const asked: number[] = [];
    onGet(world, id, async (before) => {
      asked.push(before);
      if (before === 1) {
        const ticket = await takeTicket(world.ports.db, 'default', null);
        await applyObservations(
          world.ports,
          'default',
          { ticket: ticket?.ticket ?? 0, nowMs: world.clock.nowMs },
          [seen(id, { fullName: 'Seen alive' })],
        );
      }
      return notFound();
    });

    await give(world, aHint(world, id, { event: 'delete' }));
    await world.consume();

    expect(asked.length).toBeGreaterThanOrEqual(3);
    expect(await world.user(id)).toMatchObject({ status: 'deleted', fullName: 'Seen alive' });
  });

  test('the second of which fails is looked at again later, and nothing is concluded', async () => {
    const { world, id } = await knowing();
    onGet(world, id, (before) =>
      before === 0 ? notFound() : before === 1 ? new Response('busy', { status: 503 }) : undefined,
    );

    await give(world, aHint(world, id));
    const [handled] = await world.consume();

    expect(handled?.outcome).toBe('retry');
    expect(await world.user(id)).toMatchObject({ status: 'active' });
    await world.settle();
    expect(await typesOf(world, id)).toEqual(['user.created']);
  });

  test('who is deleted here already is nothing new', async () => {
    const { world, id } = await knowing();
    world.google.workspace.remove(NOOR);
    await give(world, aHint(world, id, { event: 'delete' }));
    await world.consume();
    const deletedMs = (await world.user(id))?.deletedMs;

    await give(world, aHint(world, id, { event: 'delete' }));
    await world.settle();

    expect(await world.user(id)).toMatchObject({ status: 'deleted', deletedMs });
    expect(await typesOf(world, id)).toEqual(['user.created', 'user.deleted']);
  });
});

describe('a row younger than ten minutes', () => {
  async function young(): Promise<{ world: World; id: string }> {
    const world = await createWorld({ vars: { DELETE_GUARD_COUNT: '20' } });
    const { id } = world.google.workspace.add({ primaryEmail: 'new@example.test' });
    await give(world, aHint(world, id, { event: 'add' }));
    await world.settle();
    world.google.calls.length = 0;
    return { world, id };
  }

  test.each(['update', 'makeAdmin', 'undelete', null] as const)(
    'is not believed to be gone after %s: Google may simply not show it yet',
    async (event) => {
      const { world, id } = await young();
      world.google.workspace.remove(id);

      await give(world, aHint(world, id, { event }));
      const [handled] = await world.consume();
      world.advance(9 * 60_000);
      await world.consume();

      expect(handled?.outcome).toBe('retry');
      expect(await world.user(id)).toMatchObject({ status: 'active' });
    },
  );

  test('is found gone once it is old enough, and not before', async () => {
    const { world, id } = await young();
    const born = (await world.user(id))?.createdMs ?? 0;
    world.google.workspace.remove(id);

    await give(world, aHint(world, id));
    await world.settle(20 * 60_000);

    const row = await world.user(id);
    expect(row).toMatchObject({ status: 'deleted' });
    expect((row?.deletedMs ?? 0) - born).toBeGreaterThanOrEqual(10 * 60_000);
    expect(world.queue).toEqual([]);
  });

  test('is gone at once where a delete was announced', async () => {
    const { world, id } = await young();
    world.google.workspace.remove(id);

    await give(world, aHint(world, id, { event: 'delete' }));
    await world.consume();

    expect(await world.user(id)).toMatchObject({ status: 'deleted' });
  });

  test('is gone at once where an operator has agreed to it, and not where one has not', async () => {
    const { world, id } = await young();
    world.google.workspace.remove(id);
    const { DB } = world.env;
    await DB.prepare(
      "INSERT INTO held_removals (directory_id, user_id, reason, since_ms) VALUES ('default', ?1, 'missing', ?2)",
    )
      .bind(id, world.clock.nowMs)
      .run();

    await give(world, aHint(world, id, { cause: 'operator' }));
    await world.consume();
    expect(await world.user(id)).toMatchObject({ status: 'active' });

    await DB.prepare('UPDATE held_removals SET approved_until_ms = ?1')
      .bind(world.clock.nowMs + 86_400_000)
      .run();
    await give(world, aHint(world, id, { cause: 'operator' }));
    await world.consume();
    expect(await world.user(id)).toMatchObject({ status: 'deleted', cause: 'operator' });
  });

  test('is gone at once where a delete was announced among other hints', async () => {
    const { world, id } = await young();
    world.google.workspace.remove(id);

    await give(world, aHint(world, id), aHint(world, id, { event: 'delete' }), aHint(world, id));
    await world.consume();

    expect(await world.user(id)).toMatchObject({ status: 'deleted' });
  });
});

describe("Google's word: gone is only a JSON 404 with reason notFound", () => {
  const denials: [string, () => Response][] = [
    ['an HTML 404', () => new Response('<html>Not Found</html>', { status: 404 })],
    ['a JSON 404 without a reason', () => Response.json({ error: { code: 404 } }, { status: 404 })],
    [
      'a JSON 404 with another reason',
      () => Response.json({ error: { errors: [{ reason: 'gone' }] } }, { status: 404 }),
    ],
    ['an empty 404', () => new Response(null, { status: 404 })],
    [
      'a 410 with reason notFound',
      () => Response.json({ error: { errors: [{ reason: 'notFound' }] } }, { status: 410 }),
    ],
    [
      'a 403 with reason notFound',
      () => Response.json({ error: { errors: [{ reason: 'notFound' }] } }, { status: 403 }),
    ],
    [
      'a 403 forbidden',
      () => Response.json({ error: { errors: [{ reason: 'forbidden' }] } }, { status: 403 }),
    ],
    [
      'a 200 with an error in it',
      () => Response.json({ error: { errors: [{ reason: 'notFound' }] } }, { status: 200 }),
    ],
    ['an empty 200', () => new Response(null)],
    ['an empty object', () => Response.json({})],
    ['null', () => Response.json(null)],
    ['an empty list', () => Response.json([])],
    ['a 204', () => new Response(null, { status: 204 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: '/gone' } })],
  ];

  test.each(denials)('%s is a failure and removes nobody', async (_, answer) => {
    const { world, id } = await knowing();
    onGet(world, id, answer);

    await give(world, aHint(world, id, { event: 'delete' }));
    const [handled] = await world.consume();
    await world.settle();

    expect(handled?.outcome).toBe('retry');
    expect(await world.user(id)).toMatchObject({ status: 'active' });
    expect(await typesOf(world, id)).toEqual(['user.created']);
  });
});

describe('GOOGLE_DOMAIN', () => {
  const vars = { GOOGLE_DOMAIN: 'example.test' };

  test('who leaves the domain is gone, and who comes back is the same person', async () => {
    const { world, id } = await knowing(vars);
    world.google.workspace.rename(NOOR, 'noor@example-studio.test');
    await give(world, aHint(world, id));
    await world.settle();
    expect(await world.user(id)).toMatchObject({ status: 'deleted' });

    world.google.workspace.rename(id, NOOR);
    await give(world, aHint(world, id));
    await world.settle();

    expect(await world.user(id)).toMatchObject({ status: 'active', email: NOOR });
    expect(await typesOf(world, id)).toEqual(['user.created', 'user.deleted', 'user.restored']);
  });

  test('who was never in the domain is not stored', async () => {
    const { world } = await knowing(vars);
    const { id } = world.google.workspace.add({ primaryEmail: 'x@example-studio.test' });

    await give(world, aHint(world, id, { event: 'add' }));
    await world.settle();

    expect(await world.user(id)).toBeNull();
  });

  test.each(['NOOR@EXAMPLE.TEST', 'noor@Example.Test'])(
    'letter case is no other domain: %s',
    async (address) => {
      const { world, id } = await knowing(vars);
      world.google.workspace.raw(NOOR, { primaryEmail: address });

      await give(world, aHint(world, id));
      await world.settle();

      expect(await world.user(id)).toMatchObject({ status: 'active' });
    },
  );

  test.each(['noor@sub.example.test', 'noor@badexample.test', 'noor@example.test.evil.test'])(
    'a domain that only looks alike is another: %s',
    async (address) => {
      const { world, id } = await knowing(vars);
      world.google.workspace.raw(NOOR, { primaryEmail: address });

      await give(world, aHint(world, id));
      await world.settle();

      expect(await world.user(id)).toMatchObject({ status: 'deleted' });
    },
  );
});

describe('a look that others overtook', () => {
  test('is repeated in the same batch with a new ticket, at no cost in retries', async () => {
    const { world, id } = await knowing();
    const earlier = (await takeTicket(world.ports.db, 'default', null))?.ticket ?? 0;
    onGet(world, id, async (before) => {
      if (before > 0) return undefined;
      // Somebody who began earlier writes now, what was true then.
      await applyObservations(world.ports, 'default', { ticket: earlier, nowMs: 1 }, [seen(id)]);
      world.google.workspace.suspend(NOOR);
      return undefined;
    });

    await give(world, aHint(world, id));
    const [handled] = await world.consume();

    const row = await world.user(id);
    expect(row).toMatchObject({ status: 'suspended', email: NOOR });
    expect(row?.ticket).toBe(earlier + 2);
    expect(handled?.outcome).toBe('ack');
  });

  test('by a pass that began is repeated', async () => {
    const { world, id } = await knowing();
    let floor = 0;
    onGet(world, id, async (before) => {
      if (before === 0) floor = (await takePassTicket(world.ports.db, 'default')) ?? 0;
      return undefined;
    });
    world.google.workspace.suspend(NOOR);

    await give(world, aHint(world, id));
    const [handled] = await world.consume();

    expect(handled?.outcome).toBe('ack');
    const row = await world.user(id);
    expect(row).toMatchObject({ status: 'suspended' });
    expect(row?.ticket).toBeGreaterThan(floor);
  });

  test('again and again comes back later, and nothing is lost', async () => {
    const { world, id } = await knowing();
    let isBusy = true;
    onGet(world, id, async () => {
      if (isBusy) await takePassTicket(world.ports.db, 'default');
      return undefined;
    });
    world.google.workspace.suspend(NOOR);

    await give(world, aHint(world, id));
    const endMs = world.clock.nowMs;
    // Rounds end, so one batch can't go on for ever.
    const [handled] = await world.consume();
    expect(handled).toMatchObject({ outcome: 'retry' });
    expect(await world.user(id)).toMatchObject({ status: 'active' });

    isBusy = false;
    await world.settle();
    expect(await world.user(id)).toMatchObject({ status: 'suspended' });
    expect(world.clock.nowMs - endMs).toBeLessThan(60_000);
  });

  test('by time, 20 s, is repeated: an old answer is not applied', async () => {
    const { world, id } = await knowing();
    const before = (await world.user(id))?.ticket ?? 0;
    onGet(world, id, async (count) => {
      if (count > 0) return undefined;
      const answer = Response.json({
        id,
        customerId: 'C0rollcall1',
        primaryEmail: 'old@example.test',
        suspended: false,
      });
      world.advance(21_000);
      return answer;
    });

    await give(world, aHint(world, id));
    await world.consume();

    const row = await world.user(id);
    expect(row).toMatchObject({ email: NOOR });
    expect(row?.ticket).toBe(before + 2);
  });
});

describe('the calls of one event', () => {
  test('are six at a time at most', async () => {
    const { world } = await knowing();
    const people = world.google.workspace.addMany(20, { push: false });
    const fetch = world.google.fetch;
    let inFlight = 0;
    let most = 0;
    world.google.fetch = async (request) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await Promise.resolve();
      const response = await fetch(request);
      inFlight -= 1;
      return response;
    };

    await lookAt(
      world.ports,
      'default',
      people.map(({ id }) => aPerson(id)),
      null,
    );

    expect(most).toBe(6);
  });

  test('are 45 at most, and who was not looked at is deferred', async () => {
    const { world } = await knowing();
    const people = world.google.workspace.addMany(60, { push: false });

    const looked = await lookAt(
      world.ports,
      'default',
      people.map(({ id }) => aPerson(id)),
      null,
    );

    const kinds = [...(looked?.conclusions.values() ?? [])].map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'applied')).toHaveLength(45);
    expect(kinds.filter((kind) => kind === 'deferred')).toHaveLength(15);
    expect(getsOf(world)).toBe(45);
  });

  test('fit the free plan where a whole batch is denied and looked at twice', async () => {
    const { world } = await knowing({ DELETE_GUARD_COUNT: '20' });
    const people = world.google.workspace.addMany(20, { push: false });
    await acquaint(world, ...people.map(({ id }) => id));
    for (const { id } of people) world.google.workspace.remove(id);

    await give(world, ...people.map(({ id }) => aHint(world, id, { event: 'delete' })));
    await world.consume();

    expect(world.google.calls.length).toBeLessThanOrEqual(50);
    expect((await world.users()).filter(({ status }) => status === 'deleted')).toHaveLength(20);
  });

  test('begin no more when the ticket is old, so that Google’s slowness loses nobody', async () => {
    const { world } = await knowing();
    const people = world.google.workspace.addMany(20, { push: false });
    const fetch = world.google.fetch;
    world.google.fetch = async (request) => {
      world.advance(3_000);
      return fetch(request);
    };

    await give(world, ...people.map(({ id }) => aHint(world, id, { event: 'add' })));
    await world.settle();

    expect((await world.users()).length).toBe(21);
    expect(world.queue).toEqual([]);
  });

  test('cost the database the same for 1 person and for 20', async () => {
    const { world } = await knowing();
    const people = world.google.workspace.addMany(21, { push: false });
    const d1 = env.DB;
    let queries = 0;
    const counted = new Proxy(d1, {
      get(target, name) {
        if (name === 'prepare' || name === 'batch') queries += 1;
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const ports = { ...world.ports, db: openDatabase(counted) };
    await lookAt(
      ports,
      'default',
      people.slice(0, 1).map(({ id }) => aPerson(id)),
      null,
    );
    const one = queries;
    queries = 0;

    await lookAt(
      ports,
      'default',
      people.slice(1).map(({ id }) => aPerson(id)),
      null,
    );

    expect(queries).toBe(one);
  });
});

test('another directory’s people are not asked about: this configuration’s Google would deny them', async () => {
  const world = await createWorld();
  await world.env.DB.prepare(
    "INSERT INTO directories (id, customer, admin_email) VALUES ('other', 'C2', 'a@other.test')",
  ).run();
  const person = {
    id: '123456789',
    cause: 'operator',
    noticedMs: 1,
    announcedDelete: true,
  } as const;

  expect(await lookAt(world.ports, 'other', [person], null)).toBeNull();
  expect(world.google.calls).toEqual([]);
});
