// What a check of the set-up comes to: one finding for each question, in the order in which the answers build on each
// other. Plain data, kept as JSON, shown by the page and by `npm run doctor`. It holds no secret.
import * as z from 'zod';

/** The questions, in order. */
export const CHECKS = [
  'configuration',
  'key',
  'clock',
  'token',
  'api',
  'people',
  'roles',
  'groups',
  'channel',
  'sync',
  'oauth',
  'database',
  'queues',
  'import',
] as const;
export type Check = (typeof CHECKS)[number];

const finding = z.object({
  check: z.enum(CHECKS),
  /** `waiting`: not wrong, and not done: something comes first, or takes its time. */
  state: z.enum(['ok', 'failed', 'waiting']),
  /** What was found, in one or two sentences; when it failed, the cause. */
  says: z.string(),
  /** What to do, one thing each, in order: what to click where. Empty where there is nothing to do. */
  steps: z.array(z.string()),
  /** What to paste into Google or Cloudflare while doing it. */
  paste: z.array(z.object({ label: z.string(), value: z.string() })),
});

export type Finding = z.output<typeof finding>;
export type Paste = Finding['paste'][number];

/** Findings as they were kept; `null` for those of another version. */
export function parseFindings(kept: unknown): Finding[] | null {
  const parsed = z.array(finding).safeParse(kept);
  return parsed.success ? parsed.data : null;
}

export const TITLES: Readonly<Record<Check, string>> = {
  configuration: 'The configuration is complete',
  key: 'The service-account key is a key',
  clock: 'The clock is right',
  token: 'Google hands out access tokens',
  api: 'The Admin SDK API is on',
  people: 'The admin may read users',
  roles: 'Rules about custom schemas find values',
  groups: 'Groups that rules name can be read',
  channel: 'A notification channel opens',
  sync: 'Google reaches this address',
  oauth: 'Google knows the OAuth client',
  database: 'The database is migrated',
  queues: 'Queues and Workflow are bound',
  import: 'The first import is done',
};

/** Nothing wrong. */
export const ok = (check: Check, says: string): Finding => ({
  check,
  state: 'ok',
  says,
  steps: [],
  paste: [],
});

/** Not wrong, and not done yet. */
export const waiting = (
  check: Check,
  says: string,
  steps: readonly string[] = [],
  paste: readonly Paste[] = [],
): Finding => ({ check, state: 'waiting', says, steps: [...steps], paste: [...paste] });

/** Wrong, with what to do. */
export const failed = (
  check: Check,
  says: string,
  steps: readonly string[],
  paste: readonly Paste[] = [],
): Finding => ({ check, state: 'failed', says, steps: [...steps], paste: [...paste] });
