// Tells whoever is named by ALERT_WEBHOOK_URL what needs a person: once when it begins, once when it is over. Run by
// cron; what could not be delivered is sent again by the next one. The URL is a secret: it is in no log.
import {
  type Alert,
  type AlertState,
  claimAlert,
  noteAlerts,
  noteAlertTold,
  releaseAlert,
} from '../db/alerts.ts';
import { readDirectory } from '../db/directories.ts';
import { readHeldSummary } from '../db/held-removals.ts';
import type { Fetch } from '../google/http.ts';
import { remedyOf } from '../google/token-errors.ts';
import { conditionsOf, needsAPerson } from './health.ts';
import type { SyncPorts } from './ports.ts';

const TIMEOUT_MS = 10_000;
/** An end that could not be told for so long interests nobody any more. */
const GIVE_UP_END_AFTER_MS = 24 * 3_600_000;
/** KV may be stale by a minute, and a first `sync` takes its time: a shorter lack of channels is none. */
const NO_CHANNEL_LASTS_MS = 10 * 60_000;

/** What needs a person besides a broken credential. */
const WHAT_TO_DO: Readonly<Record<string, string>> = {
  'passes-overdue':
    'No pass through the directory has completed for three intervals: look for reconcile.ended and its reason in the log.',
  'deletions-held':
    'People who seem to be gone are kept until somebody agrees: look at their names in the console, /console, then approve removing them or keep them.',
  'no-channel':
    'At least one wanted event has no channel that Google has confirmed: look for channel.not-opened and its remedy in the log; if there is none, Google can’t reach PUBLIC_URL.',
};

function textOf(host: string, condition: string, state: AlertState): string {
  if (state === 'ended') return `Rollcall at ${host}: ${condition} is over.`;
  const [kind, code] = condition.split(':');
  const whatToDo =
    kind === 'credential'
      ? `Google does not let Rollcall read the directory; what is known is kept. ${remedyOf(code ?? '')}`
      : WHAT_TO_DO[condition];
  return `Rollcall at ${host}: ${condition}. ${whatToDo}`;
}

/** One line of JSON, without anything about a person. */
function lineOf(ports: SyncPorts, alert: Alert, state: AlertState, nowMs: number): string {
  const { directoryId, condition, sinceMs, endedMs } = alert;
  const line = {
    source: 'rollcall',
    directoryId,
    condition,
    state,
    since: new Date(sinceMs).toISOString(),
    at: new Date(endedMs ?? nowMs).toISOString(),
    text: textOf(ports.config.publicUrl.host, condition, state),
  };
  return `${JSON.stringify(line)}\n`;
}

interface Delivery {
  isDelivered: boolean;
  /** 0 without an answer. */
  status: number;
  /** `timeout`, `network`, or `http-<status>`. */
  code: string;
}

/** Any 2xx is success. No redirect is followed, and no body read: it would be a stranger's. */
async function post(fetch: Fetch, url: URL, body: string): Promise<Delivery> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const headers = { 'content-type': 'application/json' };
  try {
    const request = new Request(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    const { ok, status, body: answer } = await fetch(request);
    // It has arrived, whatever becomes of the connection.
    await answer?.cancel().catch(() => {});
    return { isDelivered: ok, status, code: `http-${status}` };
  } catch {
    return { isDelivered: false, status: 0, code: signal.aborted ? 'timeout' : 'network' };
  }
}

async function tell(ports: SyncPorts, url: URL, alert: Alert): Promise<void> {
  const { db } = ports;
  const state: AlertState = alert.endedMs === null ? 'began' : 'ended';
  const nowMs = ports.nowMs();
  if (!(await claimAlert(db, alert, state, nowMs))) return;
  const { isDelivered, status, code } = await post(
    ports.fetch,
    url,
    lineOf(ports, alert, state, nowMs),
  );
  const { directoryId, condition } = alert;
  const fields = { directoryId, condition, state, status };
  if (isDelivered) {
    ports.log('info', 'alert.told', fields);
    await noteAlertTold(db, alert, state, ports.nowMs());
  } else {
    ports.log('warn', 'alert.not-told', { ...fields, code });
    await releaseAlert(db, alert, nowMs);
  }
}

function isToBeTold({ condition, sinceMs, toldMs, endedMs }: Alert, nowMs: number): boolean {
  if (endedMs !== null) return true;
  if (toldMs !== null) return false;
  return condition !== 'no-channel' || nowMs - sinceMs >= NO_CHANNEL_LASTS_MS;
}

/**
 * Notes which conditions hold, and tells what is new. Without ALERT_WEBHOOK_URL they are noted all the same: whoever
 * sets it later is told what still holds, and of no end whose begin they never saw.
 *
 * @throws {DatabaseError} a delivery that fails is logged and tried again at the next cron
 */
export async function tellAlerts(ports: SyncPorts, directoryId: string): Promise<void> {
  const { db, config } = ports;
  const nowMs = ports.nowMs();
  const [directory, held] = await Promise.all([
    readDirectory(db, directoryId),
    readHeldSummary(db, directoryId, nowMs),
  ]);
  if (directory === null) return;
  const conditions = conditionsOf(directory, config.reconcileEveryMinutes, nowMs, held)
    .filter(({ reason }) => needsAPerson(reason))
    .map(({ reason, sinceMs }) => ({
      condition: reason,
      // Since when there is none may be as old as what cron could last read of KV: it counts from now.
      sinceMs: reason === 'no-channel' ? nowMs : (sinceMs ?? nowMs),
    }));
  const url = config.alertWebhookUrl;
  const giveUpBeforeMs = url === undefined ? nowMs : nowMs - GIVE_UP_END_AFTER_MS;
  const alerts = await noteAlerts(db, directoryId, conditions, { nowMs, giveUpBeforeMs });
  if (url === undefined) return;
  // What is over first: a credential that fails in another way is one end and one begin.
  const due = alerts
    .filter((alert) => isToBeTold(alert, nowMs))
    .toSorted((a, b) => Number(a.endedMs === null) - Number(b.endedMs === null));
  for (const alert of due) await tell(ports, url, alert);
}
