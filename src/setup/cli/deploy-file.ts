// `.deploy.vars`: the settings of a deployment as a person keeps them, in the format of `.dev.vars`. It may hold
// secrets, so nobody else on the machine may read it, and git ignores it.
import {
  chmodSync,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { parseEnv } from 'node:util';
import { SECRETS } from '../../config-fields.ts';
import { type Settings, VARS } from './deploy-settings.ts';
import { Stop } from './wrangler.ts';

export const DEPLOY_FILE = '.deploy.vars';

/** Only here empty says something: no channels. Elsewhere it is a line that nobody filled in. */
const isFilledIn = ([name, value]: [string, string | undefined]) =>
  value !== undefined && (value !== '' || name === 'CHANNEL_EVENTS');

const OTHERS = 0o077;

/** Closes the file to others, and says so if it was open. A pipe or a device has nothing to close. */
function closeToOthers(path: string, say: (line: string) => void): void {
  const stat = statSync(path);
  if (!stat.isFile() || (stat.mode & OTHERS) === 0) return;
  try {
    chmodSync(path, 0o600);
    say(`${path} was open to others on this machine; closed (mode 0600).`);
  } catch {
    say(`${path} is open to others on this machine, and only its owner can close it (chmod 600).`);
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown';

/** As text; editors on Windows put a mark before the first name. */
export const readText = (path: string) => readFileSync(path, 'utf8').replace(/^\ufeff/, '');

/**
 * Reads the settings in a file; none where it doesn't exist and need not.
 * @throws Stop where it can't be read
 */
export function readSettings(path: string, isRequired: boolean, say: (line: string) => void) {
  if (!isRequired && !existsSync(path)) return {};
  let text: string;
  try {
    closeToOthers(path, say);
    text = readText(path);
  } catch (error) {
    throw new Stop(`${path} can't be read: ${codeOf(error)}`);
  }
  const settings = Object.fromEntries(Object.entries(parseEnv(text)).filter(isFilledIn));
  return settings as Settings;
}

/**
 * How a misspelt name looks. What else stands before a `=` may be a part of a key that was pasted over several lines: in
 * base64 there is no `_`.
 */
const NAME = /^[A-Z]{2,20}(_[A-Z]{2,20}){1,5}$/;

/**
 * Repeats names, and nothing that is none.
 * @throws Stop where a name is misspelt: it would be left out without a word
 */
export function refuseUnknown(settings: Settings, path: string): void {
  const unknown = Object.keys(settings).filter(
    (name) => !SECRETS.includes(name) && !VARS.includes(name),
  );
  if (unknown.length === 0) return;
  const names = unknown.filter((name) => NAME.test(name));
  const others = unknown.length - names.length;
  const problems = [
    ...(names.length > 0
      ? [`${path} names what is no setting of Rollcall: ${names.join(', ')}`]
      : []),
    ...(others > 0
      ? [
          `${path} has ${others === 1 ? 'a line that is' : `${others} lines that are`} no NAME=value. A key file must be on one line, in single quotes; or leave it out, and name it with --key.`,
        ]
      : []),
  ];
  throw new Stop(problems.join('\n'));
}

/** Writes the whole file or nothing of it: what was in it can't be had again. */
function replaceFile(path: string, text: string): void {
  // Where the name is a link, what it leads to is replaced and not the link.
  const real = existsSync(path) ? realpathSync(path) : path;
  const next = `${real}.new-${process.pid}`;
  try {
    writeFileSync(next, text, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(next, real);
  } finally {
    rmSync(next, { force: true });
  }
}

/**
 * Adds a setting to the file, which nobody else may read.
 * @throws Stop where it would not be there afterwards
 */
export function saveSetting(path: string, name: string, value: string): void {
  if (existsSync(path) && !statSync(path).isFile())
    throw new Stop(
      `${name} is not set, and one that is made can't be kept in ${path}: that is no file. Nothing was changed. Add ${name} to what is read there.`,
    );
  try {
    const text = existsSync(path) ? readText(path) : '';
    // An empty line of that name, as the example file has it, would otherwise stay beside it.
    const empty = `^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[ \\t]*(?:''|"")?[ \\t]*(?:#.*)?(?:\\r?\\n|$)`;
    const others = text.replace(new RegExp(empty, 'gm'), '');
    const gap = others === '' || others.endsWith('\n') ? '' : '\n';
    replaceFile(path, `${others}${gap}${name}=${value}\n`);
  } catch (error) {
    throw new Stop(`${path} can't be written: ${codeOf(error)}. Nothing was changed.`);
  }
}
