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

// A letter that could not be read belongs to no directory, and to whoever runs the deployment.
/** The youngest that nobody has replayed, at most `limit` of each kind: two searches, where an OR would be a scan. */
const youngest = (limit: string) => `
  SELECT * FROM (SELECT * FROM dead_letters WHERE directory_id = ?1 AND replayed_ms IS NULL
    ORDER BY at_ms DESC LIMIT ${limit})
  UNION ALL
  SELECT * FROM (SELECT * FROM dead_letters WHERE directory_id IS NULL AND ?1 = 'default' AND replayed_ms IS NULL
    ORDER BY at_ms DESC LIMIT ${limit})`;

/** The youngest letters that nobody has replayed, and how many there are, counted to 1,000. */
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
           FROM (${youngest('?2')}) l LEFT JOIN users u ON u.id = l.user_id AND +u.directory_id = ?1
           ORDER BY l.at_ms DESC LIMIT ?2`,
        )
        .bind(directoryId, limit),
      db.d1
        .prepare(`SELECT min(count(*), 1000) AS count FROM (${youngest('1000')})`)
        .bind(directoryId),
    ]);
    return {
      letters: (letters?.results ?? []) as OpenDeadLetter[],
      count: (counted?.results[0] as { count: number } | undefined)?.count ?? 0,
    };
  });
}

/**
 * Marks letters as replayed. One that is about nobody who could be read stays: there is nobody to look at.
 *
 * @param ids those that were shown; the others wait
 * @returns whom they are about; a letter that was replayed meanwhile, or is another directory's, is left alone
 */
export function markReplayed(
  db: Database,
  directoryId: string,
  ids: readonly number[],
  nowMs: number,
): Promise<{ id: number; userId: string }[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `UPDATE dead_letters AS l SET replayed_ms = ?3
         WHERE l.id IN (SELECT value FROM json_each(?2)) AND l.directory_id = ?1
           AND l.user_id IS NOT NULL AND l.replayed_ms IS NULL
         RETURNING id, user_id AS userId`,
      )
      .bind(directoryId, JSON.stringify(ids), nowMs)
      .all<{ id: number; userId: string }>();
    return results;
  });
}

/** Takes the mark back: the queue did not take the hints. */
export function unmarkReplayed(db: Database, ids: readonly number[]): Promise<void> {
  return guarded(async () => {
    await db.d1
      .prepare(
        'UPDATE dead_letters SET replayed_ms = NULL WHERE id IN (SELECT value FROM json_each(?1))',
      )
      .bind(JSON.stringify(ids))
      .run();
  });
}
