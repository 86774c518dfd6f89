// Hints that could not be answered, with the reason. They are kept for EVENT_DAYS.
import { sql } from 'drizzle-orm';
import { type Database, guarded } from './database.ts';
import { deadLetters } from './schema.ts';

export type DeadLetter = Omit<typeof deadLetters.$inferInsert, 'id' | 'replayedMs'>;

const MAX_BODY_CHARACTERS = 4096;

/** Stores a letter. One of the same `letterKey` is brought up to date and waits for a replay again. */
export function storeDeadLetter(db: Database, letter: DeadLetter): Promise<void> {
  return guarded(async () => {
    await db.orm
      .insert(deadLetters)
      .values({ ...letter, body: letter.body.slice(0, MAX_BODY_CHARACTERS).toWellFormed() })
      .onConflictDoUpdate({
        target: deadLetters.letterKey,
        set: {
          body: sql`excluded.body`,
          attempts: sql`excluded.attempts`,
          atMs: sql`excluded.at_ms`,
          replayedMs: null,
        },
      });
  });
}

export interface OpenDeadLetter {
  id: number;
  userId: string | null;
  /** Whom it is about, if they have a row here. */
  name: string | null;
  email: string | null;
  reason: string;
  attempts: number;
  atMs: number;
}

/**
 * The oldest that nobody has replayed, at most `limit` of each kind: two searches, where an OR would be a scan. Whoever fails
 * again is young again, so that everybody has their turn. What nobody could read belongs to no directory, that is to whoever
 * runs the deployment; nobody can replay it, and it comes last.
 */
const oldest = (limit: string) => `
  SELECT * FROM (SELECT * FROM dead_letters WHERE directory_id = ?1 AND replayed_ms IS NULL
    ORDER BY at_ms LIMIT ${limit})
  UNION ALL
  SELECT * FROM (SELECT * FROM dead_letters WHERE directory_id IS NULL AND ?1 = 'default' AND replayed_ms IS NULL
    ORDER BY at_ms LIMIT ${limit})`;

/** The oldest letters that nobody has replayed, and how many there are, counted to 1,000. */
export function readOpenDeadLetters(
  db: Database,
  directoryId: string,
  limit: number,
): Promise<{ letters: OpenDeadLetter[]; count: number }> {
  return guarded(async () => {
    const [letters, counted] = await db.d1.batch([
      db.d1
        .prepare(
          `SELECT l.id AS id, l.user_id AS userId, u.full_name AS name, u.email AS email,
             l.reason AS reason, l.attempts AS attempts, l.at_ms AS atMs
           FROM (${oldest('?2')}) l LEFT JOIN users u ON u.id = l.user_id AND +u.directory_id = ?1
           ORDER BY l.user_id IS NULL, l.at_ms, l.id LIMIT ?2`,
        )
        .bind(directoryId, limit),
      db.d1
        .prepare(`SELECT min(count(*), 1000) AS count FROM (${oldest('1000')})`)
        .bind(directoryId),
    ]);
    return {
      letters: (letters?.results ?? []) as OpenDeadLetter[],
      count: (counted?.results[0] as { count: number } | undefined)?.count ?? 0,
    };
  });
}

export interface DeadLetterRecord extends OpenDeadLetter {
  /** `null` = it waits. */
  replayedMs: number | null;
}

/** The place of a letter in the order from the youngest back. */
export type LetterPlace = Pick<OpenDeadLetter, 'atMs' | 'id'>;

/** So many letters are looked through for one page at most, whoever's they are. */
const SCANNED = 2_000;

/**
 * Letters of a directory, the youngest first: those that wait, or those that were replayed. What nobody could read is shown
 * to `default`.
 *
 * @param before only those that come after this one in the order; `null` = from the youngest
 * @returns `next`: where to go on; a page may hold few, or none, and still have one
 */
export function readDeadLetters(
  db: Database,
  directoryId: string,
  which: 'open' | 'replayed',
  { before, limit }: { before: LetterPlace | null; limit: number },
): Promise<{ letters: DeadLetterRecord[]; next: LetterPlace | null }> {
  return guarded(async () => {
    const place = [before?.atMs ?? Number.MAX_SAFE_INTEGER, before?.id ?? Number.MAX_SAFE_INTEGER];
    const scanned = `SELECT * FROM dead_letters WHERE (at_ms, id) < (?2, ?3) ORDER BY at_ms DESC, id DESC LIMIT ${SCANNED}`;
    const found = await db.d1
      .prepare(
        `SELECT l.id AS id, l.user_id AS userId, u.full_name AS name, u.email AS email, l.reason AS reason,
           l.attempts AS attempts, l.at_ms AS atMs, l.replayed_ms AS replayedMs
         FROM (SELECT * FROM (${scanned})
           WHERE (directory_id = ?1 OR (directory_id IS NULL AND ?1 = 'default'))
             AND replayed_ms IS ${which === 'open' ? '' : 'NOT'} NULL LIMIT ?4) l
         LEFT JOIN users u ON u.id = l.user_id AND +u.directory_id = ?1
         ORDER BY l.at_ms DESC, l.id DESC`,
      )
      .bind(directoryId, ...place, limit + 1)
      .all<DeadLetterRecord>();
    const letters = found.results.slice(0, limit);
    const end = letters.at(-1);
    if (found.results.length > limit && end !== undefined)
      return { letters, next: { atMs: end.atMs, id: end.id } };
    const last = await db.d1
      .prepare(
        `SELECT at_ms AS atMs, id FROM dead_letters WHERE (at_ms, id) < (?1, ?2)
         ORDER BY at_ms DESC, id DESC LIMIT 1 OFFSET ${SCANNED - 1}`,
      )
      .bind(...place)
      .first<LetterPlace>();
    return { letters, next: last };
  });
}

/** A letter as it stood when it was read: one that has come back since is another. */
interface ReplayableLetter {
  id: number;
  userId: string;
  atMs: number;
}

/** Those of these letters that wait, and are about somebody; of this directory only. */
export function readReplayable(
  db: Database,
  directoryId: string,
  ids: readonly number[],
): Promise<ReplayableLetter[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT id, user_id AS userId, at_ms AS atMs FROM dead_letters
         WHERE id IN (SELECT value FROM json_each(?2)) AND directory_id = ?1
           AND user_id IS NOT NULL AND replayed_ms IS NULL`,
      )
      .bind(directoryId, JSON.stringify(ids))
      .all<ReplayableLetter>();
    return results;
  });
}

/** Marks letters as replayed; one that has come back since it was read waits on. */
export function markReplayed(
  db: Database,
  letters: readonly ReplayableLetter[],
  nowMs: number,
): Promise<void> {
  return guarded(async () => {
    await db.d1
      .prepare(
        `UPDATE dead_letters SET replayed_ms = ?2 WHERE replayed_ms IS NULL AND (id, at_ms) IN
           (SELECT value->>'$.id', value->>'$.atMs' FROM json_each(?1))`,
      )
      .bind(JSON.stringify(letters), nowMs)
      .run();
  });
}
