// What a sign-in needs to know of somebody who can't simply be let in: their status here, which directory might know
// them, and whether it has just said no.
import { type Database, guarded } from './database.ts';
import type { UserStatus } from './schema.ts';

/** How somebody who could not be let in stands here, and with the directories that might know more. */
export interface Standing {
  /** As their row says; `null` without one. */
  status: UserStatus | null;
  /** The directories with living people in the domain. */
  directories: readonly { id: string; refusedReason: string | null }[];
}

/** Reads how somebody stands who could not be let in, and which directories hold their domain. One round trip. */
export function readStanding(
  db: Database,
  userId: string,
  domain: string,
  nowMs: number,
): Promise<Standing> {
  return guarded(async () => {
    const [person, directories] = await db.d1.batch([
      db.d1.prepare('SELECT status FROM users WHERE id = ?1').bind(userId),
      // Once statistics say that nearly everybody shares the domain, SQLite would rather scan all of them.
      db.d1
        .prepare(
          `SELECT d.id AS id, (SELECT r.reason FROM sign_in_refusals r
             WHERE r.user_id = ?1 AND r.directory_id = d.id AND r.until_ms > ?3) AS refusedReason
           FROM directories d
           WHERE EXISTS (SELECT 1 FROM users u INDEXED BY users_by_domain
             WHERE lower(substr(u.email, instr(u.email, '@') + 1)) = ?2 AND u.directory_id = d.id
               AND u.status <> 'deleted')
           LIMIT 2`,
        )
        .bind(userId, domain, nowMs),
    ]);
    return {
      status: (person?.results[0] as { status: UserStatus } | undefined)?.status ?? null,
      directories: (directories?.results ?? []) as Standing['directories'][number][],
    };
  });
}

/** Remembers that a directory does not let somebody in. */
export function noteRefusal(
  db: Database,
  refusal: { userId: string; directoryId: string; reason: string; untilMs: number },
): Promise<void> {
  return guarded(async () => {
    await db.d1
      .prepare(
        `INSERT INTO sign_in_refusals (user_id, directory_id, reason, until_ms) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (user_id, directory_id) DO UPDATE SET reason = excluded.reason, until_ms = excluded.until_ms`,
      )
      .bind(refusal.userId, refusal.directoryId, refusal.reason, refusal.untilMs)
      .run();
  });
}
