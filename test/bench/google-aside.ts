// The fake Google of google-process.ts as its parent sees it: started, told to change people, and asked how they are.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Order, PersonNow } from './google-process.ts';
import type { GooglePlace } from './in-process.ts';

export interface GoogleAside extends GooglePlace {
  /** Changes people without any push; returns how each of them is now. */
  change(order: Order): Promise<readonly PersonNow[]>;
  stop(): void;
}

function answerTo(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`the fake Google ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message);
    });
  });
}

/** @param people in the company, its admin included */
export async function startGoogleAside(people: number): Promise<GoogleAside> {
  const child = fork(fileURLToPath(new URL('google-process.ts', import.meta.url).href), [
    String(people),
  ]);
  const place = (await answerTo(child)) as GooglePlace;
  return {
    ...place,
    stop: () => child.disconnect(),
    change: async (order) => {
      const answer = answerTo(child);
      child.send(order);
      return ((await answer) as Answer).people;
    },
  };
}
