// The steps of `npm run deploy`, in an order that is right the first time and every time: look, judge, ask; then the
// database, its migrations, and the code. Migrations come first always, so that no code meets an older database; that
// works on a first deploy too, because an absent database is created by its name, under which `wrangler deploy` finds
// it (src/d1/create.ts; D1Handler of deploy-helpers' provision-bindings.ts, wrangler 4.155). Everything before the
// database only looks. Every later step can be repeated: a run after a failure goes on where it stopped.
import { SECRETS } from '../../config-fields.ts';
import { askFor, merged, newAppSecret } from './deploy-questions.ts';
import { judge, type Settings } from './deploy-settings.ts';
import { type Deployed, lookAtDeployed } from './deployed.ts';
import { withoutSecrets, withSecretsFile } from './secrets-file.ts';
import type { Asker } from './terminal.ts';
import { type Answer, Stop, type Wrangler } from './wrangler.ts';

interface DeployPorts {
  wrangler: Wrangler;
  /** Prints a line. */
  say: (line: string) => void;
  /** `null` = nobody to ask: what is missing ends the deploy before it has changed anything. */
  asker: Asker | null;
  /** Keeps what was made here and can't be read back. */
  save: (name: string, value: string) => void;
  /**
   * Cloudflare's own build of a connected repository: what is missing is added in the dashboard, before or after, so it
   * is told and no failure.
   */
  isWorkersBuild: boolean;
}

interface DeployResult {
  /** `null` = not known: it is a secret on the Worker, or no address was reported. */
  publicUrl: string | null;
  /** `null` = on the Worker, and not at hand here. */
  appSecret: string | null;
}

const list = (names: readonly string[]) => names.join(', ');

/** Completes what is at hand by asking and making. Changes nothing at Cloudflare. */
async function complete(
  given: Settings,
  deployed: Deployed,
  ports: DeployPorts,
): Promise<Settings> {
  const { missing, wrong, wrongThere } = judge(given, deployed);
  const problems = wrong.map(({ name, problem }) => `${name} ${problem}`);
  if (ports.asker === null && !ports.isWorkersBuild)
    problems.push(...missing.map((name) => `${name} is not set`));
  if (problems.length > 0)
    throw new Stop(`Nothing was changed. To be put right first:\n  ${problems.join('\n  ')}`);
  for (const { name, problem } of wrongThere)
    ports.say(`On the Worker ${name} ${problem}: it will not work until this is put right.`);
  if (ports.asker === null) {
    if (missing.length > 0)
      ports.say(
        `Not set yet: ${list(missing)}. Add them in the dashboard; the Worker waits for them.`,
      );
    return given;
  }
  const answers: Record<string, string> = {};
  for (const name of missing.filter((one) => one !== 'APP_SECRET'))
    answers[name] = await askFor(name, deployed, ports.asker, ports.say);
  if (missing.includes('APP_SECRET')) {
    answers['APP_SECRET'] = newAppSecret();
    // Before it is sent: nobody can read it back from Cloudflare.
    ports.save('APP_SECRET', answers['APP_SECRET']);
  }
  return merged(given, answers);
}

/**
 * The address that a deploy reported: a custom domain if there is one, else the workers.dev address. Targets are
 * `https://…workers.dev`, `people.example.com (custom domain)`, and triggers such as `schedule: …`
 * (deploy-helpers' triggers/deploy.ts and render-route, wrangler 4.155).
 */
export function addressOf(report: Answer['report']): string | null {
  const targets = report.flatMap(({ type, targets }) =>
    type === 'deploy' && Array.isArray(targets) ? targets.map(String) : [],
  );
  const custom = targets
    .map((target) => /^([a-z0-9.-]+) \(custom domain/i.exec(target)?.[1])
    .find((host) => host !== undefined);
  if (custom !== undefined) return `https://${custom}`;
  const own = targets.find((target) => /^https:\/\/[a-z0-9.-]+\.workers\.dev$/i.test(target));
  return own ?? null;
}

/** @throws Stop where a step fails; settings and state at Cloudflare are then as the lines before it say */
export async function deploy(atHand: Settings, ports: DeployPorts): Promise<DeployResult> {
  const { wrangler, say } = ports;
  say('Looking at what is deployed …');
  const deployed = await lookAtDeployed(wrangler, ports.isWorkersBuild);
  const settings = await complete(atHand, deployed, ports);

  // A name that the dashboard or the Deploy button has made a secret stays one.
  const isSecret = (name: string) => SECRETS.includes(name) || deployed.secrets.has(name);
  const entries = Object.entries(settings);
  const secrets = Object.fromEntries(entries.filter(([name]) => isSecret(name)));
  const vars = Object.fromEntries(entries.filter(([name]) => !isSecret(name)));

  const run = async (what: string, ...args: string[]): Promise<Answer> => {
    say(`${what} …`);
    const answer = await wrangler(...args);
    if (answer.code === 0) return answer;
    throw new Stop(
      `That failed. wrangler says:\n\n${withoutSecrets(answer.words, secrets)}\n\nWhen it is put right, run npm run deploy again: it goes on from here.`,
    );
  };
  // `--var` with `keep_vars`: the upload carries these as plain_text bindings and `keep_bindings: [plain_text, json,
  // secret_text, secret_key]` (createWorkerUploadForm, wrangler 4.155), so Cloudflare keeps every other var and every
  // secret, and a later deploy without `--var` keeps these. Values are printed as "(hidden)" in wrangler's table.
  const upload = (what: string, values: Settings, ...rest: string[]) =>
    run(
      what,
      'deploy',
      ...Object.entries(values).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
      ...rest,
    );

  if (!deployed.hasDatabase)
    await run(
      `Creating the database ${deployed.databaseName}`,
      'd1',
      'create',
      deployed.databaseName,
    );
  await run('Migrating the database', 'd1', 'migrations', 'apply', 'DB', '--remote');

  const names = Object.keys(secrets);
  const what = `Deploying${deployed.hasWorker ? '' : ' for the first time'}${names.length > 0 ? `, with ${list(names)}` : ''}`;
  // Secrets travel with the code (`--secrets-file` adds to those there): a new Worker is never without them.
  const { report } =
    names.length > 0
      ? await withSecretsFile(secrets, (path) => upload(what, vars, '--secrets-file', path))
      : await upload(what, vars);

  const appSecret = settings['APP_SECRET'] ?? null;
  const known = settings['PUBLIC_URL'] ?? deployed.vars['PUBLIC_URL'];
  if (known) return { publicUrl: URL.canParse(known) ? new URL(known).origin : null, appSecret };
  if (deployed.secrets.has('PUBLIC_URL')) return { publicUrl: null, appSecret };
  const address = addressOf(report);
  if (address === null) {
    say('No address was reported: set PUBLIC_URL in .deploy.vars and run npm run deploy again.');
    return { publicUrl: null, appSecret };
  }
  await upload(`Setting PUBLIC_URL to ${address}`, { ...vars, PUBLIC_URL: address });
  return { publicUrl: address, appSecret };
}
