// Passes page by page, from the youngest back.
import { and, desc, eq, sql } from 'drizzle-orm';
import { type Database, guarded } from './database.ts';
import type { ReconcileRun } from './reconcile-runs.ts';
import { reconcileRuns } from './schema.ts';

/** The place of a pass in that order. */
export type RunPlace = Pick<ReconcileRun, 'startedMs' | 'ticket' | 'id'>;

/**
 * Passes of a directory, running or ended. Reads no more rows than it returns, and one.
 *
 * @param before only those that come after this one in the order; `null` = from the youngest
 */
export function readPastRuns(
  db: Database,
  directoryId: string,
  before: RunPlace | null,
  limit: number,
): Promise<{ runs: ReconcileRun[]; next: RunPlace | null }> {
  return guarded(async () => {
    const { startedMs, ticket, id } = reconcileRuns;
    const older =
      before === null
        ? undefined
        : sql`(${startedMs}, ${ticket}, ${id}) < (${before.startedMs}, ${before.ticket}, ${before.id})`;
    const rows = await db.orm
      .select()
      .from(reconcileRuns)
      .where(and(eq(reconcileRuns.directoryId, directoryId), older))
      .orderBy(desc(startedMs), desc(ticket), desc(id))
      .limit(limit + 1);
    const runs = rows.slice(0, limit);
    const last = runs.at(-1);
    const next =
      rows.length > limit && last !== undefined
        ? { startedMs: last.startedMs, ticket: last.ticket, id: last.id }
        : null;
    return { runs, next };
  });
}
