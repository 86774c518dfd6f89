// `npm run deploy`: creates what is missing, migrates, deploys, sets PUBLIC_URL, and ends with the set-up link. Safe to
// run again at any time. What the file holds is what the Worker gets; what it does not name stays as it is there.
import { resolve } from 'node:path';
import { SECRETS } from '../../config-fields.ts';
import { optionsOf, run } from './command.ts';
import { DEPLOY_FILE, readSettings, refuseUnknown, saveSetting } from './deploy-file.ts';
import { merged, readKeyFile } from './deploy-questions.ts';
import { VARS } from './deploy-settings.ts';
import { deploy } from './deploy-steps.ts';
import { printSetupLink } from './link-at-terminal.ts';
import { say } from './printable.ts';
import { isTerminal, terminalAsker } from './terminal.ts';
import { wrangler } from './wrangler.ts';

const USAGE = `npm run deploy -- [--file PATH] [--key key.json] [--yes]

  --file PATH  settings as in .deploy.vars, which is read if you name none (NAME=value, as in .dev.vars)
  --key PATH   the service account's key file
  --yes        ask nothing: what is missing ends the deploy before it has changed anything
`;

async function main(): Promise<void> {
  const values = optionsOf(
    {
      file: { type: 'string' },
      key: { type: 'string' },
      yes: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    USAGE,
  );
  if (values.help) return void process.stdout.write(USAGE);
  // https://developers.cloudflare.com/changelog/2025-06-10-default-env-vars
  const isWorkersBuild = process.env['WORKERS_CI'] === '1';
  // A build's variables are made for it; those of a person's shell may belong to something else.
  const fromBuild = isWorkersBuild
    ? Object.fromEntries(
        [...SECRETS, ...VARS].flatMap((name) => {
          const value = process.env[name];
          return value ? [[name, value]] : [];
        }),
      )
    : {};
  const path = resolve(values.file ?? DEPLOY_FILE);
  const fromFile = readSettings(path, values.file !== undefined, say);
  refuseUnknown(fromFile, path);
  const settings = merged(
    fromBuild,
    fromFile,
    values.key === undefined ? {} : { GOOGLE_SERVICE_ACCOUNT_KEY: readKeyFile(values.key) },
  );
  const { publicUrl, appSecret } = await deploy(settings, {
    wrangler,
    say,
    asker: values.yes || isWorkersBuild ? null : terminalAsker(),
    save: (name, value) => {
      saveSetting(path, name, value);
      say(`${name} was made and saved in ${path}. Keep it in your vault: it can't be read back.`);
    },
    isWorkersBuild,
  });
  say(`Deployed${publicUrl === null ? '' : `: ${publicUrl}`}`);
  if (!isTerminal()) say('For the set-up link, run npm run setup-link in a terminal.');
  else if (appSecret === null || publicUrl === null)
    say(
      'For the set-up link, run npm run setup-link: it asks for APP_SECRET, as your vault has it.',
    );
  else await printSetupLink(appSecret, publicUrl);
}

await run(main);
