// Channels that a check of the set-up opened to see whether Google reaches us. In D1 and not in KV, which may say for
// a minute that nothing has come.
import { type Database, guarded } from './database.ts';

export interface ChannelProbe {
  channelId: string;
  /** Empty before Google has answered, and once there is nothing left to stop. */
  resourceId: string;
  /** Who opened it; only the same admin can stop it. */
  adminEmail: string;
  openedMs: number;
  expiresMs: number;
  /** When its first message was received; `null` = not yet. */
  syncedMs: number | null;
}

/**
 * Stores a probe: once before Google is asked for it, so that a first message that is faster than the answer finds it,
 * and again with what Google granted. When it was opened and when its message came stay as they were.
 */
export function storeProbe(db: Database, probe: Omit<ChannelProbe, 'syncedMs'>): Promise<void> {
  return guarded(async () => {
    await db.d1
      .prepare(
        `INSERT INTO channel_probes (channel_id, resource_id, admin_email, opened_ms, expires_ms)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (channel_id) DO UPDATE SET resource_id = excluded.resource_id,
           admin_email = excluded.admin_email, expires_ms = excluded.expires_ms`,
      )
      .bind(probe.channelId, probe.resourceId, probe.adminEmail, probe.openedMs, probe.expiresMs)
      .run();
  });
}

/** Notes that a channel's first message has come, if the channel is a probe. One row read otherwise. */
export function noteProbeSynced(db: Database, channelId: string, syncedMs: number): Promise<void> {
  return guarded(async () => {
    await db.d1
      .prepare(
        'UPDATE channel_probes SET synced_ms = coalesce(synced_ms, ?2) WHERE channel_id = ?1',
      )
      .bind(channelId, syncedMs)
      .run();
  });
}

/** Every probe that is kept, the youngest first. */
export function readProbes(db: Database): Promise<ChannelProbe[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT channel_id AS channelId, resource_id AS resourceId, admin_email AS adminEmail,
           opened_ms AS openedMs, expires_ms AS expiresMs, synced_ms AS syncedMs
         FROM channel_probes ORDER BY opened_ms DESC`,
      )
      .all<ChannelProbe>();
    return results;
  });
}

/** Notes that a probe's channel is stopped; what it found stays to be read. */
export function noteProbeStopped(db: Database, channelId: string): Promise<void> {
  return guarded(async () => {
    await db.d1
      .prepare("UPDATE channel_probes SET resource_id = '' WHERE channel_id = ?1")
      .bind(channelId)
      .run();
  });
}

/** Forgets probes from before a time, and notes of those that have ended by themselves that there is nothing to stop. */
export function sweepProbes(db: Database, beforeMs: number, nowMs: number): Promise<void> {
  return guarded(async () => {
    await db.d1.batch([
      db.d1.prepare('DELETE FROM channel_probes WHERE opened_ms <= ?1').bind(beforeMs),
      db.d1
        .prepare(
          "UPDATE channel_probes SET resource_id = '' WHERE expires_ms <= ?1 AND resource_id <> ''",
        )
        .bind(nowMs),
    ]);
  });
}

export function forgetProbe(db: Database, channelId: string): Promise<void> {
  return guarded(async () => {
    await db.d1.prepare('DELETE FROM channel_probes WHERE channel_id = ?1').bind(channelId).run();
  });
}
