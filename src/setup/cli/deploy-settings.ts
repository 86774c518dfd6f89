// Which settings a deploy may carry, which of them are secret, and what is missing or wrong with those at hand. The
// judge is the Worker's own parser, so that nothing is deployed that it would refuse.
import { type ConfigProblem, type Env, parseConfig } from '../../config.ts';
import type { Deployed } from './deployed.ts';

export const VARS: readonly string[] = [
  'PUBLIC_URL',
  'GOOGLE_ADMIN_EMAIL',
  'GOOGLE_CUSTOMER',
  'GOOGLE_DOMAIN',
  'GOOGLE_CLIENT_ID',
  'GOOGLE_API_ORIGIN',
  'GOOGLE_ISSUER',
  'CHANNEL_EVENTS',
  'CHANNEL_TTL_SECONDS',
  'CHANNEL_RENEW_BEFORE_SECONDS',
  'RECONCILE_EVERY_MINUTES',
  'GOOGLE_CALLS_PER_PASS',
  'ROLES_SCHEMA',
  'SESSION_TTL_HOURS',
  'EMBED_ANCESTORS',
  'DELETE_GUARD_COUNT',
  'DELETE_GUARD_PERCENT',
  'TOMBSTONE_DAYS',
  'EVENT_DAYS',
];

export type Settings = Readonly<Record<string, string>>;

export interface Verdict {
  /** Neither at hand nor on the Worker. PUBLIC_URL is never among them: the first deploy finds it out. */
  missing: readonly string[];
  /** At hand and refused. Names and reasons, never values. */
  wrong: readonly ConfigProblem[];
  /** Wrong on the Worker already; a deploy neither causes nor cures it. */
  wrongThere: readonly ConfigProblem[];
}

// Stands for an address that is not known yet, so that the rules for a public deployment hold.
const SOME_PUBLIC_URL = 'https://rollcall.workers.dev';

/** Judges what would be on the Worker after a deploy with `given`. */
export function judge(given: Settings, deployed: Deployed): Verdict {
  const known: Env = Object.create(null);
  Object.assign(known, { PUBLIC_URL: SOME_PUBLIC_URL }, deployed.vars, given);
  const parsed = parseConfig(known);
  const problems = parsed.ok
    ? []
    : parsed.problems.filter(({ problem }) => !problem.startsWith('is not bound'));
  // Whose value can't be read back is judged by the Worker itself.
  const isUnknown = (name: string) => !(name in given) && deployed.secrets.has(name);
  const isMissing = ({ name, problem }: ConfigProblem) =>
    problem === 'is not set' && !isUnknown(name);
  const isWrong = ({ problem }: ConfigProblem) => problem !== 'is not set';
  const wrong = problems.filter((one) => isWrong(one) && one.name in given);
  const publicUrl = given['PUBLIC_URL'];
  if (publicUrl?.startsWith('http:'))
    wrong.push({ name: 'PUBLIC_URL', problem: 'must be https: this is for the deployed Worker' });
  return {
    missing: problems.filter(isMissing).map(({ name }) => name),
    wrong,
    wrongThere: problems.filter((one) => isWrong(one) && !(one.name in given)),
  };
}
