// What a changed rule costs: a recompute of everybody in pages, as the queue has it done one after the other, and a preview of the
// same change. Both in workerd over a local D1, one request for a page; in production the way to D1 is added to each query.
import type { RuleChange } from '../../src/roles/edit.ts';
import { type Row, runFigure, say } from './figure.ts';
import { openRolesStack, type RolesStack } from './roles-stack.ts';
import { percentile } from './statistics.ts';

/** Everybody is in one of four teams: everybody's roles change. */
const TEAMS: RuleChange = {
  kind: 'add',
  rule: { source: { kind: 'fields', schema: 'PM_Teams' }, role: 'team:{field}' },
};
const LEADS: RuleChange = {
  kind: 'add',
  rule: { source: { kind: 'value', schema: 'User_Level', field: 'Grade' }, role: 'grade-{value}' },
};
const NOBODY: RuleChange = {
  kind: 'add',
  rule: { source: { kind: 'org-unit', path: '/Nowhere' }, role: 'nobody' },
};
const PAGE = 500;
const PREVIEWS = 20;
const WARM_UP = 3;

type Counts = Awaited<ReturnType<RolesStack['ask']>>['counts'];

interface Recomputed extends Counts {
  seconds: number;
  pages: number;
  pageMs: number[];
}

/** Saves a rule and brings everybody to it. */
async function recompute({ ask }: RolesStack, change: RuleChange | null): Promise<Recomputed> {
  if (change !== null) await ask('/save', change);
  const sum: Recomputed = {
    seconds: 0,
    pages: 0,
    pageMs: [],
    statements: 0,
    roundTrips: 0,
    rowsRead: 0,
    rowsWritten: 0,
  };
  for (let step = 'more'; step === 'more'; ) {
    const { body, ms, counts } = await ask<string>('/recompute', {});
    step = body;
    sum.seconds += ms / 1000;
    sum.pages += 1;
    sum.pageMs.push(ms);
    for (const name of Object.keys(counts) as (keyof Counts)[]) sum[name] += counts[name];
  }
  return sum;
}

/** The least that is to be written: everybody has one role more, by one statement for each 500; events and terms by triggers. */
async function writeBare({ d1 }: RolesStack, people: number) {
  const ids = await d1.prepare('SELECT id FROM users ORDER BY id').all<{ id: string }>();
  const sum = { seconds: 0, rowsWritten: 0, rowsRead: 0 };
  for (let from = 0; from < people; from += PAGE) {
    const page = ids.results.slice(from, from + PAGE).map(({ id }) => id);
    const startedMs = performance.now();
    const { meta } = await d1
      .prepare(
        `UPDATE users SET roles = json_insert(roles, '$[#]', 'x'), cause = 'rules', changed_ms = ?2
         WHERE id IN (SELECT value FROM json_each(?1))`,
      )
      .bind(JSON.stringify(page), Date.now())
      .run();
    sum.seconds += (performance.now() - startedMs) / 1000;
    sum.rowsWritten += meta.rows_written;
    sum.rowsRead += meta.rows_read;
  }
  return sum;
}

/** The rows that a preview reads, in the same pages, and nothing done with them. */
async function readBare({ d1 }: RolesStack): Promise<number> {
  const startedMs = performance.now();
  for (let after = ''; ; ) {
    const { results } = await d1
      .prepare(
        `SELECT id, email, full_name, is_admin, org_unit_path, custom_schemas, roles FROM users
         WHERE id > ?1 ORDER BY id LIMIT 2000`,
      )
      .bind(after)
      .all<{ id: string }>();
    after = results.at(-1)?.id ?? '';
    if (results.length < 2_000) return performance.now() - startedMs;
  }
}

async function measure(temporary: string, people: number): Promise<Row[]> {
  const stack = await openRolesStack(`${temporary}/roles`, people);
  const { ask } = stack;
  // The first rule, and whoever has yet to be brought to it.
  await ask('/save', NOBODY);
  await recompute(stack, null);
  const idle = await recompute(stack, { ...NOBODY });
  const previewMs: number[] = [];
  const bareMs: number[] = [];
  let rowsRead = 0;
  for (let i = -WARM_UP; i < PREVIEWS; i += 1) {
    const preview = await ask<{ people: number; changed: number }>('/preview', TEAMS);
    if (preview.body.changed < people * 0.9) throw new Error(JSON.stringify(preview.body));
    const bare = await readBare(stack);
    rowsRead = preview.counts.rowsRead;
    if (i < 0) continue;
    previewMs.push(preview.ms);
    bareMs.push(bare);
  }
  say(`preview: p50 ${percentile(previewMs, 50).toFixed(0)} ms`);
  const all = await recompute(stack, TEAMS);
  const again = await recompute(stack, LEADS);
  say(`recompute: ${all.seconds.toFixed(1)} s, again ${again.seconds.toFixed(1)} s`);
  const bare = await writeBare(stack, people);
  await stack.close();

  const each = { what: 'people', value: people, unit: 'people' };
  const pages = { what: 'pages of 500', value: people / PAGE, unit: 'pages' };
  const row = (what: string, value: number, unit: string, base: Row['base'] & object): Row => ({
    what,
    measured: { value, unit },
    base,
    ratio: value / base.value,
    samples: 1,
  });
  const written = 'one UPDATE for each 500, events and terms by triggers';
  const at = (percent: number): Row => ({
    ...row(`preview, p${percent}`, percentile(previewMs, percent), 'ms', {
      what: `the same rows read by the bench, p${percent}`,
      value: percentile(bareMs, percent),
      unit: 'ms',
    }),
    samples: previewMs.length,
  });
  return [
    row("recompute, everybody's roles change", all.seconds, 's', {
      what: written,
      value: bare.seconds,
      unit: 's',
    }),
    row('recompute, nobody’s change', idle.seconds, 's', {
      what: "everybody's change",
      value: all.seconds,
      unit: 's',
    }),
    row('a page of 500, p95', percentile([...all.pageMs, ...again.pageMs], 95), 'ms', {
      what: 'p50',
      value: percentile([...all.pageMs, ...again.pageMs], 50),
      unit: 'ms',
    }),
    row('recompute: D1 statements', all.statements, 'statements', pages),
    row('recompute: D1 round trips', all.roundTrips, 'trips', pages),
    row('recompute: D1 rows read', all.rowsRead, 'rows', {
      what: written,
      value: bare.rowsRead,
      unit: 'rows',
    }),
    row('recompute: D1 rows written', all.rowsWritten, 'rows', {
      what: written,
      value: bare.rowsWritten,
      unit: 'rows',
    }),
    row('recompute, nobody’s change: D1 rows written', idle.rowsWritten, 'rows', each),
    at(50),
    at(95),
    row('preview: D1 rows read', rowsRead, 'rows', each),
  ];
}

const [people] = process.argv.slice(3).map(Number);
await runFigure((temporary) => measure(temporary, people ?? 10_000));
