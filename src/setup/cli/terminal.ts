// The person at the terminal: whether there is one, and questions to them. What is secret is not echoed.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

export interface Asker {
  ask(question: string): Promise<string>;
  /** Without echo. */
  askHidden(question: string): Promise<string>;
}

/** Whether what we print is seen by a person and by nothing else. */
export const isTerminal = () => process.stdout.isTTY === true;

async function askAtTerminal(question: string, isHidden: boolean): Promise<string> {
  process.stdout.write(`${question} `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: isHidden ? silent : process.stdout,
    terminal: true,
  });
  // Ctrl-C and Ctrl-D: nothing has been changed while we ask.
  const given = new Promise<never>((_, reject) =>
    lines
      .once('SIGINT', () => reject(new Error('interrupted')))
      .once('close', () => reject(new Error('closed'))),
  );
  try {
    return (await Promise.race([lines.question(''), given])).trim();
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
