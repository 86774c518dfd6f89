// What a pass over a directory in which nobody has changed costs, and what that makes of Cloudflare's plans: how many
// people fit the free one, and what two sizes cost a month on the paid one.
//
// The product's own code in this process (see in-process.ts); the first pass is the import, the second closes its
// counts, the third is measured, and the fourth tells how many pages a step has on the paid plan. Its processor time is that of the same pass played from a tape, without D1 and
// network, in a fresh process of Node: once cold, then warm.
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { measureDay } from './day.ts';
import { type Figure, type Row, runFigure, say } from './figure.ts';
import { startGoogleAside } from './google-aside.ts';
import { type Cost, callsFor, callsOf, listBare, openInProcess, writtenTo } from './in-process.ts';
import type { CpuAnswer, CpuOrder, StepCpu } from './pass-cpu.ts';
import { markdownOf } from './pass-markdown.ts';
import { FREE_CPU_MS, type Measured } from './plan.ts';
import { median } from './statistics.ts';
import { newTape } from './tape.ts';
import { plus, times, usageOf } from './usage.ts';

const PAGE = 500;
const CPU_ROUNDS = 15;
/** The tape of more than so many pages is not worth its memory. */
const TAPED_PAGES = 40;

const isPages = (name: string) => name.startsWith('pages');

async function measureAt(temporary: string, people: number) {
  const google = await startGoogleAside(people);
  const product = await openInProcess(temporary, { google, people });
  await product.pass('import');
  await product.pass('second');
  const tape = newTape();
  const isTaped = people <= TAPED_PAGES * PAGE;
  const cost = await product.cost(() => product.pass('third'), isTaped ? tape : undefined);
  say(`${people}: ${cost.seconds.toFixed(1)} s`);

  const pages = Math.ceil(people / PAGE);
  const calls = callsOf(cost);
  if (calls.lists !== pages || calls.gets !== 0)
    throw new Error(`${pages} pages: ${JSON.stringify(calls)}`);
  const changed = writtenTo(cost, 'users', 'events');
  if (changed !== 0) throw new Error(`${changed} rows written though nobody changed`);
  const bareSeconds = await listBare(cost);
  const paid = await product.cost(() => product.pass('fourth', callsFor(people)));
  const { meta } = await product.d1.prepare('SELECT 1').run();
  const cpu = isTaped ? await measureCpu(temporary, { tape, vars: product.vars }) : null;
  google.stop();
  return { people, pages, cost, paid, bareSeconds, bytes: meta.size_after, cpu };
}

async function measureCpu(temporary: string, order: Omit<CpuOrder, 'rounds'>) {
  const file = `${temporary}/tape.json`;
  writeFileSync(file, JSON.stringify({ ...order, rounds: CPU_ROUNDS } satisfies CpuOrder));
  const child = fork(fileURLToPath(new URL('pass-cpu.ts', import.meta.url).href), [file]);
  const { rounds, parseOnlyMs } = await new Promise<CpuAnswer>((resolve, reject) => {
    child.once('message', (answer) => resolve(answer as CpuAnswer));
    child.once('exit', (code) => reject(new Error(`the played passes ended with ${code}`)));
  });
  const pages = order.tape.google.length;
  const stepsOf = (round: readonly StepCpu[]) => round.filter(({ name }) => isPages(name));
  const pageMs = (round: readonly StepCpu[]) =>
    stepsOf(round).reduce((sum, { ms }) => sum + ms, 0) / pages;
  const [cold = []] = rounds;
  const warm = rounds.slice(Math.ceil(rounds.length / 3));
  return {
    coldStepMs: stepsOf(cold)[0]?.ms ?? Number.NaN,
    warmPageMs: median(warm.map(pageMs)),
    warmStepMs: median(warm.map((round) => Math.max(...stepsOf(round).map(({ ms }) => ms)))),
    parseOnlyMs: median(parseOnlyMs),
  };
}

const pageStepsOf = ({ steps }: Cost) => steps.filter(isPages).length;

type At = Awaited<ReturnType<typeof measureAt>>;
type Cpu = NonNullable<At['cpu']>;

function rowsAt({ people, pages, cost, paid, bareSeconds }: At): Row[] {
  const row = (what: string, value: number, unit: string, base?: Row['base']): Row => ({
    what: `${people} people: ${what}`,
    measured: { value, unit },
    ...(base && { base, ratio: value / base.value }),
    samples: people,
  });
  const ofPages = { what: 'pages of 500', value: pages, unit: 'pages' };
  const each = { what: 'people', value: people, unit: 'people' };
  const bare = { what: 'list and parse only', value: bareSeconds, unit: 's' };
  return [
    row('a pass', cost.seconds, 's', bare),
    row('list calls', callsOf(cost).lists, 'calls', ofPages),
    row('rows written to users, events', writtenTo(cost, 'users', 'events'), 'rows'),
    row('rows written elsewhere', cost.d1.rowsWritten, 'rows'),
    row('D1 rows read', cost.d1.rowsRead, 'rows', each),
    row('D1 statements', cost.d1.statements, 'statements', ofPages),
    row('Workflow steps', cost.steps.length, 'steps', ofPages),
    row('Workflow steps, more calls allowed', paid.steps.length, 'steps', ofPages),
  ];
}

function rowsOfCpu({ coldStepMs, warmPageMs, warmStepMs, parseOnlyMs }: Cpu): Row[] {
  const free = { what: 'free plan, a step', value: FREE_CPU_MS, unit: 'ms' };
  const parse = { what: 'JSON.parse of the page', value: parseOnlyMs, unit: 'ms' };
  const row = (what: string, value: number, base: Row['base'] & object): Row => ({
    what,
    measured: { value, unit: 'ms' },
    base,
    ratio: value / base.value,
    samples: CPU_ROUNDS,
  });
  return [
    row('processor time of a page, warm', warmPageMs, parse),
    row('of the longest step, warm', warmStepMs, free),
    row('of the first step, cold', coldStepMs, free),
  ];
}

/** A straight line through two sizes. */
function lineThrough(small: At, large: At, of: (at: At) => number) {
  const each = (of(large) - of(small)) / (large.people - small.people);
  return { each, fixed: of(small) - each * small.people };
}

function measuredFrom(
  small: At,
  large: At,
  cpu: Cpu,
): Pick<Measured, Exclude<keyof Measured, 'cron' | 'push'>> {
  const asUsed = (at: { cost: Cost }) => ({ ...usageOf(at.cost, 1), workflowSteps: 0 });
  const [one, other] = [asUsed(small), asUsed(large)];
  const passEachPerson = times(plus(other, times(one, -1)), 1 / (large.people - small.people));
  const bytes = lineThrough(small, large, (at) => at.bytes);
  return {
    passEachPerson,
    passFixed: plus(one, times(passEachPerson, -small.people)),
    stepsBesidesPages: small.cost.steps.length - pageStepsOf(small.cost),
    // The smaller one has the settings of the free plan.
    pagesPerStep: {
      free: small.pages / pageStepsOf(small.cost),
      paid: large.pages / pageStepsOf(large.paid),
    },
    cpuMsEachPage: cpu.warmPageMs,
    databaseBytesFixed: bytes.fixed,
    databaseBytesEachPerson: bytes.each,
  };
}

async function measure(temporary: string, sizes: readonly number[]): Promise<Figure> {
  const all: At[] = [];
  for (const people of sizes) all.push(await measureAt(`${temporary}/${people}`, people));
  const [small, large] = [all[0], all.at(-1)];
  const cpu = all.findLast((at) => at.cpu !== null)?.cpu;
  if (!small || !large || small === large || !cpu) throw new RangeError('two sizes are needed');
  const day = await measureDay(`${temporary}/day`);
  const measured: Measured = { ...day, ...measuredFrom(small, large, cpu) };
  return {
    rows: [...all.flatMap(rowsAt), ...rowsOfCpu(cpu)],
    markdown: markdownOf(measured, cpu.warmStepMs),
  };
}

await runFigure((temporary) => measure(temporary, process.argv.slice(3).map(Number)));
