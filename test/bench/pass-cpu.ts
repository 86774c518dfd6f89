// The processor time of a pass's own work, in a process of its own: what D1 and Google answered comes from a tape, so
// that neither the network nor the database is in it. Runs the same pass again and again and tells its parent the
// milliseconds of each step. Node's engine is that of the Workers runtime; its compiler and garbage collector are
// included, as `process.cpuUsage()` counts every thread.
import { readFileSync } from 'node:fs';
import { type Env, parseConfig } from '../../src/config.ts';
import type { Steps } from '../../src/sync/pass.ts';
import { SURROUNDINGS, syncPorts } from '../../src/sync/ports.ts';
import { reconcile } from '../../src/sync/reconcile.ts';
import { countingD1, noCounts } from './counting-d1.ts';
import { play, type Tape } from './tape.ts';

/** What is handed over in a file. */
export interface CpuOrder {
  tape: Tape;
  vars: Readonly<Record<string, string>>;
  rounds: number;
}

export interface StepCpu {
  name: string;
  ms: number;
}

export interface CpuAnswer {
  /** The first is of a process that has run none of this before. */
  rounds: StepCpu[][];
  /** `JSON.parse` of one page after another, nothing else: milliseconds a page. */
  parseOnlyMs: number[];
}

async function cpuOf<T>(work: () => T | Promise<T>): Promise<{ result: T; ms: number }> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, ms: (user + system) / 1000 };
}

async function passOnce({ tape, vars }: CpuOrder): Promise<StepCpu[]> {
  const { d1, fetch, isAtEnd } = play(tape);
  const unused = {};
  const env = {
    ...vars,
    DB: countingD1(d1, noCounts),
    CHANNELS: unused,
    CHANGES: unused,
    RECONCILE: unused,
    PUSH_LIMIT: unused,
    LOGIN_LIMIT: unused,
  } as unknown as Env;
  const parsed = parseConfig(env);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const ports = syncPorts(env, parsed.config, { ...SURROUNDINGS, fetch, log: () => {} });
  const took: StepCpu[] = [];
  const steps: Steps = {
    sleep: async () => {},
    do: async (name, work) => {
      const { result, ms } = await cpuOf(async () => JSON.stringify(await work()));
      took.push({ name, ms });
      return JSON.parse(result);
    },
  };
  const outcome = await reconcile(ports, steps, { id: 'played', directoryId: 'default' });
  if (outcome !== 'complete' || !isAtEnd()) throw new Error(`the played pass ended: ${outcome}`);
  return took;
}

const [file] = process.argv.slice(2);
const order = JSON.parse(readFileSync(file ?? '', 'utf8')) as CpuOrder;
const answer: CpuAnswer = { rounds: [], parseOnlyMs: [] };
for (let i = 0; i < order.rounds; i += 1) answer.rounds.push(await passOnce(order));
for (const { text } of order.tape.google)
  answer.parseOnlyMs.push((await cpuOf(() => JSON.parse(text))).ms);
process.send?.(answer);
process.disconnect?.();
