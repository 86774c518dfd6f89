// `npm start`: a Google Workspace and the Worker side by side on this laptop, and what happens between them
// as one readable line each.
//
//   npm start              both sides begin anew
//   npm start -- --keep    both sides go on where they were
import { randomBytes } from 'node:crypto';
import { relative } from 'node:path';
import { makeSetupLink } from '../../src/setup/link.ts';
import { serveGoogle } from '../google/server.ts';
import { isPortFree } from './ports.ts';
import { GOOGLE_PORT, PATHS, prepareFolder, ROOT, WORKER_PORT, writeEnvFile } from './settings.ts';
import { parseLogLine, tell } from './story.ts';
import { applyMigrations, startWorker } from './worker.ts';

const WORKER_URL = `http://localhost:${WORKER_PORT}`;
const GOOGLE_URL = `http://localhost:${GOOGLE_PORT}`;
// Another site than the worker's, to a browser: the names differ, not only the ports.
const EMBEDDER_URL = `http://127.0.0.1:${GOOGLE_PORT}`;
const CRON_EVERY_MS = 60_000;
const PARENT_CHECK_MS = 1_000;

const say = (text: string) => process.stdout.write(`${text}\n`);

function fail(text: string): never {
  process.stderr.write(`\n${text}\n`);
  process.exit(1);
}

const unknown = process.argv.slice(2).filter((argument) => argument !== '--keep');
if (unknown.length > 0)
  fail(`Unknown: ${unknown.join(' ')}. The only option is: npm start -- --keep`);
for (const port of [WORKER_PORT, GOOGLE_PORT]) {
  if (!(await isPortFree(port))) {
    const cure = 'Stop it, or choose others: WORKER_PORT=9787 GOOGLE_PORT=9788 npm start';
    fail(`Port ${port} is in use; perhaps \`npm start\` or \`npm run dev\` is running. ${cure}`);
  }
}

say('Starting a Google Workspace and Rollcall …');
prepareFolder(process.argv.includes('--keep'));
// Made anew at each start: the file that holds it is rewritten as well.
const oauthClient = {
  clientId: '100000000001-laptop.apps.googleusercontent.com',
  clientSecret: `GOCSPX-${randomBytes(18).toString('base64url')}`,
  redirectUris: [`${WORKER_URL}/auth/callback`],
};
const google = await serveGoogle({
  port: GOOGLE_PORT,
  persistFile: PATHS.google,
  appOrigin: WORKER_URL,
  oauthClient,
});
const appSecret = writeEnvFile({
  publicUrl: WORKER_URL,
  googleOrigin: GOOGLE_URL,
  adminEmail: google.google.workspace.adminEmail,
  serviceAccountKey: google.google.serviceAccountKey,
  oauthClient,
  embedder: EMBEDDER_URL,
});
if (!applyMigrations()) fail('The migrations could not be applied.');

function person(id: string) {
  const user =
    google.google.workspace.store.find(id)?.user ??
    google.google.workspace.deleted.find((u) => u.id === id);
  if (user) return { name: user.name.fullName ?? '', address: user.primaryEmail };
  // Somebody with an account at Google and none in the company can come as far as our door.
  const account = google.google.openid.accounts.find(id);
  return account ? { name: account.name, address: account.email } : null;
}

// What wrangler says before it is ready matters only if it never is.
const early: string[] = [];
let isReady = false;
const worker = startWorker(WORKER_PORT, (line) => {
  if (!isReady) early.push(line);
  const parsed = parseLogLine(line);
  const text = parsed && tell(parsed, person);
  if (text) say(`${new Date().toLocaleTimeString('en-GB')}  ${text}`);
});

let isStopping = false;
async function stop(code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  worker.stop();
  await Promise.all([worker.ended, google.close()]);
  process.exit(code);
}
process.on('SIGINT', () => stop(0));
process.on('SIGTERM', () => stop(0));
process.on('SIGHUP', () => stop(0));
// npm does not pass on every end of its own: whoever has lost its parent has nobody to stop it.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && stop(0), PARENT_CHECK_MS).unref();

try {
  await worker.ready;
} catch (error) {
  process.stderr.write(`${early.join('\n')}\n`);
  await google.close();
  fail(error instanceof Error ? error.message : 'wrangler dev did not start');
}
isReady = true;

const setupLink = await makeSetupLink({ appSecret, origin: WORKER_URL }, Date.now());
say(`
  Rollcall               ${WORKER_URL}
  Its console            ${WORKER_URL}/console   (for admins: Robin Administrator is one)
  Google Workspace       ${GOOGLE_URL}   (Admin console; runs on this laptop only)
  The sample in a frame  ${EMBEDDER_URL}/sites/team   (another site, as Google Sites would be)
  Its set-up, until the first super admin signs in; the link is good for an hour, once:
    ${setupLink.href}

  Try: open Rollcall, sign in as anybody, then suspend them in the Admin console and
  reload: signed out. Add somebody, tick a role, and watch the lines below. Then lose all
  pushes (Admin console, Faults) and change a few people: the next pass makes it good.
  Add 50 people, then delete 30: more than the deletion guard lets go is held until a
  super admin looks at the names and decides, in ${WORKER_URL}/console. The rows:

    npx wrangler d1 execute DB --local --persist-to ${relative(ROOT, PATHS.workerState)} \\
      --command "SELECT email, status, roles FROM users"

  Ctrl-C stops everything.
`);

// Nothing fires cron locally: at the start, then every minute.
async function fireCron(): Promise<void> {
  try {
    const response = await fetch(`${WORKER_URL}/cdn-cgi/handler/scheduled?cron=*/5+*+*+*+*`);
    await response.body?.cancel();
  } catch {
    if (!isStopping) say('Cron could not be fired; trying again in a minute.');
  }
}
await fireCron();
setInterval(fireCron, CRON_EVERY_MS).unref();
await stop(await worker.ended);
