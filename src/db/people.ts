// Finding people: by words of their name and address, role, org unit, status. What is typed is looked up in
// `people_terms`, so that a search reads about as many rows as it shows, whatever the number of people.
import { type Database, guarded } from './database.ts';
import { type Cause, USER_STATUSES, type UserStatus } from './schema.ts';

export interface PersonSummary {
  id: string;
  email: string;
  fullName: string;
  status: UserStatus;
  isAdmin: 0 | 1;
  orgUnitPath: string;
  /** JSON array. */
  roles: string;
  photoUrl: string | null;
  changedMs: number;
}

export interface PeopleFilter {
  /** Beginnings of words, folded: see roles/search-words.ts. All of them have to be found. */
  words?: readonly string[];
  /** The beginning of an address, in lower case. */
  address?: string;
  role?: string;
  /** This org unit and those below it. */
  orgUnitPath?: string;
  status?: UserStatus;
}

export interface PeoplePage {
  people: PersonSummary[];
  /** Where to go on, as `after`; `null` = there is no more. */
  next: PeopleCursor | null;
}

/** The place in the order of what drives the search, and the person there. */
export interface PeopleCursor {
  at: string;
  id: string;
}

const COLUMNS = `u.id AS id, u.email AS email, u.full_name AS fullName, u.status AS status, u.is_admin AS isAdmin,
  u.org_unit_path AS orgUnitPath, u.roles AS roles, u.photo_url AS photoUrl, u.changed_ms AS changedMs`;

/** A stretch of the order that a search goes through, from `from` up to, and without, `to`. */
interface Stretch {
  from: string;
  to: string;
  has: (at: string) => boolean;
}

const beginningWith = (text: string): Stretch => ({
  from: text,
  to: `${text}\u{10FFFF}`,
  has: (at) => at.startsWith(text),
});

const exactly = (text: string): Stretch => ({
  from: text,
  to: `${text}\u0001`,
  has: (at) => at === text,
});

/** What leads the way: the columns of the order, which begin an index, and the stretches of the first of them. */
interface Driver {
  at: string;
  id: string;
  from: string;
  stretches: readonly Stretch[];
  more: string;
}

/** Through the terms of those stretches. */
const throughTerms = (stretches: readonly Stretch[], more = ''): Driver => ({
  at: 't.term',
  id: 't.user_id',
  from: 'people_terms t CROSS JOIN users u ON u.id = t.user_id',
  stretches,
  more,
});

// A word is letters and digits, so in the JSON of them a quote and its beginning are found nowhere else: that reads no rows,
// as taking the JSON apart would.
/** Whoever has two such words is shown at the one that comes first in theirs. */
const FIRST_OF_THEIRS = `AND substr(u.words, instr(u.words, '"' || substr(?6, 3)) + 1, length(t.term) - 1)
  = substr(t.term, 3) || '"'`;

// The most telling first: an address, a word, being out, a role, an org unit; else everybody, by address.
function driverOf({ words = [], address, role, orgUnitPath, status }: PeopleFilter): Driver {
  if (address === undefined) {
    const [longest] = words.toSorted((a, b) => b.length - a.length);
    if (longest !== undefined)
      return throughTerms([beginningWith(`w:${longest}`)], FIRST_OF_THEIRS);
    if (status !== undefined && status !== 'active') return throughTerms([exactly(`is:${status}`)]);
    if (role !== undefined) return throughTerms([exactly(`role:${role}`)]);
    // In two, since what sorts between /A and /A/B may be all of /A-Z.
    if (orgUnitPath !== undefined && orgUnitPath !== '/')
      return throughTerms([exactly(`in:${orgUnitPath}`), beginningWith(`in:${orgUnitPath}/`)]);
  }
  const stretches = [beginningWith(address ?? '')];
  return { at: 'u.email', id: 'u.id', from: 'users u', stretches, more: '' };
}

/** Whether a cursor is of a search with this filter; from any other nothing can be gone on from. */
export const isCursorOf = (filter: PeopleFilter, { at }: PeopleCursor): boolean =>
  driverOf(filter).stretches.some(({ has }) => has(at));

type FoundRow = PersonSummary & { at: string };

/** @param after a place in this stretch, to go on behind it */
async function searchStretch(
  db: Database,
  directoryId: string,
  filter: PeopleFilter,
  { stretch, after, limit }: { stretch: Stretch; after: PeopleCursor | null; limit: number },
): Promise<FoundRow[]> {
  const { at, id, from, more } = driverOf(filter);
  const { words = [], role, orgUnitPath, status } = filter;
  const directory = at === 't.term' ? 't.directory_id' : 'u.directory_id';
  // One lower bound, so that it is the index's.
  const beyond = after === null ? `${at} >= ?2 AND ?3 IS NULL` : `(${at}, ${id}) > (?2, ?3)`;
  const { results } = await db.d1
    .prepare(
      `SELECT ${COLUMNS}, ${at} AS "at" FROM ${from}
       WHERE ${directory} = ?1 AND ${beyond} AND ${at} < ?4 AND +u.directory_id = ?1
         AND (?5 IS NULL OR u.status = ?5) AND ?6 IS NOT NULL
         AND (?7 IS NULL OR EXISTS (SELECT 1 FROM json_each(u.roles) WHERE value = ?7))
         AND (?8 IS NULL OR u.org_unit_path = ?8 OR substr(u.org_unit_path, 1, length(?8) + 1) = ?8 || '/')
         AND NOT EXISTS (SELECT 1 FROM json_each(?9) p WHERE instr(u.words, '"' || p.value) = 0)
         ${more}
       ORDER BY ${at}, ${id} LIMIT ?10`,
    )
    .bind(
      directoryId,
      after?.at ?? stretch.from,
      after?.id ?? null,
      stretch.to,
      status ?? null,
      stretch.from,
      role ?? null,
      orgUnitPath === '/' ? null : (orgUnitPath ?? null),
      // Of the one that leads the way nobody needs to be asked.
      JSON.stringify(words.filter((word) => `w:${word}` !== stretch.from)),
      limit,
    )
    .all<FoundRow>();
  return results;
}

/**
 * A page of people, in order of the word found, else of role, org unit or address. Reads about two rows for each person who
 * is shown, and for each who is found by the first of several conditions and not by the others.
 *
 * @param after of a page of the same search, see `isCursorOf`; `null` = from the beginning
 */
export function searchPeople(
  db: Database,
  directoryId: string,
  filter: PeopleFilter,
  { after, limit }: { after: PeopleCursor | null; limit: number },
): Promise<PeoplePage> {
  return guarded(async () => {
    const { stretches } = driverOf(filter);
    const first = after === null ? 0 : stretches.findIndex(({ has }) => has(after.at));
    const found: FoundRow[] = [];
    for (const [i, stretch] of stretches.entries()) {
      const missing = limit + 1 - found.length;
      if (first === -1 || i < first || missing === 0) continue;
      const from = { stretch, after: i === first ? after : null, limit: missing };
      found.push(...(await searchStretch(db, directoryId, filter, from)));
    }
    const people = found.slice(0, limit);
    const last = people.at(-1);
    const next = found.length > limit && last !== undefined ? { at: last.at, id: last.id } : null;
    return { people: people.map(({ at: _, ...person }) => person), next };
  });
}

export const isStatus = (text: string): text is UserStatus =>
  (USER_STATUSES as readonly string[]).includes(text);

/** Everything that is stored about somebody. */
export interface PersonRecord extends PersonSummary {
  givenName: string;
  familyName: string;
  isDelegatedAdmin: 0 | 1;
  attributes: string;
  customSchemas: string;
  cause: Cause;
  noticedMs: number;
  createdMs: number;
  deletedMs: number | null;
}

/**
 * @param key an id, or an address: in any case where Google's is in lower case, as it makes them; else as Google spells it.
 * Of several with one address the living, then the youngest
 * @returns `null` = nobody of this directory
 */
export function readPerson(
  db: Database,
  directoryId: string,
  key: string,
): Promise<PersonRecord | null> {
  return guarded(() => {
    const isId = !key.includes('@');
    return db.d1
      .prepare(
        `SELECT ${COLUMNS}, u.given_name AS givenName, u.family_name AS familyName,
           u.is_delegated_admin AS isDelegatedAdmin, u.attributes AS attributes, u.custom_schemas AS customSchemas,
           u.cause AS cause, u.noticed_ms AS noticedMs, u.created_ms AS createdMs, u.deleted_ms AS deletedMs
         FROM users u WHERE ${isId ? 'u.id = ?2 AND +u.directory_id = ?1' : 'u.directory_id = ?1 AND u.email IN (?2, ?3)'}
         ORDER BY u.status = 'deleted', u.created_ms DESC LIMIT 1`,
      )
      .bind(directoryId, key, ...(isId ? [] : [key.toLowerCase()]))
      .first<PersonRecord>();
  });
}

/** How many people have each role now, the deleted included. Reads one index entry for each role of each person. */
export function readRoleCounts(
  db: Database,
  directoryId: string,
): Promise<{ role: string; people: number }[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT substr(term, 6) AS role, count(*) AS people FROM people_terms
         WHERE directory_id = ?1 AND term >= 'role:' AND term < 'role;' GROUP BY term ORDER BY term`,
      )
      .bind(directoryId)
      .all<{ role: string; people: number }>();
    return results;
  });
}

/** Somebody as the rules see them, with the roles that are stored. */
export interface RuledPerson {
  id: string;
  email: string;
  fullName: string;
  isAdmin: 0 | 1;
  orgUnitPath: string;
  customSchemas: string;
  roles: string;
}

/** The next living people in order of id. */
export function readRuledPeople(
  db: Database,
  directoryId: string,
  afterId: string,
  limit: number,
): Promise<RuledPerson[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT id, email, full_name AS fullName, is_admin AS isAdmin, org_unit_path AS orgUnitPath,
           custom_schemas AS customSchemas, roles
         FROM users WHERE id > ?2 AND +directory_id = ?1 AND status <> 'deleted' ORDER BY id LIMIT ?3`,
      )
      .bind(directoryId, afterId, limit)
      .all<RuledPerson>();
    return results;
  });
}
