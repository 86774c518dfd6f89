// A look counts only if nobody wrote the row since it began: every interleaving of two looks at one person,
// with Google changing and passes beginning in between, against the real database.
import { beforeAll, describe, expect, test } from 'vitest';
import { takePassTicket } from '../../src/db/directories.ts';
import type { ApplyOutcome } from '../../src/db/users.ts';
import { applyObservations } from '../../src/sync/apply.ts';
import { aDirectory, applyPorts, db, gone, newId, rawRow, seen, ticketOf } from './observed.ts';

/** Interleavings are played side by side, each in a directory of its own: a pass voids looks in no other. */
const LANES = Array.from({ length: 16 }, (_, i) => `lane-${i}`);

beforeAll(async () => {
  for (const directoryId of LANES) await aDirectory(directoryId);
  await aDirectory();
});

type Step =
  | 'A.ticket'
  | 'A.read'
  | 'A.write'
  | 'B.ticket'
  | 'B.read'
  | 'B.write'
  | 'change'
  | 'pass';

/** Every way to merge sequences that each keep their own order. */
function* merges(sequences: readonly (readonly Step[])[]): Generator<Step[]> {
  if (sequences.every((sequence) => sequence.length === 0)) {
    yield [];
    return;
  }
  for (const [i, sequence] of sequences.entries()) {
    const [first, ...rest] = sequence;
    if (first === undefined) continue;
    for (const tail of merges(sequences.with(i, rest))) yield [first, ...tail];
  }
}

const LOOKS = [
  ['A.ticket', 'A.read', 'A.write'],
  ['B.ticket', 'B.read', 'B.write'],
] as const;

/** Every order of both looks and what else happens; A is whichever takes its ticket first. */
function ordersWith(...others: readonly (readonly Step[])[]): Step[][] {
  return [...merges([...LOOKS, ...others])].filter(
    (steps) => steps.indexOf('A.ticket') < steps.indexOf('B.ticket'),
  );
}

/** What Google says about one person, version by version. */
type Version = 'absent' | 'active' | 'suspended' | 'renamed';

function observation(id: string, version: Version) {
  if (version === 'absent') return gone(id);
  return seen(id, {
    suspended: version === 'suspended',
    fullName: version === 'renamed' ? 'Bo New' : 'Ana New',
  });
}

/** What a row says, in the words of a version; somebody deleted is as absent as somebody unknown. */
async function shown(id: string): Promise<Version> {
  const row = await rawRow(id);
  if (row === null || row.status === 'deleted') return 'absent';
  if (row.status === 'suspended') return 'suspended';
  return row.full_name === 'Bo New' ? 'renamed' : 'active';
}

interface Look {
  ticketAt: number;
  ticket: number;
  readVersion: number;
  outcome: ApplyOutcome | null;
}

const newLook = (): Look => ({ ticketAt: -1, ticket: 0, readVersion: -1, outcome: null });

interface Write {
  at: number;
  by: Look;
}

/**
 * Plays one interleaving and holds it against the rules, which it keeps by the order of steps alone and
 * not by tickets: refused = somebody wrote the row, or a pass began, since this look began.
 */
async function play(
  directoryId: string,
  steps: readonly Step[],
  versions: readonly Version[],
  hasRow: boolean,
): Promise<void> {
  const id = newId();
  const initial: Look = newLook();
  const writes: Write[] = [];
  const passes: number[] = [];
  let version = 0;
  let lastChangeAt = -1;
  const write = (look: Look) =>
    applyObservations(applyPorts, directoryId, { ticket: look.ticket, nowMs: 1 }, [
      observation(id, versions[look.readVersion] ?? 'absent'),
    ]);
  if (hasRow) {
    initial.ticket = await ticketOf(directoryId);
    initial.readVersion = 0;
    await write(initial);
    writes.push({ at: -1, by: initial });
  }

  const looks = { A: newLook(), B: newLook() };
  for (const [at, step] of steps.entries()) {
    if (step === 'change') {
      version += 1;
      lastChangeAt = at;
    } else if (step === 'pass') {
      await takePassTicket(db, directoryId);
      passes.push(at);
    } else {
      const [name, action] = step.split('.') as ['A' | 'B', 'ticket' | 'read' | 'write'];
      const look = looks[name];
      if (action === 'ticket') {
        look.ticket = await ticketOf(directoryId);
        look.ticketAt = at;
      } else if (action === 'read') look.readVersion = version;
      else {
        look.outcome = (await write(look)).get(id)?.outcome ?? null;
        await judge(look, at);
      }
    }
  }
  await repeatTheLost();

  async function judge(look: Look, at: number): Promise<void> {
    const since = writes.filter((w) => w.at > look.ticketAt);
    const refused = since.length > 0 || passes.some((pass) => pass > look.ticketAt);
    const last = writes.at(-1);
    const context = `${steps.join(' ')} | ${versions.join(' ')} | ${look === looks.A ? 'A' : 'B'}`;
    if (refused) {
      // Answered: the row was written by a look that began later. Lost: by one that began earlier.
      const isAnswered = last !== undefined && last.by.ticketAt > look.ticketAt;
      expect(look.outcome, context).toBe(isAnswered ? 'answered' : 'lost');
      return;
    }
    const before = last === undefined ? 'absent' : versions[last.by.readVersion];
    const found = versions[look.readVersion];
    expect(look.outcome, context).toBe(before === found ? 'unchanged' : 'written');
    // Never an older look over a newer one.
    if (last) expect(look.readVersion, context).toBeGreaterThanOrEqual(last.by.readVersion);
    expect(await shown(id), context).toBe(found);
    // A person without a row has nothing to stamp.
    if (last !== undefined || found !== 'absent') writes.push({ at, by: look });
  }

  async function repeatTheLost(): Promise<void> {
    for (const look of Object.values(looks)) {
      if (look.outcome !== 'lost') continue;
      const repeated: Look = {
        ...newLook(),
        ticket: await ticketOf(directoryId),
        readVersion: version,
      };
      const outcome = (await write(repeated)).get(id)?.outcome;
      expect(['written', 'unchanged']).toContain(outcome);
    }
    // Google's push for the last change makes a look that begins after it: then the row is right.
    const sawTheLast = Object.values(looks).some(
      (look) => look.ticketAt > lastChangeAt || look.outcome === 'lost',
    );
    if (sawTheLast) expect(await shown(id), steps.join(' ')).toBe(versions[version]);
  }
}

async function playAll(
  orders: readonly Step[][],
  versions: readonly Version[],
  hasRow: boolean,
): Promise<void> {
  const waiting = orders.values();
  await Promise.all(
    LANES.map(async (directoryId) => {
      for (const steps of waiting) await play(directoryId, steps, versions, hasRow);
    }),
  );
}

const HISTORIES: { name: string; versions: Version[]; hasRow: boolean }[] = [
  { name: 'is suspended', versions: ['active', 'suspended'], hasRow: true },
  { name: 'is let in again', versions: ['suspended', 'active'], hasRow: true },
  { name: 'is added', versions: ['absent', 'active'], hasRow: false },
  { name: 'leaves', versions: ['active', 'absent'], hasRow: true },
  { name: 'changes before anybody knew them', versions: ['active', 'renamed'], hasRow: false },
];

describe('two looks at one person, in every order of ticket, read and write', () => {
  test.each(HISTORIES)(
    'who $name in between',
    async ({ versions, hasRow }) => {
      const orders = ordersWith(['change']);
      expect(orders).toHaveLength(70);
      await playAll(orders, versions, hasRow);
    },
    60_000,
  );

  test('who changes twice in between', async () => {
    const orders = ordersWith(['change', 'change']);
    expect(orders).toHaveLength(280);
    await playAll(orders, ['active', 'suspended', 'renamed'], true);
  }, 60_000);

  test('who changes and changes back in between', async () => {
    const orders = ordersWith(['change', 'change']);
    await playAll(orders, ['active', 'absent', 'active'], true);
  }, 60_000);

  test('while a pass begins, which voids every look that began earlier', async () => {
    const orders = ordersWith(['change'], ['pass']);
    expect(orders).toHaveLength(560);
    await playAll(orders, ['active', 'suspended'], true);
  }, 60_000);

  test('of whom nobody knew, while a pass begins', async () => {
    const orders = ordersWith(['pass']);
    await playAll(orders, ['active'], false);
  }, 60_000);
});

test('a list that began earlier never touches the row of a later look', async () => {
  const id = newId();
  const listTicket = await takePassTicket(db, 'default');
  const lookTicket = await ticketOf();
  await applyObservations(applyPorts, 'default', { ticket: lookTicket, nowMs: 1 }, [
    seen(id, { suspended: true }),
  ]);

  const listed = await applyObservations(
    applyPorts,
    'default',
    { ticket: listTicket ?? 0, nowMs: 2, insertOnly: true },
    [seen(id)],
  );

  expect(listed.get(id)?.outcome).toBe('unchanged');
  expect(await rawRow(id)).toMatchObject({ status: 'suspended' });
});
