// What the sync room works with. Built per event from configuration and bindings; clock, chance and
// outgoing requests are arguments, so that a test can hold them.
import type { Config, Env } from '../config.ts';
import { type Database, openDatabase } from '../db/database.ts';
import type { ApiOptions } from '../google/api.ts';
import { GROUP_MEMBER_SCOPE } from '../google/groups.ts';
import type { Fetch } from '../google/http.ts';
import { createTokenSource, DIRECTORY_SCOPE } from '../google/service-account.ts';
import { type Log, log } from '../log.ts';
import type { ChangeMessage } from './hint.ts';
import { type Pace, paceOf } from './pace.ts';

/** The part of a KV namespace that channels need. */
export type ChannelStore = Pick<KVNamespace, 'get' | 'put' | 'delete' | 'list'>;

/** The part of a queue that hints need. */
export type ChangeQueue = Pick<Queue<ChangeMessage>, 'sendBatch'>;

export interface SyncPorts {
  config: Config;
  db: Database;
  channels: ChannelStore;
  changes: ChangeQueue;
  api: ApiOptions;
  /** The same with tokens for members of groups: where those are refused, people are still kept in step. */
  groupsApi: ApiOptions;
  /** For calls to others than Google: they don't count as Google's. */
  fetch: Fetch;
  /** How many requests have left for Google in this event, tokens included. */
  googleCalls: () => number;
  /** The consumer's. Whoever signs in waits for nobody. */
  pace: Pace;
  log: Log;
  nowMs: () => number;
  /** In [0, 1). */
  random: () => number;
  wait: (ms: number) => Promise<void>;
}

export interface Surroundings {
  fetch: Fetch;
  nowMs: () => number;
  random: () => number;
  wait: (ms: number) => Promise<void>;
  log: Log;
}

/** The world as it is. */
export const SURROUNDINGS: Surroundings = {
  fetch: (request) => fetch(request),
  nowMs: () => Date.now(),
  random: () => Math.random(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  log,
};

export function syncPorts(
  env: Env,
  config: Config,
  surroundings: Surroundings = SURROUNDINGS,
): SyncPorts {
  const { nowMs, random, wait, log } = surroundings;
  let calls = 0;
  const fetch: Fetch = (request) => {
    calls += 1;
    return surroundings.fetch(request);
  };
  const apiFor = (scope: string): ApiOptions => ({
    origin: config.googleApiOrigin,
    tokens: createTokenSource({
      key: config.serviceAccount,
      admins: config.adminEmails,
      scopes: [scope],
      fetch,
      nowMs,
    }),
    fetch,
    nowMs,
  });
  return {
    config,
    db: openDatabase(env.DB),
    channels: env.CHANNELS,
    changes: env.CHANGES as Queue<ChangeMessage>,
    api: apiFor(DIRECTORY_SCOPE),
    groupsApi: apiFor(GROUP_MEMBER_SCOPE),
    fetch: surroundings.fetch,
    googleCalls: () => calls,
    pace: paceOf(config),
    log,
    nowMs,
    random,
    wait,
  };
}
