// The person at the terminal: whether there is one, and questions to them. What is secret is not echoed.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Stop } from './wrangler.ts';

export interface Asker {
  ask(question: string): Promise<string>;
  /** Without echo. */
  askHidden(question: string): Promise<string>;
}

/** Whether what we print is seen by a person and by nothing else. */
export const isTerminal = () => process.stdout.isTTY === true;

async function askAtTerminal(question: string, isHidden: boolean): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: isHidden ? silent : process.stdout,
    terminal: true,
  });
  // After readline has taken the terminal over: what is typed ahead of that would be echoed.
  if (isHidden) process.stdout.write(`${question} `);
  const givenUp = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new Stop('Interrupted. Nothing was changed.'));
    lines.once('SIGINT', giveUp).once('close', giveUp);
  });
  try {
    return (await Promise.race([lines.question(`${question} `), givenUp])).trim();
  } finally {
    lines.close();
    if (isHidden) process.stdout.write('\n');
  }
}

/** Asks at the terminal; `null` where there is none to ask at. */
export function terminalAsker(): Asker | null {
  if (!isTerminal() || process.stdin.isTTY !== true) return null;
  return {
    ask: (question) => askAtTerminal(question, false),
    askHidden: (question) => askAtTerminal(question, true),
  };
}
