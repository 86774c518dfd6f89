// What the search form says → people. What is typed decides how it is looked up: an id, the beginning of an address, or the
// beginnings of words.
import * as z from 'zod';
import { cursorOf, placeIn } from '../cursor.ts';
import {
  isCursorOf,
  isStatus,
  type PeopleFilter,
  type PersonSummary,
  readPerson,
  searchPeople,
} from '../db/people.ts';
import type { UserStatus } from '../db/schema.ts';
import { foldedWords } from '../roles/search-words.ts';
import type { SyncPorts } from '../sync/ports.ts';

export const PEOPLE_ON_A_PAGE = 50;
/** Longer than what is looked up; whoever types more has what is over cut off. */
const LONGEST = { q: 200, role: 64, orgUnit: 1_000 };
const MOST_WORDS = 8;

/** The form as it was filled in; empty = anything. */
export interface PeopleQuestion {
  q: string;
  role: string;
  orgUnit: string;
  status: UserStatus | '';
}

/** Which way what was typed is looked up. `nothing`: there is no letter or digit in it. */
export type Sought = 'everybody' | 'id' | 'address' | 'words' | 'nothing';

export interface PeopleFound {
  sought: Sought;
  people: readonly PersonSummary[];
  /** The `after` of the next page; `null` = there is none. */
  next: string | null;
}

/** `/A/B` as Google spells it, of what people type. */
function unitOf(text: string): string {
  const path = text.trim().slice(0, LONGEST.orgUnit).replace(/\/+$/, '');
  return path === '' || path.startsWith('/') ? path : `/${path}`;
}

/** @param field the value of a field of the address */
export function questionOf(field: (name: string) => string | undefined): PeopleQuestion {
  const status = field('status') ?? '';
  return {
    q: (field('q') ?? '').trim().slice(0, LONGEST.q),
    role: (field('role') ?? '').trim().slice(0, LONGEST.role),
    orgUnit: unitOf(field('org_unit') ?? ''),
    status: isStatus(status) ? status : '',
  };
}

/** The address of a page of this search. */
export function addressOf(path: string, question: PeopleQuestion, after: string | null): string {
  const { q, role, orgUnit, status } = question;
  const fields = Object.entries({ q, role, org_unit: orgUnit, status, after: after ?? '' });
  const query = new URLSearchParams(fields.filter(([, value]) => value !== '')).toString();
  return query === '' ? path : `${path}?${query}`;
}

const place = z.strictObject({ at: z.string(), id: z.string() });

function soughtBy(q: string): Sought {
  if (q === '') return 'everybody';
  if (/^\d{6,30}$/.test(q)) return 'id';
  if (q.includes('@')) return 'address';
  return foldedWords(q).length > 0 ? 'words' : 'nothing';
}

function filterOf({ q, role, orgUnit, status }: PeopleQuestion, sought: Sought): PeopleFilter {
  return {
    ...(sought === 'address' && { address: q.toLowerCase() }),
    ...(sought === 'words' && { words: foldedWords(q).slice(0, MOST_WORDS) }),
    ...(role !== '' && { role }),
    ...(orgUnit !== '' && { orgUnitPath: orgUnit }),
    ...(status !== '' && { status }),
  };
}

/**
 * A page of people.
 *
 * @param after as `next` of the page before said; `''` = the first page
 * @returns `null` where `after` is not of this search
 * @throws {DatabaseError}
 */
export async function findPeople(
  { db }: Pick<SyncPorts, 'db'>,
  directoryId: string,
  question: PeopleQuestion,
  after: string,
): Promise<PeopleFound | null> {
  const { q } = question;
  let sought = soughtBy(q);
  if (sought === 'nothing') return after === '' ? { sought, people: [], next: null } : null;
  if (sought === 'id') {
    const person = after === '' ? await readPerson(db, directoryId, q) : null;
    if (person !== null) return { sought, people: [person], next: null };
    // Some addresses are numbers as well.
    sought = 'words';
  }
  const filter = filterOf(question, sought);
  const cursor = placeIn(after, place);
  if (after !== '' && (cursor === null || !isCursorOf(filter, cursor))) return null;
  const page = { after: cursor, limit: PEOPLE_ON_A_PAGE };
  const { people, next } = await searchPeople(db, directoryId, filter, page);
  return { sought, people, next: next && cursorOf(next) };
}
