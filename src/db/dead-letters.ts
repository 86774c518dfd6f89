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
