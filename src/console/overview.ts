// What the overview shows, read for one directory: D1 queries none of which reads every person, and KV's channels.
import type { Config } from '../config.ts';
import { DEFAULT_DIRECTORY_ID } from '../config.ts';
import { type OpenDeadLetter, readOpenDeadLetters } from '../db/dead-letters.ts';
import { readDirectory } from '../db/directories.ts';
import { readLatencies } from '../db/events.ts';
import { type OperatorAction, readOperatorActions } from '../db/operator-actions.ts';
import { type PeopleCounts, readPeopleCounts } from '../db/people-counts.ts';
import { type ReconcileRun, readRecentRuns } from '../db/reconcile-runs.ts';
import { type Recompute, readRecompute } from '../db/role-recomputes.ts';
import { errorCode } from '../log.ts';
import { type Channel, readChannels } from '../sync/channel-store.ts';
import { type Condition, conditionsOf, type SyncHealth, syncHealth } from '../sync/health.ts';
import { glanceAtHeld, type HeldGlance } from '../sync/held-removals.ts';
import type { SyncPorts } from '../sync/ports.ts';
import { dayStart, type LatencyDay, latencyDay } from './latency.ts';

const RUNS = 8;
const LETTERS = 20;
const HELD = 20;
const ACTIONS = 8;

export interface Overview {
  nowMs: number;
  health: SyncHealth;
  conditions: readonly Condition[];
  people: PeopleCounts;
  held: HeldGlance;
  letters: { letters: readonly OpenDeadLetter[]; count: number };
  runs: readonly ReconcileRun[];
  actions: readonly OperatorAction[];
  latency: LatencyDay;
  /** Roles that are being made anew; `null` = none are. */
  recompute: Recompute | null;
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
  const [directory, people, held, letters, runs, actions, channels, taken, recompute] =
    await Promise.all([
      readDirectory(db, directoryId),
      readPeopleCounts(db, directoryId),
      glanceAtHeld(ports, directoryId, HELD),
      readOpenDeadLetters(db, directoryId, LETTERS),
      readRecentRuns(db, directoryId, RUNS),
      readOperatorActions(db, directoryId, ACTIONS),
      channelsOf(ports, directoryId),
      readLatencies(db, directoryId, dayStart(nowMs)),
      readRecompute(db, directoryId),
    ]);
  const everyMinutes = config.reconcileEveryMinutes;
  return {
    nowMs,
    health: syncHealth(directory, everyMinutes, nowMs, held),
    conditions: conditionsOf(directory, everyMinutes, nowMs, held),
    people,
    held,
    letters,
    runs,
    actions,
    channels,
    latency: latencyDay(taken.latencies, nowMs, taken.sinceMs),
    recompute: recompute?.finishedMs === null ? recompute : null,
    // The settings are those of the deployment's own directory.
    wanted: directoryId === DEFAULT_DIRECTORY_ID ? config.channelEvents : [],
  };
}
