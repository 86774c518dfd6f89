// What happened to people, as the triggers wrote it; `seq` is the cursor.
import { type Database, guarded } from './database.ts';

/** The youngest event's `seq`; 0 if there is none. Reads one row. */
export function readLastSeq(db: Database): Promise<number> {
  return guarded(async () => {
    const row = await db.d1
      .prepare('SELECT coalesce(max(seq), 0) AS seq FROM events')
      .first<{ seq: number }>();
    return row?.seq ?? 0;
  });
}

/**
 * How many people were brought in from a list by the pass that noticed them at this moment. Events are not
 * altered, so a step that ran twice and a list that shows somebody twice count once.
 *
 * @param afterSeq where the pass began; only events after it are read
 */
export function countCreatedByPass(
  db: Database,
  pass: { directoryId: string; afterSeq: number; noticedMs: number },
): Promise<number> {
  return guarded(async () => {
    const row = await db.d1
      .prepare(
        `SELECT count(*) AS created FROM events
         WHERE seq > ?2 AND directory_id = ?1 AND type = 'user.created' AND cause = 'reconcile' AND noticed_ms = ?3`,
      )
      .bind(pass.directoryId, pass.afterSeq, pass.noticedMs)
      .first<{ created: number }>();
    return row?.created ?? 0;
  });
}
