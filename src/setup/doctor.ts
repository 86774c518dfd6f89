// The doctor: asks of the set-up what can be asked, in the order in which the answers build on each other, and says of each
// what is wrong and what to do. For the page /setup and, before the first deploy, for `npm run doctor`.
import { type Config, DEFAULT_DIRECTORY_ID, type Env, type ParsedConfig } from '../config.ts';
import { DatabaseError } from '../db/database.ts';
import { type Directory, readDirectory } from '../db/directories.ts';
import type { ApiOptions } from '../google/api.ts';
import type { UserSample } from '../google/user-sample.ts';
import type { Surroundings, SyncPorts } from '../sync/ports.ts';
import { checkArrival, checkChannel } from './checks/channel.ts';
import { checkClock, watchClock } from './checks/clock.ts';
import { checkConfiguration } from './checks/configuration.ts';
import { checkDatabase } from './checks/database.ts';
import { checkImport } from './checks/first-import.ts';
import { checkKey } from './checks/key.ts';
import { checkOAuth } from './checks/oauth.ts';
import { checkPeople } from './checks/people.ts';
import { closeProbes } from './checks/probe.ts';
import { checkBindings } from './checks/queues.ts';
import { checkRoles } from './checks/roles.ts';
import { checkTokens } from './checks/token.ts';
import { CHECKS, type Check, type Finding, TITLES, waiting } from './finding.ts';

export { closeProbes };

export interface DoctorWorld {
  parsed: ParsedConfig;
  surroundings: Pick<Surroundings, 'fetch' | 'nowMs' | 'wait' | 'log'>;
  /** `null` before the first deploy: what needs the deployed Worker waits. */
  deployed: { ports: SyncPorts; bindings: Env } | null;
  /** What the first deploy finds out or makes: `parsed` has a stand-in for it. */
  notBeforeDeploy?: readonly ('PUBLIC_URL' | 'APP_SECRET')[];
}

const AFTER_DEPLOY = 'The first deploy comes first.';

/** Collects findings by their check; those that nobody has made wait for another. */
class Findings {
  readonly #found = new Map<Check, Finding>();

  add(...findings: readonly Finding[]): void {
    for (const finding of findings) this.#found.set(finding.check, finding);
  }

  has(check: Check): boolean {
    return this.#found.has(check);
  }

  isOk(check: Check): boolean {
    return this.#found.get(check)?.state === 'ok';
  }

  /** Makes `checks` wait for `first`. */
  after(first: Check, ...checks: readonly Check[]): void {
    for (const check of checks)
      if (!this.has(check)) this.add(waiting(check, `First: “${TITLES[first]}”.`));
  }

  /** One for each check, in their order. */
  all(): Finding[] {
    this.after('configuration', ...CHECKS);
    return CHECKS.flatMap((check) => this.#found.get(check) ?? []);
  }
}

/** `null` where D1 goes away in the middle of it. */
async function unlessDatabaseFails<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DatabaseError) return null;
    throw error;
  }
}

const cutOff = (check: Check) =>
  waiting(check, 'D1 stopped answering while it was examined.', ['Check again in a minute.']);

interface Reading {
  api: ApiOptions;
  sample: UserSample;
}

/** Key, clock, token, API, people, roles. `null` unless people could be read. */
async function examineReading(
  config: Config,
  { surroundings }: DoctorWorld,
  directory: Directory | null,
  findings: Findings,
): Promise<Reading | null> {
  const { nowMs } = surroundings;
  const clock = watchClock(surroundings.fetch, nowMs);
  const { fetch } = clock;
  const { finding: key, canSign } = await checkKey(config.serviceAccount);
  findings.add(key);
  const found = canSign ? await checkTokens({ config, fetch, nowMs }, clock.isWrong) : null;
  findings.add(await checkClock(clock, config.googleIssuer, nowMs));
  if (found === null) {
    findings.after('key', 'token', 'api', 'people', 'roles');
    return null;
  }
  findings.add(found.finding);
  const { tokens } = found;
  if (tokens === null) {
    findings.after('token', 'api', 'people', 'roles');
    return null;
  }
  const api: ApiOptions = { origin: config.googleApiOrigin, tokens, fetch, nowMs };
  const { subject: admin } = await tokens.accessToken();
  const { customer, domain, serviceAccount } = config;
  const read = await checkPeople({ api, admin, customer, domain, key: serviceAccount, directory });
  findings.add(read.api, read.people);
  if (read.sample === null) {
    findings.after('people', 'roles');
    return null;
  }
  findings.add(checkRoles(read.sample, config.rolesSchema));
  return { api, sample: read.sample };
}

const DEPLOY_PASTE = [{ label: 'Deploy', value: 'npm run deploy' }];

/** What can be asked before there is a Worker. */
async function examineBeforeDeploy(
  config: Config,
  world: DoctorWorld,
  findings: Findings,
): Promise<void> {
  const { surroundings, notBeforeDeploy = [] } = world;
  if (notBeforeDeploy.length > 0) {
    const says = `Not set yet, and found out or made by the first deploy: ${notBeforeDeploy.join(', ')}. All else is.`;
    findings.add(waiting('configuration', says, [], DEPLOY_PASTE));
  }
  const steps = ['Deploy with the command below, then open the set-up page that it names.'];
  // What to do is said once.
  findings.add(waiting('channel', AFTER_DEPLOY, steps, DEPLOY_PASTE));
  for (const check of ['sync', 'database', 'queues', 'import'] as const)
    findings.add(waiting(check, AFTER_DEPLOY));
  await examineReading(config, world, null, findings);
  findings.add(
    notBeforeDeploy.includes('PUBLIC_URL')
      ? waiting('oauth', `${AFTER_DEPLOY} It tells the address to register.`)
      : await checkOAuth(config, surroundings.fetch, surroundings.nowMs),
  );
}

async function examineChannel(
  ports: SyncPorts,
  api: ApiOptions,
  { surroundings }: DoctorWorld,
  findings: Findings,
): Promise<void> {
  const found = await unlessDatabaseFails(() => checkChannel(ports, api, surroundings.wait));
  if (found === null) findings.add(cutOff('channel'), cutOff('sync'));
  else findings.add(found.channel, found.sync);
}

/**
 * Makes every check; always all of them, in the order of CHECKS. Asks Google a dozen times at most for one admin, and waits
 * up to 4 seconds for a message of Google's.
 */
export async function examine(world: DoctorWorld): Promise<Finding[]> {
  const { parsed, surroundings, deployed } = world;
  const findings = new Findings();
  findings.add(checkConfiguration(parsed));
  if (!parsed.ok) return findings.all();
  const { config } = parsed;
  if (deployed === null) {
    await examineBeforeDeploy(config, world, findings);
    return findings.all();
  }
  const { ports, bindings } = deployed;
  await closeProbes(ports);
  findings.add(await checkDatabase(ports.db), checkBindings(bindings));
  const hasDatabase = findings.isOk('database');
  const directory = hasDatabase
    ? await unlessDatabaseFails(() => readDirectory(ports.db, DEFAULT_DIRECTORY_ID))
    : null;
  const reading = await examineReading(config, world, directory, findings);
  if (reading === null || !findings.isOk('people')) {
    const first = CHECKS.find(
      (check) => findings.has(check) && !findings.isOk(check) && check !== 'roles',
    );
    findings.after(first ?? 'people', 'channel', 'sync');
  } else if (!hasDatabase) findings.after('database', 'channel', 'sync');
  else await examineChannel(ports, reading.api, world, findings);
  findings.add(await checkOAuth(config, surroundings.fetch, surroundings.nowMs));
  if (hasDatabase) {
    const found = await unlessDatabaseFails(() => checkImport(ports));
    findings.add(found ?? cutOff('import'));
  } else findings.after('database', 'import');
  return findings.all();
}

/**
 * Brings `sync` and `import` up to date from D1 alone, for a page that is looked at again; asks Google nothing.
 *
 * @throws {DatabaseError}
 */
export async function withNews(findings: Finding[], ports: SyncPorts): Promise<Finding[]> {
  const isOk = (check: Check) => findings.some((one) => one.check === check && one.state === 'ok');
  return Promise.all(
    findings.map((finding) => {
      if (finding.state === 'ok') return finding;
      if (finding.check === 'sync' && isOk('channel')) return checkArrival(ports, finding);
      if (finding.check === 'import' && isOk('database')) return checkImport(ports);
      return finding;
    }),
  );
}
