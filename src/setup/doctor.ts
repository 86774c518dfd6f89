// The doctor: asks of the set-up what can be asked, in the order in which the answers build on each other, and says of each
// what is wrong and what to do. For the page /setup and, before the first deploy, for `npm run doctor`.
import { type Config, DEFAULT_DIRECTORY_ID, type Env, type ParsedConfig } from '../config.ts';
import { type Directory, readDirectory } from '../db/directories.ts';
import type { ApiOptions } from '../google/api.ts';
import type { UserSample } from '../google/user-sample.ts';
import { readRoleBook } from '../roles/book.ts';
import { namedGroups, type Rule, seedRule } from '../roles/rule.ts';
import type { Surroundings, SyncPorts } from '../sync/ports.ts';
import { checkArrival, checkChannel } from './checks/channel.ts';
import { checkClock, watchClock } from './checks/clock.ts';
import { checkConfiguration } from './checks/configuration.ts';
import { checkDatabase } from './checks/database.ts';
import { checkImport } from './checks/first-import.ts';
import { checkGroups, NO_GROUPS } from './checks/groups.ts';
import { checkKey } from './checks/key.ts';
import { checkOAuth } from './checks/oauth.ts';
import { checkPeople } from './checks/people.ts';
import { closeProbes } from './checks/probe.ts';
import { checkBindings } from './checks/queues.ts';
import { checkRoles } from './checks/roles.ts';
import { checkTokens } from './checks/token.ts';
import { Examination } from './examination.ts';
import { type Check, type Finding, waiting } from './finding.ts';

export interface DoctorWorld {
  parsed: ParsedConfig;
  surroundings: Pick<Surroundings, 'fetch' | 'nowMs' | 'wait' | 'log'>;
  /** `null` before the first deploy: what needs the deployed Worker waits. */
  deployed: { ports: SyncPorts; bindings: Env } | null;
  /** What the first deploy finds out or makes: `parsed` has a stand-in for it. */
  notBeforeDeploy?: readonly ('PUBLIC_URL' | 'APP_SECRET')[];
}

const AFTER_DEPLOY = 'The first deploy comes first.';

interface Reading {
  api: ApiOptions;
  sample: UserSample;
}

/** Key, clock, token, API, people, roles, groups. `null` unless people could be read. */
async function examineReading(
  config: Config,
  { surroundings }: DoctorWorld,
  directory: Directory | null,
  rules: readonly Rule[] | null,
  examination: Examination,
): Promise<Reading | null> {
  const { nowMs } = surroundings;
  const groupKeys = namedGroups(rules ?? []);
  if (groupKeys.length === 0) examination.add(NO_GROUPS);
  const clock = watchClock(surroundings.fetch, nowMs);
  const { fetch } = clock;
  const key = await examination.make(['key'], () => checkKey(config.serviceAccount));
  if (key !== null) examination.add(key.finding);
  const found = key?.canSign
    ? await examination.make(['token'], () =>
        checkTokens({ config, fetch, nowMs, namesGroups: groupKeys.length > 0 }, clock.isWrong),
      )
    : null;
  await examination.make(['clock'], async () =>
    examination.add(await checkClock(clock, config.googleIssuer, nowMs)),
  );
  if (found === null) {
    examination.after('key', 'token');
    examination.after(key?.canSign ? 'token' : 'key', 'api', 'people', 'roles', 'groups');
    return null;
  }
  examination.add(found.finding);
  const { tokens } = found;
  if (tokens === null) {
    examination.after('token', 'api', 'people', 'roles', 'groups');
    return null;
  }
  const api: ApiOptions = { origin: config.googleApiOrigin, tokens, fetch, nowMs };
  const { subject: admin } = await tokens.accessToken();
  const { customer, domain, serviceAccount } = config;
  const read = await examination.make(['api', 'people'], () =>
    checkPeople({ api, admin, customer, domain, key: serviceAccount, directory }),
  );
  if (read !== null) examination.add(read.api, read.people);
  const sample = read?.sample ?? null;
  if (sample === null) {
    examination.after('people', 'roles', 'groups');
    return null;
  }
  await examination.make(['roles'], async () =>
    examination.add(
      checkRoles(sample, rules ?? [{ id: 0, ...seedRule(config.rolesSchema) }], rules !== null),
    ),
  );
  await examination.make(['groups'], async () =>
    examination.add(await checkGroups({ config, fetch, nowMs, admin }, groupKeys)),
  );
  return { api, sample };
}

async function examineOAuth(
  config: Config,
  { surroundings }: DoctorWorld,
  examination: Examination,
): Promise<void> {
  await examination.make(['oauth'], async () =>
    examination.add(await checkOAuth(config, surroundings.fetch, surroundings.nowMs)),
  );
}

const DEPLOY_PASTE = [{ label: 'Deploy', value: 'npm run deploy' }];

/** What can be asked before there is a Worker. */
async function examineBeforeDeploy(
  config: Config,
  world: DoctorWorld,
  examination: Examination,
): Promise<void> {
  const { notBeforeDeploy = [] } = world;
  if (notBeforeDeploy.length > 0) {
    const says = `Not set yet, and found out or made by the first deploy: ${notBeforeDeploy.join(', ')}. All else is.`;
    examination.add(waiting('configuration', says, [], DEPLOY_PASTE));
  }
  const steps = ['Deploy with the command below, then open the set-up page that it names.'];
  // What to do is said once.
  examination.add(waiting('channel', AFTER_DEPLOY, steps, DEPLOY_PASTE));
  for (const check of ['sync', 'database', 'queues', 'import'] as const)
    examination.add(waiting(check, AFTER_DEPLOY));
  await examineReading(config, world, null, null, examination);
  if (notBeforeDeploy.includes('PUBLIC_URL'))
    examination.add(waiting('oauth', `${AFTER_DEPLOY} It tells the address to register.`));
  else await examineOAuth(config, world, examination);
}

async function examineChannel(
  ports: SyncPorts,
  api: ApiOptions,
  { surroundings }: DoctorWorld,
  examination: Examination,
): Promise<void> {
  const found = await examination.make(['channel', 'sync'], () =>
    checkChannel(ports, api, surroundings.wait),
  );
  if (found !== null) examination.add(found.channel, found.sync);
}

/** What must be in order before a channel can be opened. */
const BEFORE_CHANNEL = ['key', 'clock', 'token', 'api', 'people'] as const;

/**
 * Makes every check; always all of them, in the order of CHECKS. Asks Google a dozen times at most for one admin, once
 * more for each group that a rule names, ten at most, and waits up to 4 seconds for a message of Google's.
 */
export async function examine(world: DoctorWorld): Promise<Finding[]> {
  const { parsed, surroundings, deployed } = world;
  const examination = new Examination(surroundings.log);
  examination.add(checkConfiguration(parsed));
  if (!parsed.ok) return examination.all();
  const { config } = parsed;
  if (deployed === null) {
    await examineBeforeDeploy(config, world, examination);
    return examination.all();
  }
  const { ports, bindings } = deployed;
  await closeProbes(ports);
  await examination.make(['database'], async () => examination.add(await checkDatabase(ports.db)));
  await examination.make(['queues'], () => examination.add(checkBindings(bindings)));
  const hasDatabase = examination.isOk('database');
  // Where it can't be read nothing is compared with it, and those who need D1 say so themselves.
  const directory = hasDatabase
    ? await examination.make([], () => readDirectory(ports.db, DEFAULT_DIRECTORY_ID))
    : null;
  // Before the first look ROLES_SCHEMA still decides.
  const rules =
    directory !== null && directory.rolesVersion > 0
      ? await examination.make(
          [],
          async () => (await readRoleBook(ports, DEFAULT_DIRECTORY_ID, []))?.rules ?? null,
        )
      : null;
  const reading = await examineReading(config, world, directory, rules, examination);
  if (reading === null || !examination.isOk('people'))
    examination.after(examination.inTheWay(BEFORE_CHANNEL) ?? 'people', 'channel', 'sync');
  else if (!hasDatabase) examination.after('database', 'channel', 'sync');
  else await examineChannel(ports, reading.api, world, examination);
  await examineOAuth(config, world, examination);
  if (hasDatabase)
    await examination.make(['import'], async () => examination.add(await checkImport(ports)));
  else examination.after('database', 'import');
  return examination.all();
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
