// Many histories in one process, drawn and, where one fails, shrunk by fast-check.
import * as fc from 'fast-check';
import { histories, type WorldName } from './history.ts';
import { noTotals, runHistory, type Totals } from './run.ts';
import type { Stage } from './stage.ts';

export interface BatchOrder {
  world: WorldName;
  seed: number;
  histories: number;
  /** As fast-check printed it: one failing history, shrunk. */
  path?: string | undefined;
  /** A failing history is left as long as it is. */
  isUnshrunk?: boolean | undefined;
  /** Each command and each gate is printed; for reading one history. */
  isTold?: boolean | undefined;
}

export interface BatchReport {
  histories: number;
  totals: Totals;
  failure: { seed: number; path: string; violation: string; history: string } | null;
}

/** Runs histories until one fails or all are done. */
export async function runBatch(stage: Stage, order: BatchOrder): Promise<BatchReport> {
  const { world, seed, histories: count, path, isUnshrunk = false, isTold } = order;
  const onStep = isTold ? (line: string) => process.stdout.write(`${line}\n`) : undefined;
  const totals = noTotals();
  let ran = 0;
  let violation = '';
  const property = fc.asyncProperty(histories(world), async (history) => {
    const result = await runHistory(stage, world, history, { onStep });
    ran += 1;
    for (const name of Object.keys(totals) as (keyof Totals)[]) totals[name] += result.totals[name];
    if (result.violation === null) return;
    violation = result.violation;
    throw new Error(result.violation);
  });
  const details = await fc.check(property, {
    seed,
    numRuns: count,
    ...(path === undefined ? {} : { path }),
    endOnFailure: isUnshrunk || isTold === true,
  });
  if (!details.failed) return { histories: ran, totals, failure: null };
  const [history] = details.counterexample ?? [];
  const error = details.errorInstance;
  return {
    histories: ran,
    totals,
    failure: {
      seed: details.seed,
      path: details.counterexamplePath ?? '',
      violation: error instanceof Error ? error.message : violation,
      history: JSON.stringify(history),
    },
  };
}
