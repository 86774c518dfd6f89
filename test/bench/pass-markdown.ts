// The tables of README's "What it costs", from what was measured.
import {
  CHANGES_A_DAY,
  dayOf,
  FREE_CPU_MS,
  fitsFree,
  type Measured,
  paidMonth,
  WORDS,
} from './plan.ts';
import { METERS } from './usage.ts';

const INTERVALS = [5, 15, 60];
const SIZES = [10_000, 100_000];

/** Three digits that say something, and a unit for thousands. */
function amount(value: number): string {
  for (const [unit, size] of [
    [' G', 1e9],
    [' M', 1e6],
    [' k', 1e3],
  ] as const) {
    if (value >= size) return `${Number((value / size).toPrecision(3))}${unit}`;
  }
  return String(Math.round(value));
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], lines: readonly (readonly string[])[]) =>
  [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n');

/** Down to two digits: more would be more than is known. */
function rounded(people: number): string {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, people))) - 1);
  return (Math.floor(people / step) * step).toLocaleString('en-US');
}

/** @param stepCpuMs processor time of a step in the middle of a pass */
export function markdownOf(measured: Measured, stepCpuMs: number): string {
  const free = INTERVALS.map((every) => {
    const { people, binds } = fitsFree(measured, every);
    return [`${every} minutes`, rounded(people), binds];
  });
  const paid = SIZES.flatMap((people) =>
    INTERVALS.map((every) => {
      const { month, dollars, charged, bytes } = paidMonth(measured, people, every);
      return [
        people.toLocaleString('en-US'),
        `${every} minutes`,
        `${dollars.toFixed(2)} USD`,
        charged.length > 0 ? charged.join(', ') : 'nothing beyond the base',
        amount(month.d1RowsRead),
        amount(month.workflowSteps),
        `${amount(month.cpuMs / 1000)} s`,
        `${amount(bytes)}B`,
      ];
    }),
  );
  const [every = 5] = INTERVALS;
  const [size = 0] = SIZES;
  const day = dayOf(measured, size, every, 'paid');
  const uses = METERS.map((meter) => [
    WORDS[meter],
    amount(measured.cron[meter]),
    amount(measured.push[meter]),
    meter === 'cpuMs' ? `${amount(day[meter])} ms` : amount(day[meter]),
  ]);
  return [
    `Free plan, ${CHANGES_A_DAY * 100} % of the people changing each day:`,
    table(['a pass every', 'people that fit', 'what the next would exceed'], free),
    `A step of ${measured.pagesPerStep.free.toFixed(0)} page takes ${stepCpuMs.toFixed(0)} ms of processor time; the free plan says ${FREE_CPU_MS} ms.`,
    'Paid plan:',
    table(
      [
        'people',
        'a pass every',
        'a month',
        'charged',
        'D1 rows read',
        'steps',
        'CPU of passes',
        'D1 size',
      ],
      paid,
    ),
    'What is used:',
    table(
      [
        '',
        'cron, a day',
        'one push',
        `${size.toLocaleString('en-US')} people, a day, ${every} minutes`,
      ],
      uses,
    ),
    '',
  ].join('\n\n');
}
