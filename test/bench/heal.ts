// How soon a pass makes good what pushes missed. People change at a fake Google that pushes nothing; then one pass
// finds them, its hints go through the consumer, and every row is held against Google. To be added by the reader: how
// long until the next pass begins, at most RECONCILE_EVERY_MINUTES.
//
// The product's own code in this process; see in-process.ts. What it waits on purpose (half a minute before the second
// comparison, some seconds before a removal is believed) is added to the clock, counted, and shown beside.
//
// Base: the same list calls, parsed and thrown away.
import { type Row, runFigure, say } from './figure.ts';
import { startGoogleAside } from './google-aside.ts';
import type { Order, PersonNow } from './google-process.ts';
import { type InProcess, listBare, openInProcess } from './in-process.ts';

/** As many as one pass has looked at; what is more is the next one's. */
const CHANGED: Order = { retitled: 470, suspended: 15, deleted: 5, hired: 10, title: 'Healed' };
/** Nobody's removal is believed while their row is younger than 10 minutes. */
const ROWS_GROW_OLD_MS = 11 * 60_000;

/** @throws if any row is not as Google has it */
async function checkRows({ d1 }: InProcess, wanted: readonly PersonNow[]): Promise<void> {
  const rows = await d1
    .prepare(
      `SELECT count(*) AS n FROM json_each(?1) o JOIN users u ON u.id = o.value->>'$.id'
       WHERE u.status = o.value->>'$.status'
         AND (u.status = 'deleted' OR u.attributes->>'$.title' = o.value->>'$.title')`,
    )
    .bind(JSON.stringify(wanted))
    .first<{ n: number }>();
  if (rows?.n !== wanted.length) throw new Error(`${rows?.n} of ${wanted.length} rows are right`);
}

const readRun = ({ d1 }: InProcess, id: string) =>
  d1
    .prepare('SELECT drift, contradictions, hinted FROM reconcile_runs WHERE id = ?1')
    .bind(id)
    .first<{ drift: number; contradictions: number; hinted: number }>();

async function measureAt(temporary: string, people: number): Promise<Row[]> {
  const google = await startGoogleAside(people);
  const product = await openInProcess(temporary, { google, people: people + CHANGED.hired });
  await product.pass('import');
  await product.clock.jump(ROWS_GROW_OLD_MS);
  await product.pass('unchanged');
  const wanted = await google.change(CHANGED);

  const healed = await product.cost(async () => {
    await product.pass('healing');
    await product.queue.drain(product.ports);
  });
  await checkRows(product, wanted);
  // The next pass counts what the consumer wrote after this one's end, and finds nothing more.
  await product.pass('afterwards');
  const [run, next] = [await readRun(product, 'healing'), await readRun(product, 'afterwards')];
  if (run?.drift !== wanted.length || next?.contradictions !== 0 || next.hinted !== 0)
    throw new Error(`${wanted.length} changed: ${JSON.stringify({ run, next })}`);
  const bareSeconds = await listBare(healed);
  google.stop();
  say(`${people}: ${healed.seconds.toFixed(1)} s, waited ${healed.waitedSeconds.toFixed(1)} s`);

  const own = healed.seconds - healed.waitedSeconds;
  const bare = { what: 'list and parse only', value: bareSeconds, unit: 's' };
  const row = (what: string, value: number, unit: string, base?: Row['base']): Row => ({
    what: `${people} people: ${what}`,
    measured: { value, unit },
    ...(base && { base, ratio: value / base.value }),
    samples: wanted.length,
  });
  return [
    row('pass begins to last row right', healed.seconds, 's', bare),
    row('of that: waited on purpose', healed.waitedSeconds, 's'),
    row('of that: own time', own, 's', bare),
    row('drift counted', run.drift, 'changes', {
      what: 'people changed',
      value: wanted.length,
      unit: 'people',
    }),
  ];
}

const sizes = process.argv.slice(3).map(Number);
await runFigure(async (temporary) => {
  const rows: Row[] = [];
  for (const people of sizes) rows.push(...(await measureAt(`${temporary}/${people}`, people)));
  return rows;
});
