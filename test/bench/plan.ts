// What Cloudflare's plans allow and cost, and what a directory of a given size makes of what was measured. The limits
// and prices are those of developers.cloudflare.com in November 2026, in US dollars without tax.
import { METERS, type Meter, plus, times, type Usage } from './usage.ts';

/** The free plan's, a day. Its limit of processor time is for one step, and not of this kind. */
const FREE_A_DAY: Readonly<Partial<Record<Meter, number>>> = {
  requests: 100_000,
  d1RowsRead: 5_000_000,
  d1RowsWritten: 100_000,
  kvReads: 100_000,
  kvWrites: 1_000,
  kvDeletes: 1_000,
  kvLists: 1_000,
  queueOperations: 10_000,
  workflowSteps: 3_000,
};
/** Of processor time, for one request, cron, batch or step. */
export const FREE_CPU_MS = 10;
const FREE_DATABASE_BYTES = 500_000_000;

/** The paid plan's: included each month, and dollars for each one beyond. */
const PAID: Readonly<Record<Meter, { included: number; each: number }>> = {
  requests: { included: 10e6, each: 0.3e-6 },
  cpuMs: { included: 30e6, each: 0.02e-6 },
  d1RowsRead: { included: 25e9, each: 0.001e-6 },
  d1RowsWritten: { included: 50e6, each: 1e-6 },
  kvReads: { included: 10e6, each: 0.5e-6 },
  kvWrites: { included: 1e6, each: 5e-6 },
  kvDeletes: { included: 1e6, each: 5e-6 },
  kvLists: { included: 1e6, each: 5e-6 },
  queueOperations: { included: 1e6, each: 0.4e-6 },
  workflowSteps: { included: 500_000, each: 8e-6 },
};
const PAID_BASE = 5;
const PAID_DATABASE = { includedBytes: 5e9, eachByte: 0.75e-9 };
const DAYS = 30;

/** What stands in for what nobody can measure here: one person in fifty changes each day, and each change is pushed. */
export const CHANGES_A_DAY = 0.02;
const PAGE = 500;
/** The default of GOOGLE_CALLS_PER_PASS; the free plan allows 50. */
const CALLS_PER_PASS = 45;

type Plan = 'free' | 'paid';

export interface Measured {
  /** A day of cron and channels. */
  cron: Usage;
  push: Usage;
  /** What a pass uses whatever the size, and what each person adds; steps and processor time are not in it. */
  passFixed: Usage;
  passEachPerson: Usage;
  stepsBesidesPages: number;
  pagesPerStep: Readonly<Record<Plan, number>>;
  cpuMsEachPage: number;
  databaseBytesFixed: number;
  databaseBytesEachPerson: number;
}

export const WORDS: Readonly<Record<Meter | 'database' | 'calls', string>> = {
  requests: 'requests',
  d1RowsRead: 'D1 rows read',
  d1RowsWritten: 'D1 rows written',
  kvReads: 'KV reads',
  kvWrites: 'KV writes',
  kvDeletes: 'KV deletes',
  kvLists: 'KV lists',
  queueOperations: 'queue operations',
  workflowSteps: 'Workflow steps',
  cpuMs: 'CPU of passes',
  database: 'D1 storage',
  calls: 'calls of one pass',
};

/** What a day uses with so many people. */
export function dayOf(measured: Measured, people: number, everyMinutes: number, plan: Plan): Usage {
  const pages = Math.ceil(people / PAGE);
  const pass: Usage = {
    ...plus(measured.passFixed, times(measured.passEachPerson, people)),
    workflowSteps: measured.stepsBesidesPages + Math.ceil(pages / measured.pagesPerStep[plan]),
    cpuMs: pages * measured.cpuMsEachPage,
  };
  return plus(
    measured.cron,
    times(pass, (24 * 60) / everyMinutes),
    times(measured.push, people * CHANGES_A_DAY),
  );
}

const bytesOf = (measured: Measured, people: number) =>
  measured.databaseBytesFixed + measured.databaseBytesEachPerson * people;

/** Limits of the free plan that so many people exceed. */
function exceeded(measured: Measured, people: number, everyMinutes: number): string[] {
  const day = dayOf(measured, people, everyMinutes, 'free');
  const over: (keyof typeof WORDS)[] = METERS.filter(
    (meter) => day[meter] > (FREE_A_DAY[meter] ?? Number.POSITIVE_INFINITY),
  );
  if (bytesOf(measured, people) > FREE_DATABASE_BYTES) over.push('database');
  if (Math.ceil(people / PAGE) > CALLS_PER_PASS) over.push('calls');
  return over.map((name) => WORDS[name]);
}

/** How many people fit the free plan's daily limits, and which of them the next one would exceed. */
export function fitsFree(measured: Measured, everyMinutes: number) {
  let [fits, doesNot] = [0, 10_000_000];
  while (doesNot - fits > 1) {
    const middle = Math.floor((fits + doesNot) / 2);
    if (exceeded(measured, middle, everyMinutes).length === 0) fits = middle;
    else doesNot = middle;
  }
  return { people: fits, binds: exceeded(measured, doesNot, everyMinutes).join(', ') };
}

/** Dollars a month on the paid plan, and what costs more than the base. */
export function paidMonth(measured: Measured, people: number, everyMinutes: number) {
  const month = times(dayOf(measured, people, everyMinutes, 'paid'), DAYS);
  const extras = METERS.map((meter) => {
    const { included, each } = PAID[meter];
    return { what: WORDS[meter], dollars: Math.max(0, month[meter] - included) * each };
  });
  const { includedBytes, eachByte } = PAID_DATABASE;
  const bytes = bytesOf(measured, people);
  extras.push({ what: WORDS.database, dollars: Math.max(0, bytes - includedBytes) * eachByte });
  const charged = extras.filter(({ dollars }) => dollars >= 0.005);
  const dollars = charged.reduce((sum, one) => sum + one.dollars, PAID_BASE);
  return { month, dollars, charged: charged.map(({ what }) => what), bytes };
}
