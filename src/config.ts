// Bindings and vars → Config. The only reader of the environment: every problem is collected and named,
// values are never repeated, and with a problem the Worker does nothing but say so.
import * as z from 'zod';
import {
  adminEmails,
  appSecret,
  channelEvents,
  embedAncestors,
  oauthCredential,
  operatorToken,
  origin,
  parseUrl,
  webhookUrl,
  wholeNumber,
} from './config-fields.ts';
import type { ChannelEvent } from './google/channels.ts';
import type { ServiceAccountKey } from './google/service-account.ts';
import { serviceAccountKey } from './google/service-account-key.ts';
import type { Log } from './log.ts';
import { isLoopback, mayLeadTo } from './targets.ts';

export interface Env {
  DB: D1Database;
  CHANNELS: KVNamespace;
  CHANGES: Queue;
  RECONCILE: Workflow<{ directoryId: string }>;
  PUSH_LIMIT: RateLimit;
  LOGIN_LIMIT: RateLimit;
  /** Vars and secrets arrive as strings; anything else in here is a binding of somebody else's. */
  [name: string]: unknown;
}

export interface Config {
  readonly publicUrl: URL;
  readonly serviceAccount: ServiceAccountKey;
  readonly adminEmails: readonly string[];
  readonly customer: string;
  readonly domain: string | undefined;
  readonly appSecret: string;
  readonly appSecretPrevious: string | undefined;
  readonly googleApiOrigin: string;
  /** `*` = one channel without `event`; an empty list = pause. */
  readonly channelEvents: readonly ChannelEvent[] | '*';
  readonly channelTtlSeconds: number;
  readonly channelRenewBeforeSeconds: number;
  readonly reconcileEveryMinutes: number;
  readonly googleCallsPerPass: number;
  readonly rolesSchema: string;
  /** The OAuth web client; `undefined` = nobody signs in here. */
  readonly oauthClient: { readonly id: string; readonly secret: string } | undefined;
  /** What the OAuth client lacks. No reason to stop keeping people in step: the two are set one after the other. */
  readonly missingForSignIn: readonly string[];
  readonly googleIssuer: string;
  readonly sessionTtlMs: number;
  /** Origins that may frame `/embed/*`; empty = there are no such pages. */
  readonly embedAncestors: readonly string[];
  /** Removals in 24 hours that nobody approved are held beyond the larger of the two. */
  readonly deletionGuard: { readonly count: number; readonly percent: number };
  readonly tombstoneMs: number;
  readonly eventMs: number;
  /** Bearer token of operator calls; `undefined` = those routes are off. */
  readonly operatorToken: string | undefined;
  /** Gets one JSON line when something needs a person. */
  readonly alertWebhookUrl: URL | undefined;
}

/** What Hono's routes work with: bindings, and what app.tsx has found out before a room is asked. */
export interface AppEnv {
  Bindings: Env;
  Variables: { config: Config; requestId: string };
}

/** The directory that the configuration describes. */
export const DEFAULT_DIRECTORY_ID = 'default';

export interface ConfigProblem {
  name: string;
  problem: string;
}

export type ParsedConfig =
  | { ok: true; config: Config }
  | { ok: false; problems: readonly ConfigProblem[] };

const VARS = {
  PUBLIC_URL: origin,
  GOOGLE_SERVICE_ACCOUNT_KEY: serviceAccountKey,
  GOOGLE_ADMIN_EMAIL: adminEmails,
  GOOGLE_CUSTOMER: z
    .string()
    .regex(/^[A-Za-z0-9_]{1,40}$/, 'must be my_customer or a customer id')
    .default('my_customer'),
  GOOGLE_DOMAIN: z
    .string()
    .toLowerCase()
    .regex(/^(?=.{1,253}$)([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/, 'must be a domain name')
    .optional(),
  APP_SECRET: appSecret,
  APP_SECRET_PREVIOUS: appSecret.optional(),
  GOOGLE_API_ORIGIN: origin.default(new URL('https://admin.googleapis.com')),
  CHANNEL_EVENTS: channelEvents,
  // Cron comes every 5 minutes: a life or a lead shorter than a few of them would leave gaps.
  CHANNEL_TTL_SECONDS: wholeNumber(21_600, 1_800, 172_800),
  CHANNEL_RENEW_BEFORE_SECONDS: wholeNumber(1_800, 600, 86_400),
  RECONCILE_EVERY_MINUTES: wholeNumber(5, 1, 1_440),
  GOOGLE_CALLS_PER_PASS: wholeNumber(45, 5, 9_000),
  ROLES_SCHEMA: z.string().min(1).max(100).default('Roles'),
  GOOGLE_CLIENT_ID: oauthCredential.optional(),
  GOOGLE_CLIENT_SECRET: oauthCredential.optional(),
  GOOGLE_ISSUER: origin.default(new URL('https://accounts.google.com')),
  SESSION_TTL_HOURS: wholeNumber(12, 1, 720),
  EMBED_ANCESTORS: embedAncestors.default([]),
  DELETE_GUARD_COUNT: wholeNumber(5, 0, 1_000_000),
  DELETE_GUARD_PERCENT: wholeNumber(5, 0, 100),
  TOMBSTONE_DAYS: wholeNumber(30, 1, 3_650),
  EVENT_DAYS: wholeNumber(90, 1, 3_650),
  OPERATOR_TOKEN: operatorToken.optional(),
  ALERT_WEBHOOK_URL: webhookUrl.optional(),
};

/** What the Worker can't do without; a var of these names would be none of ours. */
export const BINDINGS = [
  'DB',
  'CHANNELS',
  'CHANGES',
  'RECONCILE',
  'PUSH_LIMIT',
  'LOGIN_LIMIT',
] as const;

type Name = keyof typeof VARS;

const DAY_MS = 86_400_000;

/** An empty var means "not set", as a copied `.dev.vars.example` has it; only here empty says something. */
const EMPTY_SAYS_SOMETHING: ReadonlySet<string> = new Set(['CHANNEL_EVENTS'] satisfies Name[]);

/** Rules that need two values at once: what would quietly be unsafe or do nothing is refused. */
function combinationProblems(vars: {
  PUBLIC_URL?: URL;
  GOOGLE_API_ORIGIN?: URL;
  GOOGLE_SERVICE_ACCOUNT_KEY?: ServiceAccountKey;
  APP_SECRET?: string;
  APP_SECRET_PREVIOUS?: string | undefined;
  RECONCILE_EVERY_MINUTES?: number;
  GOOGLE_ISSUER?: URL;
  EMBED_ANCESTORS?: readonly string[];
  ALERT_WEBHOOK_URL?: URL;
}): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const isLocal = vars.PUBLIC_URL !== undefined && isLoopback(vars.PUBLIC_URL);
  const targets: [Name, URL | null | undefined][] = [
    ['GOOGLE_API_ORIGIN', vars.GOOGLE_API_ORIGIN],
    ['GOOGLE_ISSUER', vars.GOOGLE_ISSUER],
    [
      'GOOGLE_SERVICE_ACCOUNT_KEY',
      vars.GOOGLE_SERVICE_ACCOUNT_KEY && parseUrl(vars.GOOGLE_SERVICE_ACCOUNT_KEY.tokenUri),
    ],
    ['ALERT_WEBHOOK_URL', vars.ALERT_WEBHOOK_URL],
  ];
  for (const [name, url] of targets) {
    if (!url || !vars.PUBLIC_URL) continue;
    if (!mayLeadTo(vars.PUBLIC_URL, url)) {
      problems.push({
        name,
        problem: `${name === 'GOOGLE_SERVICE_ACCOUNT_KEY' ? 'its token_uri' : 'it'} must be https at a public host; loopback only while PUBLIC_URL is loopback`,
      });
    }
  }
  // With a dot at its end a host is the same one.
  if (vars.PUBLIC_URL && vars.ALERT_WEBHOOK_URL?.host.replace(/\.$/, '') === vars.PUBLIC_URL.host)
    problems.push({ name: 'ALERT_WEBHOOK_URL', problem: 'must not be at the host of PUBLIC_URL' });
  if (vars.APP_SECRET !== undefined && vars.APP_SECRET === vars.APP_SECRET_PREVIOUS) {
    problems.push({
      name: 'APP_SECRET_PREVIOUS',
      problem: 'must differ from APP_SECRET, or be unset',
    });
  }
  if (vars.PUBLIC_URL && !isLocal && vars.EMBED_ANCESTORS?.some((one) => one.startsWith('http:'))) {
    problems.push({
      name: 'EMBED_ANCESTORS',
      problem: 'must be https; http on loopback only while PUBLIC_URL is loopback',
    });
  }
  if (
    !isLocal &&
    vars.PUBLIC_URL &&
    vars.RECONCILE_EVERY_MINUTES &&
    vars.RECONCILE_EVERY_MINUTES % 5 !== 0
  ) {
    problems.push({
      name: 'RECONCILE_EVERY_MINUTES',
      problem: 'must be a multiple of 5: cron runs every 5 minutes',
    });
  }
  return problems;
}

function parse(env: Env): ParsedConfig {
  const given = Object.fromEntries(
    Object.keys(VARS).flatMap((name) => {
      const value = env[name];
      const isSet = typeof value === 'string' && (value !== '' || EMPTY_SAYS_SOMETHING.has(name));
      return isSet ? [[name, value]] : [];
    }),
  );
  const problems: ConfigProblem[] = [];
  const vars: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(VARS)) {
    const result = schema.safeParse(given[name]);
    if (result.success) vars[name] = result.data;
    else {
      const isMissing = given[name] === undefined;
      problems.push({
        name,
        problem: isMissing ? 'is not set' : (result.error.issues[0]?.message ?? 'is not valid'),
      });
    }
  }
  for (const name of BINDINGS) {
    if (typeof env[name] !== 'object')
      problems.push({ name, problem: 'is not bound: take wrangler.toml as it is' });
  }
  problems.push(...combinationProblems(vars));
  if (problems.length > 0) return { ok: false, problems };
  const valid = vars as { [N in Name]: z.output<(typeof VARS)[N]> };
  return {
    ok: true,
    config: Object.freeze({
      publicUrl: valid.PUBLIC_URL,
      serviceAccount: valid.GOOGLE_SERVICE_ACCOUNT_KEY,
      adminEmails: valid.GOOGLE_ADMIN_EMAIL,
      customer: valid.GOOGLE_CUSTOMER,
      domain: valid.GOOGLE_DOMAIN,
      appSecret: valid.APP_SECRET,
      appSecretPrevious: valid.APP_SECRET_PREVIOUS,
      googleApiOrigin: valid.GOOGLE_API_ORIGIN.origin,
      channelEvents: valid.CHANNEL_EVENTS,
      channelTtlSeconds: valid.CHANNEL_TTL_SECONDS,
      channelRenewBeforeSeconds: valid.CHANNEL_RENEW_BEFORE_SECONDS,
      reconcileEveryMinutes: valid.RECONCILE_EVERY_MINUTES,
      googleCallsPerPass: valid.GOOGLE_CALLS_PER_PASS,
      rolesSchema: valid.ROLES_SCHEMA,
      oauthClient:
        valid.GOOGLE_CLIENT_ID !== undefined && valid.GOOGLE_CLIENT_SECRET !== undefined
          ? { id: valid.GOOGLE_CLIENT_ID, secret: valid.GOOGLE_CLIENT_SECRET }
          : undefined,
      missingForSignIn: (['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'] as const).filter(
        (name) => valid[name] === undefined,
      ),
      googleIssuer: valid.GOOGLE_ISSUER.origin,
      sessionTtlMs: valid.SESSION_TTL_HOURS * 3_600_000,
      embedAncestors: valid.EMBED_ANCESTORS,
      deletionGuard: { count: valid.DELETE_GUARD_COUNT, percent: valid.DELETE_GUARD_PERCENT },
      tombstoneMs: valid.TOMBSTONE_DAYS * DAY_MS,
      eventMs: valid.EVENT_DAYS * DAY_MS,
      operatorToken: valid.OPERATOR_TOKEN,
      alertWebhookUrl: valid.ALERT_WEBHOOK_URL,
    }),
  };
}

// The environment of an isolate never changes, so it is read once; a test's other object is read anew.
const parsed = new WeakMap<Env, ParsedConfig>();

/** Reads the configuration; `null`, with every problem in the log, where it can't be used. */
export function readConfig(env: Env, log: Log): Config | null {
  const result = parseConfig(env);
  if (result.ok) return result.config;
  const problems = result.problems.map(({ name, problem }) => `${name} ${problem}`);
  log('error', 'config.invalid', { problems });
  return null;
}

/** Reads the whole configuration, or every problem it has. */
export function parseConfig(env: Env): ParsedConfig {
  const known = parsed.get(env) ?? parse(env);
  parsed.set(env, known);
  return known;
}

/** What of a broken configuration can be used all the same: enough to show its problems to whoever may see them. */
export function usableParts(env: Env): Partial<Pick<Config, 'publicUrl' | 'appSecret'>> {
  const publicUrl = VARS.PUBLIC_URL.safeParse(env['PUBLIC_URL']);
  const secret = VARS.APP_SECRET.safeParse(env['APP_SECRET']);
  return {
    ...(publicUrl.success ? { publicUrl: publicUrl.data } : {}),
    ...(secret.success ? { appSecret: secret.data } : {}),
  };
}
