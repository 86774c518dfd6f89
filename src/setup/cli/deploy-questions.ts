// Asks for what a deploy lacks, and takes only what the Worker would accept. APP_SECRET is not asked for but made.
import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { readText } from './deploy-file.ts';
import { judge, type Settings } from './deploy-settings.ts';
import type { Deployed } from './deployed.ts';
import type { Asker } from './terminal.ts';
import { Stop } from './wrangler.ts';

/**
 * The text of a service account's key file, on one line.
 * @throws Stop where there is no such file
 */
export function readKeyFile(path: string): string {
  const absolute = path.replace(/^~(?=\/)/, homedir());
  let text: string;
  try {
    text = readText(absolute);
  } catch (error) {
    throw new Stop(
      `The key file can't be used: ${path} can't be read: ${(error as NodeJS.ErrnoException).code}`,
    );
  }
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    // The parser says what is wrong with it.
    return text;
  }
}

interface Question {
  text: string;
  /** What was typed → the setting's value. */
  value: (typed: string) => string;
}

const QUESTIONS: Readonly<Record<string, Question>> = {
  GOOGLE_SERVICE_ACCOUNT_KEY: {
    text: 'Path of the service account’s key file (JSON):',
    value: readKeyFile,
  },
  GOOGLE_ADMIN_EMAIL: {
    text: 'Address of the Google admin it acts as (several: separated by commas):',
    value: (typed) => typed,
  },
};

const ATTEMPTS = 5;

/** What is wrong with an answer; `null` if nothing. */
function objection(name: string, value: string, deployed: Deployed): string | null {
  const wrong = judge({ [name]: value }, deployed).wrong.find((one) => one.name === name);
  return wrong ? `${name} ${wrong.problem}` : null;
}

/**
 * Asks for one setting until the answer is good.
 * @throws Stop after five bad answers, or where nobody can be asked for this one
 */
export async function askFor(
  name: string,
  deployed: Deployed,
  asker: Asker,
  say: (line: string) => void,
): Promise<string> {
  const question = QUESTIONS[name];
  if (question === undefined) throw new Stop(`${name} is not set.`);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const typed = await asker.ask(question.text);
    if (typed === '') continue;
    try {
      const value = question.value(typed);
      const problem = objection(name, value, deployed);
      if (problem === null) return value;
      say(problem);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      say(error.message);
    }
  }
  throw new Stop(`No usable answer for ${name}. Nothing was changed.`);
}

/** The root of all keys: 48 random bytes. */
export const newAppSecret = () => randomBytes(48).toString('base64');

/** Settings that are at hand, the new ones over the old ones. */
export const merged = (...all: readonly Settings[]): Settings => Object.assign({}, ...all);
