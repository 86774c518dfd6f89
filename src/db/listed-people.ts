// Who was on the pages of passes that ran out of calls: the pass that sees the last page needs to know, to
// say who is missing.
import { type Database, guarded } from './database.ts';

/** So many ids are half a megabyte; D1 takes 2 MB for a row. */
const IDS_IN_A_PART = 20_000;

/** Keeps whom a pass has seen, until its chain of passes is through. Repeated, it writes the same again. */
export function storeListed(
  db: Database,
  run: { directoryId: string; chainId: string; id: string },
  ids: readonly string[],
): Promise<void> {
  return guarded(async () => {
    for (let part = 0; part * IDS_IN_A_PART < ids.length; part += 1) {
      await db.d1
        .prepare(
          `INSERT INTO listed_people (directory_id, chain_id, run_id, part, ids) VALUES (?1, ?2, ?3, ?4, ?5)
           ON CONFLICT (chain_id, run_id, part) DO UPDATE SET ids = excluded.ids`,
        )
        .bind(
          run.directoryId,
          run.chainId,
          run.id,
          part,
          JSON.stringify(ids.slice(part * IDS_IN_A_PART, (part + 1) * IDS_IN_A_PART)),
        )
        .run();
    }
  });
}

/** Whom the earlier passes of a chain have seen. */
export function readListed(db: Database, chainId: string): Promise<string[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare('SELECT ids FROM listed_people WHERE chain_id = ?1')
      .bind(chainId)
      .all<{ ids: string }>();
    return results.flatMap(({ ids }) => JSON.parse(ids) as string[]);
  });
}

/** Forgets every chain of a directory but one. */
export function dropOtherChains(db: Database, directoryId: string, chainId: string): Promise<void> {
  return guarded(async () => {
    await db.d1
      .prepare('DELETE FROM listed_people WHERE directory_id = ?1 AND chain_id <> ?2')
      .bind(directoryId, chainId)
      .run();
  });
}

/** Forgets a chain that is through. */
export function dropChain(db: Database, chainId: string): Promise<void> {
  return guarded(async () => {
    await db.d1.prepare('DELETE FROM listed_people WHERE chain_id = ?1').bind(chainId).run();
  });
}
