// Who may open the set-up without a session, and what its last check found. Tokens arrive here as hashes.
import { type Database, guarded } from './database.ts';

/**
 * Uses a set-up link up, and opens a visit with it.
 *
 * @returns `false` for a link that was used before, or once set-up is closed; then nothing was written
 */
export function openSetupVisit(
  db: Database,
  visit: { linkHash: string; visitHash: string; nowMs: number; expiresMs: number },
): Promise<boolean> {
  return guarded(async () => {
    const { meta } = await db.d1
      .prepare(
        `INSERT INTO setup_visits (link_hash, visit_hash, created_ms, expires_ms)
         SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM setup_closed)
         ON CONFLICT (link_hash) DO NOTHING`,
      )
      .bind(visit.linkHash, visit.visitHash, visit.nowMs, visit.expiresMs)
      .run();
    return meta.changes > 0;
  });
}

/** Whether a visit is open: not over, and set-up not closed. One query. */
export function isSetupVisitOpen(db: Database, visitHash: string, nowMs: number): Promise<boolean> {
  return guarded(async () => {
    const row = await db.d1
      .prepare(
        `SELECT 1 FROM setup_visits WHERE visit_hash = ?1 AND expires_ms > ?2
           AND NOT EXISTS (SELECT 1 FROM setup_closed)`,
      )
      .bind(visitHash, nowMs)
      .first();
    return row !== null;
  });
}

/** The same check is not made twice within this time. */
const CHECK_KEPT_MS = 30_000;
/** A check that has not ended by then was cut off, and keeps nobody waiting. */
const CHECK_LAPSES_MS = 60_000;

/**
 * Takes the turn to check, before anybody is asked anything: of several at once just one gets it, within 30 seconds of a
 * check's end nobody does. It ends with `keepSetupFindings`, or by itself after a minute. Times of a clock that was wrong,
 * in either direction, hold nobody up.
 *
 * @returns `false` for whoever is to show what is kept instead; then nothing was written
 * @throws {DatabaseError}
 */
export function takeCheckTurn(db: Database, nowMs: number): Promise<boolean> {
  return guarded(async () => {
    const { meta } = await db.d1
      .prepare(
        `INSERT INTO setup_findings (id, checking_ms) VALUES (1, ?1)
         ON CONFLICT (id) DO UPDATE SET checking_ms = excluded.checking_ms
         WHERE (checked_ms IS NULL OR abs(?1 - checked_ms) >= ?2)
           AND (checking_ms IS NULL OR abs(?1 - checking_ms) >= ?3)`,
      )
      .bind(nowMs, CHECK_KEPT_MS, CHECK_LAPSES_MS)
      .run();
    return meta.changes > 0;
  });
}

/** What the last check found, and when; `null` before the first has ended. */
export function readSetupFindings(
  db: Database,
): Promise<{ findings: unknown; checkedMs: number } | null> {
  return guarded(async () => {
    const row = await db.d1
      .prepare(
        `SELECT findings, checked_ms AS checkedMs FROM setup_findings
         WHERE findings IS NOT NULL AND checked_ms IS NOT NULL`,
      )
      .first<{ findings: string; checkedMs: number }>();
    return row && { findings: JSON.parse(row.findings) as unknown, checkedMs: row.checkedMs };
  });
}

/** Keeps what a check found in the place of what the one before it did; ends its turn. */
export function keepSetupFindings(db: Database, findings: unknown, nowMs: number): Promise<void> {
  return guarded(async () => {
    await db.d1
      .prepare(
        `INSERT INTO setup_findings (id, findings, checked_ms) VALUES (1, ?1, ?2)
         ON CONFLICT (id) DO UPDATE
           SET findings = excluded.findings, checked_ms = excluded.checked_ms, checking_ms = NULL`,
      )
      .bind(JSON.stringify(findings), nowMs)
      .run();
  });
}

/** The file of the youngest migration that was applied; `null` for none. */
export function readLastMigration(db: Database): Promise<string | null> {
  return guarded(async () => {
    const row = await db.d1
      .prepare('SELECT name FROM d1_migrations ORDER BY name DESC LIMIT 1')
      .first<{ name: string }>();
    return row?.name ?? null;
  });
}

/** Forgets visits that are over. Their links are too old by then to be used again. */
export function sweepSetupVisits(db: Database, beforeMs: number): Promise<void> {
  return guarded(async () => {
    await db.d1.prepare('DELETE FROM setup_visits WHERE expires_ms < ?1').bind(beforeMs).run();
  });
}
