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
  /** Whether those are people as they are, not terms of theirs. */
  isPeople: boolean;
  stretches: readonly Stretch[];
  /** The beginning of a word that leads the way. */
  word?: string;
}

/** Through the terms of those stretches. */
const throughTerms = (...stretches: Stretch[]): Driver => ({
  at: 't.term',
  id: 't.user_id',
  from: 'people_terms t WHERE t.directory_id',
  isPeople: false,
  stretches,
});

/** So short a beginning says little: half of everybody may have such a word. */
const TELLS_LITTLE = 2;

// The most telling first: an address, a word, being out, a role, what may be the beginning of any word, an org unit; else
// everybody, by address.
function driverOf({ words = [], address, role, orgUnitPath, status }: PeopleFilter): Driver {
  if (address === undefined) {
    const [word] = words.toSorted((a, b) => b.length - a.length);
    const throughWord = word !== undefined && {
      ...throughTerms(beginningWith(`w:${word}`)),
      word,
    };
    if (throughWord && throughWord.word.length > TELLS_LITTLE) return throughWord;
    if (status !== undefined && status !== 'active') return throughTerms(exactly(`is:${status}`));
    if (role !== undefined) return throughTerms(exactly(`role:${role}`));
    if (throughWord) return throughWord;
    // In two, since what sorts between /A and /A/B may be all of /A-Z.
    if (orgUnitPath !== undefined && orgUnitPath !== '/')
      return throughTerms(exactly(`in:${orgUnitPath}`), beginningWith(`in:${orgUnitPath}/`));
  }
  const stretches = [beginningWith(address ?? '')];
  const from = 'users o WHERE o.directory_id';
  return { at: 'o.email', id: 'o.id', from, isPeople: true, stretches };
}

/** Whether a cursor is of a search with this filter; from any other nothing can be gone on from. */
export const isCursorOf = (filter: PeopleFilter, { at }: PeopleCursor): boolean =>
  driverOf(filter).stretches.some(({ has }) => has(at));

/** Those of whom the other conditions are asked, stretch by stretch in the order of the index. @param more columns */
function candidates({ at, id, from }: Driver, stretches: readonly Stretch[], more = ''): string {
  const inStretch = (_: Stretch, i: number) => {
    const [low, lowId, high] = [8, 9, 10].map((first) => `?${first + 3 * i}`);
    return `SELECT * FROM (SELECT ${at} AS at_term, ${id} AS at_id${more} FROM ${from} = ?1
      AND (${at}, ${id}) > (${low}, ${lowId}) AND ${at} < ${high} ORDER BY ${at}, ${id} LIMIT ?6)`;
  };
  return stretches.map(inStretch).join(' UNION ALL ');
}

// A word is letters and digits, so in the JSON of them a quote and its beginning are found nowhere else: that reads no rows,
// as taking the JSON apart would; a role is taken out of its JSON where it seems to be there. Whoever has two words with one
// beginning is shown at the one that comes first in theirs.
const FITS = `+u.directory_id = ?1 AND (?2 IS NULL OR u.status = ?2)
  AND (?3 IS NULL OR instr(u.roles, '"' || ?3 || '"') > 0 AND EXISTS (SELECT 1 FROM json_each(u.roles) WHERE value = ?3))
  AND (?4 IS NULL OR u.org_unit_path = ?4 OR substr(u.org_unit_path, 1, length(?4) + 1) = ?4 || '/')
  AND NOT EXISTS (SELECT 1 FROM json_each(?5 ->> '$.others') p WHERE instr(u.words, '"' || p.value) = 0)
  AND (?5 ->> '$.word' IS NULL OR substr(u.words, instr(u.words, '"' || (?5 ->> '$.word')) + 1, length(at_term) - 1)
    = substr(at_term, 3) || '"')`;

/** So many are asked for one page at most: what few are, among many, may take several pages that hold little. */
const SCANNED = 2_000;

/** Somebody of a page; or, `isEdge`, the last who was asked, where that many were. */
type FoundRow = PersonSummary & { at: string; atId: string; isEdge: 0 | 1 };

/**
 * A page of people, in order of the word found, else of role, org unit or address. Reads about two rows for each person who
 * is shown, and for each who is found by the first of several conditions and not by the others: of them 2,000 at most, so
 * that a page may hold few, or nobody, and still have a next one.
 *
 * @param after of a page of the same search, see `isCursorOf`; `null` = from the beginning
 * @param scanned for tests: how many are asked at most
 */
export function searchPeople(
  db: Database,
  directoryId: string,
  filter: PeopleFilter,
  {
    after,
    limit,
    scanned = SCANNED,
  }: { after: PeopleCursor | null; limit: number; scanned?: number },
): Promise<PeoplePage> {
  return guarded(async () => {
    const driver = driverOf(filter);
    const first = after === null ? 0 : driver.stretches.findIndex(({ has }) => has(after.at));
    if (first === -1) return { people: [], next: null };
    const stretches = driver.stretches.slice(first);
    const edge = candidates(driver, stretches);
    // Read once, where the way leads through people themselves.
    const asked = driver.isPeople
      ? `(SELECT * FROM (${candidates(driver, stretches, ', o.*')}) LIMIT ?6) u`
      : `(SELECT * FROM (${edge}) LIMIT ?6) c CROSS JOIN users u ON u.id = c.at_id`;
    const { words = [], role, orgUnitPath, status } = filter;
    // What begins another of them is found with it.
    const others = words.filter(
      (word) => word !== driver.word && !words.some((one) => one !== word && one.startsWith(word)),
    );
    // In one statement: whoever came or went between the page and its edge would be skipped. The limit is of both, so that
    // only a page that is not full looks for its edge. Both are in the order of the index, as the loops are nested.
    const { results } = await db.d1
      .prepare(
        `SELECT ${COLUMNS}, at_term AS "at", at_id AS atId, 0 AS isEdge FROM ${asked} WHERE ${FITS}
         UNION ALL
         SELECT ${COLUMNS}, at_term, at_id, 1 FROM (SELECT * FROM (${edge}) LIMIT 1 OFFSET ?6 - 1) c
         LEFT JOIN users u ON u.id = c.at_id
         LIMIT ?7`,
      )
      .bind(
        directoryId,
        status ?? null,
        role ?? null,
        orgUnitPath === '/' ? null : (orgUnitPath ?? null),
        JSON.stringify({ word: driver.word, others }),
        scanned,
        limit + 1,
        // Nobody's id is empty: what begins a stretch is behind that.
        ...stretches.flatMap(({ from, to }, i) =>
          i === 0 && after !== null ? [after.at, after.id, to] : [from, '', to],
        ),
      )
      .all<FoundRow>();
    const people = results.filter(({ isEdge }) => isEdge === 0).slice(0, limit);
    const stop = results.find(({ isEdge }) => isEdge === 1);
    const last = stop ?? (results.length > limit ? people.at(-1) : undefined);
    return {
      people: people.map(({ at: _, atId: __, isEdge: ___, ...person }) => person),
      next: last === undefined ? null : { at: last.at, id: last.atId },
    };
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
