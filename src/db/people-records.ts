// Whole records of people whom a search has found, for the API.
import { type Database, guarded } from './database.ts';
import type { PersonRecord } from './people.ts';

/**
 * Everything that is stored about these people, in the order in which they are asked for; whoever has been swept meanwhile
 * is left out. One query, which reads a row for each.
 */
export function readPeopleRecords(
  db: Database,
  directoryId: string,
  ids: readonly string[],
): Promise<PersonRecord[]> {
  return guarded(async () => {
    if (ids.length === 0) return [];
    const { results } = await db.d1
      .prepare(
        `SELECT u.id AS id, u.email AS email, u.full_name AS fullName, u.given_name AS givenName,
           u.family_name AS familyName, u.status AS status, u.is_admin AS isAdmin,
           u.is_delegated_admin AS isDelegatedAdmin, u.org_unit_path AS orgUnitPath, u.photo_url AS photoUrl,
           u.attributes AS attributes, u.custom_schemas AS customSchemas, u.roles AS roles, u.cause AS cause,
           u.noticed_ms AS noticedMs, u.created_ms AS createdMs, u.changed_ms AS changedMs, u.deleted_ms AS deletedMs
         FROM json_each(?2) wanted CROSS JOIN users u ON u.id = wanted.value
         WHERE +u.directory_id = ?1 ORDER BY wanted.key`,
      )
      .bind(directoryId, JSON.stringify(ids))
      .all<PersonRecord>();
    return results;
  });
}
