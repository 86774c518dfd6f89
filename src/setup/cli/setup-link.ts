// `npm run setup-link`: a fresh set-up link, printed to a terminal only. It is made here, from APP_SECRET and the
// address, and nothing is sent anywhere; where the file does not name the address, wrangler is asked for it.
import { existsSync } from 'node:fs';
import { appSecret, origin } from '../../config-fields.ts';
import { optionsOf, run } from './command.ts';
import { DEPLOY_FILE, readSettings } from './deploy-file.ts';
import { lookAtDeployed } from './deployed.ts';
import { printSetupLink } from './link-at-terminal.ts';
import { say } from './printable.ts';
import { type Asker, isTerminal, terminalAsker } from './terminal.ts';
import { Stop, wrangler } from './wrangler.ts';

const USAGE = `npm run setup-link -- [--file PATH]

  --file PATH  where APP_SECRET and PUBLIC_URL are; otherwise .deploy.vars, or .dev.vars if there is none
`;

/** What wrangler knows of the address; nothing if it knows nothing, since we can still ask. */
async function deployedAddress(): Promise<string | undefined> {
  try {
    return (await lookAtDeployed(wrangler, false)).vars['PUBLIC_URL'];
  } catch {
    return undefined;
  }
}

async function appSecretFrom(known: string | undefined, asker: Asker | null): Promise<string> {
  const text = known ?? (await asker?.askHidden('APP_SECRET (not shown):'));
  if (!text)
    throw new Stop('APP_SECRET is not at hand: neither in the file nor in the environment.');
  const parsed = appSecret.safeParse(text);
  if (!parsed.success) throw new Stop(`APP_SECRET ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

async function publicUrlFrom(known: string | undefined, asker: Asker | null): Promise<string> {
  const text = known ?? (await asker?.ask('PUBLIC_URL, the address of the Worker:'));
  if (!text)
    throw new Stop('PUBLIC_URL is not at hand: neither in the file nor in the environment.');
  const parsed = origin.safeParse(text);
  if (!parsed.success) throw new Stop(`PUBLIC_URL ${parsed.error.issues[0]?.message}`);
  return parsed.data.origin;
}

async function main(): Promise<void> {
  const values = optionsOf(
    { file: { type: 'string' }, help: { type: 'boolean', default: false } },
    USAGE,
  );
  if (values.help) return void process.stdout.write(USAGE);
  // First of all: whoever pipes this shall not be asked for a secret either.
  if (!isTerminal())
    throw new Stop('The set-up link is printed to a terminal only. Run npm run setup-link in one.');
  const asker = terminalAsker();
  const ours = existsSync(DEPLOY_FILE) ? DEPLOY_FILE : '.dev.vars';
  const path = values.file ?? ours;
  const settings = readSettings(path, values.file !== undefined, say);
  const secret = await appSecretFrom(settings['APP_SECRET'] ?? process.env['APP_SECRET'], asker);
  const address = settings['PUBLIC_URL'] ?? process.env['PUBLIC_URL'] ?? (await deployedAddress());
  await printSetupLink(secret, await publicUrlFrom(address, asker));
}

await run(main);
