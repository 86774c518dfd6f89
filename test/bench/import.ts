// What the first import costs, and that a second pass costs no row: the product's own reconcile() in this process
// (see in-process.ts), asking a fake Google over HTTP on loopback.
import { type Row, runFigure, say } from './figure.ts';
import { startGoogleAside } from './google-aside.ts';
import {
  type Cost,
  callsOf,
  type InProcess,
  listBare,
  openInProcess,
  writtenTo,
} from './in-process.ts';
import { type Memory, watchMemory } from './memory.ts';
import { median } from './statistics.ts';

const BARE_ROUNDS = 5;

interface PassFigures extends Cost {
  before: Memory;
  peak: Memory;
}

async function measure(temporary: string, people: number): Promise<Row[]> {
  const google = await startGoogleAside(people);
  const product = await openInProcess(temporary, { google, people });
  async function pass(id: string): Promise<PassFigures> {
    const { result, ...memory } = await watchMemory(() => product.cost(() => product.pass(id)));
    say(`${id}: ${result.seconds.toFixed(1)} s`);
    return { ...result, ...memory };
  }

  const first = await pass('first');
  const after = await totals(product);
  const second = await pass('second');
  const unchanged = await totals(product);
  if (writtenTo(second, 'users') === 0 && JSON.stringify(after) !== JSON.stringify(unchanged))
    throw new Error('D1 says that nothing was written to users, and the rows say otherwise');
  if (after.users !== people) throw new Error(`${after.users} rows for ${people} people`);

  const bareSeconds: number[] = [];
  for (let round = 0; round < BARE_ROUNDS; round += 1) bareSeconds.push(await listBare(first));
  return rowsOf(first, second, {
    people,
    bareSeconds: median(bareSeconds),
    eventsAdded: unchanged.events - after.events,
  });
}

/** Changes if any row of `users` was written or any event added. */
async function totals({ d1 }: InProcess) {
  const row = await d1
    .prepare(
      `SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM events) AS events,
         (SELECT max(seq) FROM events) AS seq, sum(ticket) AS tickets, sum(written) AS written,
         max(changed_ms) AS changed FROM users`,
    )
    .first<Record<'users' | 'events' | 'seq' | 'tickets' | 'written' | 'changed', number>>();
  if (row === null) throw new Error('no totals');
  return row;
}

function rowsOf(
  first: PassFigures,
  second: PassFigures,
  at: { people: number; bareSeconds: number; eventsAdded: number },
): Row[] {
  const row = (what: string, value: number, unit: string, base?: Row['base']): Row => ({
    what,
    measured: { value, unit },
    ...(base && { base }),
    ...(base && base.value !== 0 && { ratio: value / base.value }),
    samples: at.people,
  });
  const bare = { what: 'list and parse only', value: at.bareSeconds, unit: 's' };
  const pages = { what: 'pages of 500', value: Math.ceil(at.people / 500), unit: 'pages' };
  const people = { what: 'people', value: at.people, unit: 'people' };
  const asFirst = (what: string, value: number, unit: string) => ({
    what: `first: ${what}`,
    value,
    unit,
  });
  const before = (value: number) => ({ what: 'just before', value, unit: 'MiB' });
  const calls = callsOf(first);
  const changesOf = (cost: Cost) => writtenTo(cost, 'users', 'events');
  return [
    row('first import', first.seconds, 's', bare),
    row('second pass', second.seconds, 's', bare),
    row('first: list calls', calls.lists, 'calls', pages),
    row('first: other calls to Google (token)', calls.gets + calls.others, 'calls'),
    row('first: D1 round trips', first.d1.roundTrips, 'trips', pages),
    row('first: D1 statements', first.d1.statements, 'statements', pages),
    row('first: D1 rows written', first.d1.rowsWritten, 'rows', people),
    row('first: D1 rows read', first.d1.rowsRead, 'rows', people),
    row(
      'first: peak memory of the process',
      first.peak.processMiB,
      'MiB',
      before(first.before.processMiB),
    ),
    row(
      'first: peak of JS heap and buffers',
      first.peak.heapMiB,
      'MiB',
      before(first.before.heapMiB),
    ),
    row('second: calls to Google', second.asked.length, 'calls', pages),
    row(
      'second: D1 round trips',
      second.d1.roundTrips,
      'trips',
      asFirst('round trips', first.d1.roundTrips, 'trips'),
    ),
    row(
      'second: rows written to users, events',
      changesOf(second),
      'rows',
      asFirst('rows', changesOf(first), 'rows'),
    ),
    row('second: rows written elsewhere', second.d1.rowsWritten - changesOf(second), 'rows'),
    row('second: events added', at.eventsAdded, 'rows'),
  ];
}

const [people] = process.argv.slice(3).map(Number);
await runFigure((temporary) => measure(temporary, people ?? 10_000));
