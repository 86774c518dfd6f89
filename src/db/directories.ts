// The row of each Google Workspace customer: its look-tickets, what it is pinned to, how it fares.
import { and, eq, isNull, sql } from 'drizzle-orm';
import { type Database, guarded } from './database.ts';
import { directories } from './schema.ts';

export type Directory = typeof directories.$inferSelect;

/** Creates the row or brings what the configuration owns up to date; writes nothing if all is equal. */
export function ensureDirectory(
  db: Database,
  directory: { id: string; customer: string; adminEmail: string },
): Promise<void> {
  return guarded(async () => {
    await db.orm
      .insert(directories)
      .values(directory)
      .onConflictDoUpdate({
        target: directories.id,
        set: { customer: directory.customer, adminEmail: directory.adminEmail },
        setWhere: sql`${directories.customer} <> excluded.customer OR ${directories.adminEmail} <> excluded.admin_email`,
      });
  });
}

/** The directory's row, or `null` if there is none. One query. */
export function readDirectory(db: Database, id: string): Promise<Directory | null> {
  return guarded(
    async () => (await db.orm.select().from(directories).where(eq(directories.id, id)))[0] ?? null,
  );
}

export interface LookTicket {
  ticket: number;
  /** Google's customer id that every answer must carry; `null` until the first import pinned it. */
  customerId: string | null;
  /** What kept the directory from being read until now, if anything. */
  problem: string | null;
}

/**
 * Takes the next look-ticket. Must be awaited before the read from Google that it stands for begins.
 *
 * @param pushMs when the newest push of the batch was received, to be remembered in the same write
 * @returns `null` if the directory has no row
 */
export function takeTicket(
  db: Database,
  id: string,
  pushMs: number | null,
): Promise<LookTicket | null> {
  return guarded(async () => {
    const rows = await db.orm
      .update(directories)
      .set({
        ticket: sql`${directories.ticket} + 1`,
        ...(pushMs === null
          ? {}
          : { lastPushMs: sql`max(coalesce(${directories.lastPushMs}, 0), ${pushMs})` }),
      })
      .where(eq(directories.id, id))
      .returning({
        ticket: directories.ticket,
        customerId: directories.customerId,
        problem: directories.problem,
      });
    return rows[0] ?? null;
  });
}

/**
 * Takes a ticket for a pass and raises the floor to it, in one statement: every look that began
 * earlier is void from here on.
 */
export function takePassTicket(db: Database, id: string): Promise<number | null> {
  return guarded(async () => {
    const rows = await db.orm
      .update(directories)
      .set({ ticket: sql`${directories.ticket} + 1`, floor: sql`${directories.ticket} + 1` })
      .where(eq(directories.id, id))
      .returning({ ticket: directories.ticket });
    return rows[0]?.ticket ?? null;
  });
}

/** Whether a younger pass has begun, or the directory is gone. */
export function isSuperseded(db: Database, directoryId: string, ticket: number): Promise<boolean> {
  return guarded(async () => {
    const row = await db.d1
      .prepare('SELECT floor > ?2 AS superseded FROM directories WHERE id = ?1')
      .bind(directoryId, ticket)
      .first<{ superseded: number }>();
    return row?.superseded !== 0;
  });
}

/** Pins Google's customer id, once; returns the id that is pinned now. */
export function pinCustomer(db: Database, id: string, customerId: string): Promise<string | null> {
  return guarded(async () => {
    await db.orm
      .update(directories)
      .set({ customerId })
      .where(and(eq(directories.id, id), isNull(directories.customerId)));
    const rows = await db.orm
      .select({ customerId: directories.customerId })
      .from(directories)
      .where(eq(directories.id, id));
    return rows[0]?.customerId ?? null;
  });
}

/** Remembers that Google refused a channel without `event`. */
export function noteEventOmissionRefused(db: Database, id: string, nowMs: number): Promise<void> {
  return guarded(async () => {
    await db.orm
      .update(directories)
      .set({ eventOmissionRefusedMs: nowMs })
      .where(eq(directories.id, id));
  });
}

/**
 * Stores what keeps this directory from being read (an error code), or that nothing does (`null`).
 * The first moment of a problem is kept while it lasts, whatever name it goes by.
 *
 * @returns whether that was news
 */
export function noteProblem(
  db: Database,
  id: string,
  problem: string | null,
  nowMs: number,
): Promise<boolean> {
  return guarded(async () => {
    const { meta } = await db.orm
      .update(directories)
      .set({
        problem,
        problemSinceMs:
          problem === null ? null : sql`coalesce(${directories.problemSinceMs}, ${nowMs})`,
      })
      .where(and(eq(directories.id, id), sql`${directories.problem} IS NOT ${problem}`));
    return meta.changes > 0;
  });
}

/** Stores until when the channels hold and since when all is well; writes only what changed. */
export function noteCondition(
  db: Database,
  id: string,
  condition: Pick<Directory, 'channelsUntilMs' | 'inStepSinceMs'>,
): Promise<void> {
  return guarded(async () => {
    await db.orm
      .update(directories)
      .set(condition)
      .where(
        and(
          eq(directories.id, id),
          sql`(${directories.channelsUntilMs}, ${directories.inStepSinceMs})
            IS NOT (${condition.channelsUntilMs}, ${condition.inStepSinceMs})`,
        ),
      );
  });
}
