// Work at a steady pace, and the same pace of a bare Worker's queue to hold it against.
import type { Stopwatch } from './stopwatch.ts';

export interface Pace {
  name: string;
  changes: number;
  everyMs: number;
}

export const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts one piece of work after another at fixed times, whatever each of them takes. */
export async function keepPace(
  pace: Pace,
  offsetMs: number,
  work: (i: number) => void,
): Promise<void> {
  const startedMs = performance.now() + offsetMs;
  for (let i = 0; i < pace.changes; i += 1) {
    const leftMs = startedMs + i * pace.everyMs - performance.now();
    if (leftMs > 0) await wait(leftMs);
    work(i);
  }
}

/** As many messages are under way at once as the fake Google has pushes. */
const LANES = 8;

/** Sends messages to the bare Worker's queue; its consumer's lines stop the watch. */
export function bareSender(port: number, messages: Stopwatch): (id: string) => Promise<void> {
  const waiting: string[] = [];
  let lanes = 0;
  return async (wanted) => {
    waiting.push(wanted);
    if (lanes >= LANES) return;
    lanes += 1;
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      messages.start(id);
      const body = JSON.stringify({ id });
      await fetch(`http://127.0.0.1:${port}/queued`, { method: 'POST', body });
    }
    lanes -= 1;
  };
}
