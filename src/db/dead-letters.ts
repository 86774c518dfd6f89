// Hints that could not be answered. They stay, with the reason, until someone replays them.
import { type Database, guarded } from './database.ts';
import { deadLetters } from './schema.ts';

export type DeadLetter = Omit<typeof deadLetters.$inferInsert, 'id' | 'replayedMs'>;

const MAX_BODY_CHARACTERS = 4096;

/** Stores letters; one that is there already (same `messageId`) is left as it is. */
export function storeDeadLetters(db: Database, letters: readonly DeadLetter[]): Promise<void> {
  return guarded(async () => {
    if (letters.length === 0) return;
    const statements = letters.map((letter) =>
      db.orm
        .insert(deadLetters)
        .values({ ...letter, body: letter.body.slice(0, MAX_BODY_CHARACTERS).toWellFormed() })
        .onConflictDoNothing({ target: deadLetters.messageId }),
    );
    const [first, ...rest] = statements;
    if (first) await db.orm.batch([first, ...rest]);
  });
}
