// Durable steps as Cloudflare Workflows keep them, in a test's hand: what a step returned is kept as JSON
// and given again; a step that fails is repeated; of an error only name and message cross the border, as one text. An
// isolate may die right after a step's work, before anybody knows that it was done.
import type { Steps } from '../../src/sync/pass.ts';

/** As src/index.ts has it: the first try and five more. */
const TRIES = 6;

export interface DurableSteps extends Steps {
  /** Names of the steps whose work ran, each as often as it did. */
  ran: string[];
  /** Before a try beyond the first. */
  beforeRetry: () => void;
}

/**
 * @param crashAfter steps whose work is done, and lost, and done again
 * @param onSleep lets the time pass that a pass sleeps
 */
export function durableSteps(
  crashAfter: readonly string[] = [],
  onSleep: (ms: number) => void = () => {},
): DurableSteps {
  const kept = new Map<string, string>();
  const crashes = new Set(crashAfter);
  const steps: DurableSteps = {
    ran: [],
    beforeRetry: () => {},
    sleep: async (name, ms) => {
      if (kept.has(name)) return;
      kept.set(name, 'null');
      onSleep(ms);
    },
    async do<T>(name: string, work: () => Promise<T>): Promise<T> {
      let message = '';
      for (let tries = 0; tries < TRIES && !kept.has(name); tries += 1) {
        if (tries > 0) steps.beforeRetry();
        try {
          steps.ran.push(name);
          const result = JSON.stringify(await work());
          if (crashes.delete(name)) throw new Error('the isolate died');
          kept.set(name, result);
        } catch (error) {
          message = String(error);
        }
      }
      const result = kept.get(name);
      if (result === undefined) throw new Error(message);
      return JSON.parse(result) as T;
    },
  };
  return steps;
}
