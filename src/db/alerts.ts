// What needs a person, in the table `alerts`: one row for each condition that lasts, or whose end was not told yet.
//
// Each message is sent at least once, and by one cron at a time. Whoever is about to send claims the row
// (`claimed_ms`), and gives it back or notes the success afterwards. A claim that is a minute old belongs to a cron
// that died on the way: the next one sends the message, for the second time if the first had arrived just before.
import { and, eq, isNotNull, isNull, lte, or, sql } from 'drizzle-orm';
import { type Database, guarded } from './database.ts';
import { alerts } from './schema.ts';

export type Alert = typeof alerts.$inferSelect;

/** A message about a condition: that it began, or that it ended. */
export type AlertState = 'began' | 'ended';

/** Six times what sending one message may take. */
const CLAIM_MS = 60_000;

/** Nobody is sending this row's message at the moment `?3`. */
const FREE = `(claimed_ms IS NULL OR claimed_ms <= ?3 - ${CLAIM_MS})`;
const HOLDS = `condition IN (SELECT value->>'condition' FROM json_each(?2))`;

/**
 * Brings the rows in line with what holds now. One query where all is well, and no write where nothing has changed.
 *
 * - A new condition gets a row.
 * - One that ended after it was told is kept as ended; one that nobody was told of vanishes.
 * - One that is back before its end was told goes on as if it had never ended: so it looked from outside.
 *
 * @param conditions all that hold, with the moment to be stored for those that are new
 * @param giveUpBeforeMs ends older than that are dropped, told or not
 * @throws {DatabaseError}
 */
export function noteAlerts(
  db: Database,
  directoryId: string,
  conditions: readonly Pick<Alert, 'condition' | 'sinceMs'>[],
  { nowMs, giveUpBeforeMs }: { nowMs: number; giveUpBeforeMs: number },
): Promise<Alert[]> {
  return guarded(async () => {
    const read = db.orm.select().from(alerts).where(eq(alerts.directoryId, directoryId));
    if (conditions.length === 0 && (await read).length === 0) return [];
    const holding = JSON.stringify(conditions);
    const write = (text: string) => db.d1.prepare(text).bind(directoryId, holding, nowMs);
    await db.d1.batch([
      write(
        `INSERT INTO alerts (directory_id, condition, since_ms)
         SELECT ?1, value->>'condition', value->>'sinceMs' FROM json_each(?2) WHERE ?3 IS NOT NULL
         ON CONFLICT (directory_id, condition) DO UPDATE SET ended_ms = NULL WHERE ended_ms IS NOT NULL`,
      ),
      write(
        `DELETE FROM alerts WHERE directory_id = ?1 AND NOT ${HOLDS} AND told_ms IS NULL AND ${FREE}`,
      ),
      write(
        `UPDATE alerts SET ended_ms = ?3
         WHERE directory_id = ?1 AND NOT ${HOLDS} AND told_ms IS NOT NULL AND ended_ms IS NULL`,
      ),
      db.d1
        .prepare('DELETE FROM alerts WHERE directory_id = ?1 AND ended_ms <= ?2')
        .bind(directoryId, giveUpBeforeMs),
    ]);
    return read;
  });
}

type Key = Pick<Alert, 'directoryId' | 'condition'>;
const isRow = ({ directoryId, condition }: Key) =>
  and(eq(alerts.directoryId, directoryId), eq(alerts.condition, condition));

/**
 * Claims a row in order to send its message.
 *
 * @returns false if it is not to be sent any more, or somebody else is sending it
 * @throws {DatabaseError}
 */
export function claimAlert(
  db: Database,
  alert: Key,
  state: AlertState,
  nowMs: number,
): Promise<boolean> {
  return guarded(async () => {
    const isStillToBeSent =
      state === 'began'
        ? and(isNull(alerts.toldMs), isNull(alerts.endedMs))
        : isNotNull(alerts.endedMs);
    const isFree = or(isNull(alerts.claimedMs), lte(alerts.claimedMs, nowMs - CLAIM_MS));
    const { meta } = await db.orm
      .update(alerts)
      .set({ claimedMs: nowMs })
      .where(and(isRow(alert), isStillToBeSent, isFree));
    return meta.changes > 0;
  });
}

/** Notes that a message has arrived. @throws {DatabaseError} */
export function noteAlertTold(
  db: Database,
  alert: Key,
  state: AlertState,
  nowMs: number,
): Promise<void> {
  return guarded(async () => {
    if (state === 'ended') await db.orm.delete(alerts).where(isRow(alert));
    else await db.orm.update(alerts).set({ toldMs: nowMs, claimedMs: null }).where(isRow(alert));
  });
}

/** Gives a claim back: the message has not arrived. @throws {DatabaseError} */
export function releaseAlert(db: Database, alert: Key, claimedMs: number): Promise<void> {
  return guarded(async () => {
    await db.orm
      .update(alerts)
      .set({ claimedMs: null })
      .where(and(isRow(alert), sql`${alerts.claimedMs} = ${claimedMs}`));
  });
}
