// A stand-in for wrangler, run as a child process by the deploy scripts under test: records what it is called with,
// keeps the state of a Cloudflare account in a file, and answers in wrangler 4.155's words. deploy-api.test.ts holds the
// real wrangler against the same words.

import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Account {
  hasDatabase: boolean;
  isMigrated: boolean;
  hasWorker: boolean;
  secrets: Record<string, string>;
  vars: Record<string, string>;
  /** Whether the Worker has the code of a deploy, and which database that uses. */
  isBound: boolean;
  boundTo: string;
  otherBindings: { type: string; name: string }[];
  /** What a deploy reports; the workers.dev address unless told otherwise. */
  targets: string[];
  /** The command that fails, as its words begin: `d1 migrations apply`. */
  failing: string | null;
  /** What its words then end with. */
  words: string;
  /** The command that never ends. */
  hanging: string | null;
}

const DATABASE_ID = '0b6e4a6e-0000-4000-8000-000000000001';

export const NEW_ACCOUNT: Account = {
  hasDatabase: false,
  isMigrated: false,
  hasWorker: false,
  secrets: {},
  vars: {},
  isBound: false,
  boundTo: DATABASE_ID,
  otherBindings: [],
  targets: ['https://rollcall.acme.workers.dev', 'schedule: */5 * * * *'],
  failing: null,
  words: '',
  hanging: null,
};

export interface Call {
  args: string[];
  pid: number;
  /** Of the file given by `--secrets-file`. */
  secretsFile?: { path: string; mode: number; names: string[] };
  /** How many secrets files there are while this command runs. */
  secretsFiles: number;
  isInteractive: boolean;
  wranglerLog: string | undefined;
}

function main(folder: string): void {
  const args = process.argv.slice(2);
  const stateFile = join(folder, 'account.json');
  const account: Account = JSON.parse(readFileSync(stateFile, 'utf8'));
  const call: Call = {
    args,
    pid: process.pid,
    secretsFiles: readdirSync(tmpdir()).filter((name) => name.startsWith('rollcall-secrets'))
      .length,
    isInteractive: process.stdin.isTTY === true,
    wranglerLog: process.env['WRANGLER_LOG'],
  };
  const print = (text: string) => process.stdout.write(`${text}\n`);
  const save = () => writeFileSync(stateFile, JSON.stringify(account));
  const fail = (text: string): never => {
    // formatMessage of src/logger.ts; esbuild's frame around an error.
    process.stderr.write(`\n✘ [ERROR] ${text}\n\n\n`);
    process.exit(1);
  };
  const secretsPath = args[args.indexOf('--secrets-file') + 1];
  const secrets: Record<string, string> =
    args.includes('--secrets-file') && secretsPath !== undefined
      ? JSON.parse(readFileSync(secretsPath, 'utf8'))
      : {};
  if (args.includes('--secrets-file') && secretsPath !== undefined) {
    const mode = statSync(secretsPath).mode & 0o777;
    call.secretsFile = { path: secretsPath, mode, names: Object.keys(secrets) };
  }
  appendFileSync(join(folder, 'calls.ndjson'), `${JSON.stringify(call)}\n`);
  const command = args.join(' ');
  if (account.hanging !== null && command.startsWith(account.hanging)) {
    setInterval(() => {}, 60_000);
    return;
  }
  if (account.failing !== null && command.startsWith(account.failing))
    // As an error message might: repeating what it was given.
    fail(
      `A request to the Cloudflare API (/accounts/acme/x) failed.\n\n  Something is wrong with ${Object.values(secrets).join(' and ')} [code: 10000]${account.words}`,
    );

  if (command === 'd1 list --json') {
    // src/d1/list.ts
    print(
      JSON.stringify(
        account.hasDatabase
          ? [
              {
                uuid: DATABASE_ID,
                name: 'rollcall',
                version: 'production',
              },
            ]
          : [],
        null,
        2,
      ),
    );
  } else if (command === 'secret list --format json') {
    // src/secret/index.ts
    if (!account.hasWorker && Object.keys(account.secrets).length === 0)
      fail(
        'Worker "rollcall" not found.\n\n  If this is a new Worker, run `wrangler deploy` first to create it.\n  Otherwise, check that the Worker name is correct and you\'re logged into the right account.',
      );
    print(
      JSON.stringify(
        Object.keys(account.secrets).map((name) => ({ name, type: 'secret_text' })),
        null,
        '  ',
      ),
    );
  } else if (command === 'deployments status --json') {
    // src/versions/deployments/status.ts
    if (!account.hasWorker) fail('The Worker rollcall has no deployments.');
    print(
      JSON.stringify(
        { id: 'd-1', source: 'wrangler', versions: [{ version_id: 'v-1', percentage: 100 }] },
        null,
        2,
      ),
    );
  } else if (command === 'versions view v-1 --json') {
    // src/versions/view.ts
    const bindings = [
      ...Object.entries(account.vars).map(([name, text]) => ({ type: 'plain_text', name, text })),
      ...Object.keys(account.secrets).map((name) => ({ type: 'secret_text', name })),
      ...account.otherBindings,
      ...(account.isBound ? [{ type: 'd1', name: 'DB', id: account.boundTo }] : []),
    ];
    print(JSON.stringify({ id: 'v-1', number: 1, metadata: {}, resources: { bindings } }, null, 2));
  } else if (command === 'd1 create rollcall') {
    // src/d1/create.ts
    if (account.hasDatabase) fail('A database with that name already exists [code: 7502]');
    account.hasDatabase = true;
    print("✅ Successfully created DB 'rollcall' in region WEUR\nCreated your new D1 database.\n");
  } else if (command === 'd1 migrations apply DB --remote') {
    // src/d1/utils.ts, src/d1/migrations/apply.ts
    if (!account.hasDatabase)
      fail(
        "Couldn't find a D1 DB named 'rollcall' (bound as 'DB') in the API. Run 'wrangler d1 create rollcall' to create it.",
      );
    print(account.isMigrated ? '✅ No migrations to apply!' : 'Migrations to be applied:\n✅');
    account.isMigrated = true;
  } else if (args[0] === 'deploy') {
    // What a Worker must never meet.
    if (!account.isMigrated) fail('stand-in: code was deployed to a database that is not migrated');
    for (const [at, argument] of args.entries()) {
      if (args[at - 1] !== '--var') continue;
      // collectKeyValues of src/deployment-bundle
      const [name = '', ...value] = argument.split(':');
      account.vars[name] = value.join(':');
    }
    Object.assign(account.secrets, secrets);
    account.hasWorker = true;
    account.isBound = true;
    print('Total Upload: 800.00 KiB / gzip: 160.00 KiB\nUploaded rollcall (3.10 sec)');
    print(`Deployed rollcall triggers (1.20 sec)\n  ${account.targets.join('\n  ')}`);
    const report = process.env['WRANGLER_OUTPUT_FILE_PATH'];
    if (report !== undefined) {
      // deploy() of deploy-helpers, writeOutput of workers-utils
      const session = { type: 'wrangler-session', version: 1, command_line_args: args };
      const done = {
        type: 'deploy',
        version: 1,
        worker_name: 'rollcall',
        targets: account.targets,
      };
      appendFileSync(report, `${JSON.stringify(session)}\n${JSON.stringify(done)}\n`);
    }
  } else fail(`Unknown arguments: ${command}`);
  save();
}

const folder = process.env['STAND_IN_FOLDER'];
if (folder !== undefined && existsSync(folder)) main(folder);
