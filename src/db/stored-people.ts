// Rows as events tell of them: the mapped columns as one JSON object, to be compared with what Google says.
import { type Database, guarded } from './database.ts';

export interface StoredPerson {
  id: string;
  email: string;
  fullName: string;
  /** As `events.before` and `events.after` have it. */
  json: string;
}

/** At most as many as the ids; of this directory. */
export function readStoredPeople(
  db: Database,
  directoryId: string,
  ids: readonly string[],
): Promise<StoredPerson[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT u.id AS id, u.email AS email, u.full_name AS fullName,
           json_object('email', u.email, 'givenName', u.given_name, 'familyName', u.family_name,
             'fullName', u.full_name, 'status', u.status, 'isAdmin', u.is_admin,
             'isDelegatedAdmin', u.is_delegated_admin, 'orgUnitPath', u.org_unit_path, 'photoUrl', u.photo_url,
             'attributes', json(u.attributes), 'customSchemas', json(u.custom_schemas), 'roles', json(u.roles)) AS json
         FROM json_each(?2) o CROSS JOIN users u ON u.id = o.value AND +u.directory_id = ?1
         ORDER BY u.email, u.id`,
      )
      .bind(directoryId, JSON.stringify(ids))
      .all<StoredPerson>();
    return results;
  });
}
