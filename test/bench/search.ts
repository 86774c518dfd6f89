// Finding people: how long a page of 50 takes beside a bare read of one person by id through the same Worker, one of each in
// turn, and how many rows D1 reads for it. In production the way to D1 is added to both.
import { type Row, runFigure, say } from './figure.ts';
import { idOf, openRolesStack, type RolesStack } from './roles-stack.ts';
import type { SearchOrder } from './roles-worker.ts';
import { percentile } from './statistics.ts';

const WARM_UP = 20;
const SAMPLES = 150;

interface Page {
  people: { id: string; email: string }[];
  next: SearchOrder['after'];
}

async function middleOf({ d1 }: RolesStack): Promise<{ at: string; id: string }> {
  const row = await d1
    .prepare(
      'SELECT email AS "at", id FROM users ORDER BY email LIMIT 1 OFFSET (SELECT count(*) * 9 / 10 FROM users)',
    )
    .first<{ at: string; id: string }>();
  if (row === null) throw new Error('nobody is there');
  return row;
}

async function measure(temporary: string, people: number): Promise<Row[]> {
  const stack = await openRolesStack(`${temporary}/people`, people);
  say(`${people} people are there`);
  const searches: Readonly<Record<string, SearchOrder>> = {
    'list, first page': { filter: {}, after: null },
    'list, after nine tenths': { filter: {}, after: await middleOf(stack) },
    'by a word that many have': { filter: { words: ['ros'] }, after: null },
    'by a word that three have': { filter: { words: ['zweistein'] }, after: null },
    'by two words': { filter: { words: ['okonkwo', 'elif'] }, after: null },
    'by two words that nobody has together': {
      filter: { words: ['zweistein', 'nakamura'] },
      after: null,
    },
    'by the beginning of an address': { filter: { address: 'mateo.p' }, after: null },
    'by a role': { filter: { role: 'Billing' }, after: null },
    'by an org unit and those below': { filter: { orgUnitPath: '/Staff' }, after: null },
    'by a status': { filter: { status: 'suspended' }, after: null },
    'by a role within an org unit': {
      filter: { role: 'Approver', orgUnitPath: '/Contractors' },
      after: null,
    },
  };
  const rows: Row[] = [];
  for (const [what, order] of Object.entries(searches)) {
    const ms: number[] = [];
    const bareMs: number[] = [];
    let read = 0;
    let shown = 0;
    for (let i = -WARM_UP; i < SAMPLES; i += 1) {
      const found = await stack.ask<Page>('/search', order);
      const bare = await stack.ask('/bare', { id: idOf((i * 7 + 1_000) % people) });
      read = found.counts.rowsRead;
      shown = found.body.people.length;
      if (i < 0) continue;
      ms.push(found.ms);
      bareMs.push(bare.ms);
    }
    say(`${what}: ${shown} people, p95 ${percentile(ms, 95).toFixed(1)} ms, ${read} rows`);
    rows.push(
      ...[50, 95].map((percent): Row => {
        const [value, base] = [percentile(ms, percent), percentile(bareMs, percent)];
        return {
          what: `${what}, ${people} people, p${percent}`,
          measured: { value, unit: 'ms' },
          base: { what: `one D1 row by id, p${percent}`, value: base, unit: 'ms' },
          ratio: value / base,
          samples: SAMPLES,
        };
      }),
      {
        what: `${what}: D1 rows read`,
        measured: { value: read, unit: 'rows' },
        base: { what: 'people shown', value: shown, unit: 'people' },
        ...(shown > 0 && { ratio: read / shown }),
        samples: 1,
      },
    );
  }
  await stack.close();
  return rows;
}

const [people] = process.argv.slice(3).map(Number);
await runFigure((temporary) => measure(temporary, people ?? 100_000));
