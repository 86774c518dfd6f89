// The histories that run over node:sqlite and over the real D1, and must end in the same tables.
import * as fc from 'fast-check';
import { digestOf } from './digest.ts';
import { type History, histories, WORLDS, type WorldName } from './history.ts';
import { runHistory } from './run.ts';
import type { Stage } from './stage.ts';

export interface Sample {
  world: WorldName;
  history: History;
}

const SEED = 7;

/** So many of each world. */
export function sampleOf(each: number): Sample[] {
  return WORLDS.flatMap((world) =>
    fc
      .sample(histories(world), { numRuns: each, seed: SEED })
      .map((history) => ({ world, history })),
  );
}

/** What is left when a history is over: its tables, and who went when. */
export async function outcomeOf(stage: Stage, { world, history }: Sample): Promise<string> {
  const { violation, trace, world: ended } = await runHistory(stage, world, history);
  return `${await digestOf(ended.d1)} ${trace.toString(16)} ${violation ?? ''}`;
}
