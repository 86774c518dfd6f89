// Histories on all cores: a child process for each, which gets one batch after another until all are done.
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { BatchOrder, BatchReport } from './batch.ts';
import { noTotals, type Totals } from './run.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url).href);
const BATCH = 250;

export interface FleetOrder extends BatchOrder {
  mutant?: string | undefined;
  /** Default: as many as there are cores. */
  processes?: number;
}

export interface FleetReport {
  histories: number;
  totals: Totals;
  failures: NonNullable<BatchReport['failure']>[];
}

/** The batches of an order; each has a seed of its own, from which it can be run again. */
export function batchesOf({ seed, histories, ...order }: BatchOrder): BatchOrder[] {
  const count = order.path === undefined ? Math.ceil(histories / BATCH) : 1;
  return Array.from({ length: count }, (_, i) => ({
    ...order,
    seed: seed + i,
    histories: Math.min(BATCH, histories - i * BATCH),
  }));
}

function add(report: FleetReport, { histories, totals, failure }: BatchReport): void {
  report.histories += histories;
  for (const name of Object.keys(totals) as (keyof Totals)[]) report.totals[name] += totals[name];
  if (failure) report.failures.push(failure);
}

/**
 * Runs them all, or until one fails.
 *
 * @param onProgress told after each batch
 */
export async function runFleet(
  order: FleetOrder,
  onProgress: (report: FleetReport) => void = () => {},
): Promise<FleetReport> {
  const { mutant, processes, ...batches } = order;
  const waiting = batchesOf(batches);
  const report: FleetReport = { histories: 0, totals: noTotals(), failures: [] };
  const size = Math.min(waiting.length, processes ?? availableParallelism());

  const work = (child: ChildProcess) =>
    new Promise<void>((resolve, reject) => {
      const next = () => {
        const batch = report.failures.length > 0 ? undefined : waiting.shift();
        if (batch === undefined) {
          child.disconnect();
          resolve();
        } else child.send(batch);
      };
      child.on('message', (message: 'ready' | BatchReport) => {
        if (message !== 'ready') {
          add(report, message);
          onProgress(report);
        }
        next();
      });
      child.on('exit', (code) => {
        if (code !== 0) reject(new Error(`a process of the simulation ended with ${code}`));
      });
    });

  const children = Array.from({ length: size }, () =>
    fork(CHILD, mutant === undefined ? [] : [mutant], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    }),
  );
  try {
    await Promise.all(children.map(work));
  } finally {
    for (const child of children) child.kill();
  }
  return report;
}
