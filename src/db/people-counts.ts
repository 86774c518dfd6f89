// How many people of each status there are. Counted from the events since it was last asked, so that a question about
// numbers reads nobody's row.
import { type Database, guarded } from './database.ts';

export interface PeopleCounts {
  active: number;
  suspended: number;
  archived: number;
  deleted: number;
}

const STATUSES = ['active', 'suspended', 'archived', 'deleted'] as const;
const NOBODY: PeopleCounts = { active: 0, suspended: 0, archived: 0, deleted: 0 };

// A directory that came after the migration starts from nothing: everybody in it is an event.
const BEGIN = `
  INSERT INTO people_counts (directory_id, seq, active, suspended, archived, deleted)
  SELECT id, 0, 0, 0, 0, 0 FROM directories WHERE id = coalesce(?1, id) ON CONFLICT (directory_id) DO NOTHING`;

const gained = (status: keyof PeopleCounts, kept = `people_counts.${status}`) =>
  `${kept} + coalesce(sum((e.after->>'$.status' = '${status}')
    - coalesce(e.before->>'$.status' = '${status}', 0)), 0)`;

const CATCH_UP = `
  UPDATE people_counts SET (active, suspended, archived, deleted, seq) = (
    SELECT ${STATUSES.map((status) => gained(status)).join(', ')},
      (SELECT max(seq) FROM events)
    FROM events e WHERE e.seq > people_counts.seq AND e.directory_id = people_counts.directory_id)
  WHERE directory_id = coalesce(?1, directory_id) AND EXISTS (SELECT 1 FROM events WHERE seq > people_counts.seq)`;

const READ = `SELECT active, suspended, archived, deleted FROM people_counts WHERE directory_id = ?1`;

// The same for a database that takes no writes, not even the first row.
const keptOr0 = (status: keyof PeopleCounts) => `coalesce(max(c.${status}), 0)`;
const READ_WITH_NEWS = `
  SELECT ${STATUSES.map((status) => `${gained(status, keptOr0(status))} AS ${status}`).join(', ')}
  FROM directories d LEFT JOIN people_counts c ON c.directory_id = d.id
    LEFT JOIN events e ON e.seq > coalesce(c.seq, 0) AND e.directory_id = d.id
  WHERE d.id = ?1`;

/** Brings every directory's numbers up to date: before old events, and tombstones, are swept. */
export function catchUpPeopleCounts(db: Database): Promise<void> {
  return guarded(async () => {
    await db.d1.batch([BEGIN, CATCH_UP].map((sql) => db.d1.prepare(sql).bind(null)));
  });
}

/**
 * Brings the numbers up to date and reads them. Each event is read once for this, whoever asks first; the row is
 * written only where something has happened, and not where D1 takes no writes: a daily quota may be used up.
 */
export function readPeopleCounts(db: Database, directoryId: string): Promise<PeopleCounts> {
  return guarded(async () => {
    const bind = (sql: string) => db.d1.prepare(sql).bind(directoryId);
    try {
      const results = await db.d1.batch<PeopleCounts>([BEGIN, CATCH_UP, READ].map(bind));
      return results[2]?.results[0] ?? NOBODY;
    } catch {
      // A database that does not even answer throws once more.
      return (await bind(READ_WITH_NEWS).first<PeopleCounts>()) ?? NOBODY;
    }
  });
}
