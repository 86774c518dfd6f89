// `.deploy.vars`: the settings of a deployment as a person keeps them, in the format of `.dev.vars`. It may hold
// secrets, so nobody else on the machine may read it, and git ignores it.
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { SECRETS, type Settings, VARS } from './deploy-settings.ts';
import { Stop } from './wrangler.ts';

export const DEPLOY_FILE = '.deploy.vars';

/** Only here empty says something: no channels. Elsewhere it is a line that nobody filled in. */
const isFilledIn = ([name, value]: [string, string | undefined]) =>
  value !== undefined && (value !== '' || name === 'CHANNEL_EVENTS');

const OTHERS = 0o077;

/** Closes the file to others; says whether it was open. A pipe or a device has nothing to close. */
function closeToOthers(path: string): boolean {
  const { mode } = statSync(path);
  const isOpen = statSync(path).isFile() && (mode & OTHERS) !== 0;
  if (isOpen) chmodSync(path, 0o600);
  return isOpen;
}

/**
 * Reads the settings in a file; none where it doesn't exist and need not.
 * @throws Stop where it can't be read
 */
export function readSettings(path: string, isRequired: boolean, say: (line: string) => void) {
  if (!isRequired && !existsSync(path)) return {};
  let text: string;
  try {
    if (closeToOthers(path)) say(`${path} was open to others on this machine; closed (mode 0600).`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Stop(`${path} can't be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  const settings = Object.fromEntries(Object.entries(parseEnv(text)).filter(isFilledIn));
  return settings as Settings;
}

/** @throws Stop where a name is misspelt: it would be left out without a word */
export function refuseUnknown(settings: Settings, path: string): void {
  const unknown = Object.keys(settings).filter(
    (name) => !SECRETS.includes(name) && !VARS.includes(name),
  );
  if (unknown.length > 0)
    throw new Stop(`${path} names what is no setting of Rollcall: ${unknown.join(', ')}`);
}

/** Adds a setting to the file, which nobody else may read. */
export function saveSetting(path: string, name: string, value: string): void {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  // An empty line of that name, as the example file has it, would otherwise stay beside it.
  const others = text.replace(
    new RegExp(`^\\s*${name}\\s*=[ \\t]*(''|"")?[ \\t]*\\r?\\n?`, 'gm'),
    '',
  );
  const gap = others === '' || others.endsWith('\n') ? '' : '\n';
  writeFileSync(path, `${others}${gap}${name}=${value}\n`, { mode: 0o600 });
  closeToOthers(path);
}
