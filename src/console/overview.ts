// What the overview shows, read for one directory: nine D1 queries, none of which reads every person, and KV's channels.
import type { Config } from '../config.ts';
import { DEFAULT_DIRECTORY_ID } from '../config.ts';
import { type OpenDeadLetter, readOpenDeadLetters } from '../db/dead-letters.ts';
import { readDirectory } from '../db/directories.ts';
import { type OperatorAction, readOperatorActions } from '../db/operator-actions.ts';
import { type PeopleCounts, readPeopleCounts } from '../db/people-counts.ts';
import { type ReconcileRun, readRecentRuns } from '../db/reconcile-runs.ts';
import { errorCode } from '../log.ts';
import { type Channel, readChannels } from '../sync/channel-store.ts';
import { type Condition, conditionsOf, type SyncHealth, syncHealth } from '../sync/health.ts';
import { type HeldList, readHeldRemovals } from '../sync/held-removals.ts';
import type { SyncPorts } from '../sync/ports.ts';

const RUNS = 8;
const LETTERS = 20;
const ACTIONS = 8;

export interface Overview {
  nowMs: number;
  health: SyncHealth;
  conditions: readonly Condition[];
  people: PeopleCounts;
  held: HeldList;
  letters: { letters: readonly OpenDeadLetter[]; count: number };
  runs: readonly ReconcileRun[];
  actions: readonly OperatorAction[];
  /** `unknown`: KV does not answer. */
  channels: readonly Channel[] | 'unknown';
  /** What channels are wanted for; empty = paused on purpose. */
  wanted: Config['channelEvents'];
}

/** @returns `unknown` where KV does not answer */
export async function channelsOf(
  ports: SyncPorts,
  directoryId: string,
): Promise<Channel[] | 'unknown'> {
  try {
    return await readChannels(ports.channels, directoryId, ports.nowMs());
  } catch (error) {
    ports.log('warn', 'console.no-channels', { directoryId, code: errorCode(error) });
    return 'unknown';
  }
}

/** @throws {DatabaseError} */
export async function readOverview(ports: SyncPorts, directoryId: string): Promise<Overview> {
  const { db, config } = ports;
  const nowMs = ports.nowMs();
  const [directory, people, held, letters, runs, actions, channels] = await Promise.all([
    readDirectory(db, directoryId),
    readPeopleCounts(db, directoryId),
    readHeldRemovals(ports, directoryId),
    readOpenDeadLetters(db, directoryId, LETTERS),
    readRecentRuns(db, directoryId, RUNS),
    readOperatorActions(db, directoryId, ACTIONS),
    channelsOf(ports, directoryId),
  ]);
  const since = held.removals.map(({ sinceMs }) => sinceMs);
  const summary = {
    waiting: held.removals.length,
    sinceMs: since.length > 0 ? Math.min(...since) : null,
  };
  const everyMinutes = config.reconcileEveryMinutes;
  return {
    nowMs,
    health: syncHealth(directory, everyMinutes, nowMs, summary),
    conditions: conditionsOf(directory, everyMinutes, nowMs, summary),
    people,
    held,
    letters,
    runs,
    actions,
    channels,
    // The settings are those of the deployment's own directory.
    wanted: directoryId === DEFAULT_DIRECTORY_ID ? config.channelEvents : [],
  };
}
