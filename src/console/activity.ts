// What of the event stream somebody wants to see: the filter as it stands in an address, and the records of a file.
import { DatabaseError } from '../db/database.ts';
import { type EventFilter, type EventRecord, readEvents } from '../db/events.ts';
import { CAUSES, EVENT_TYPES } from '../db/schema.ts';
import { errorCode } from '../log.ts';
import type { SyncPorts } from '../sync/ports.ts';
import type { Cell } from './csv.ts';
import { diffOf } from './event-diff.ts';
import { changeText } from './event-words.ts';

const DAY_MS = 86_400_000;

/** The filter as it was typed. */
export interface AskedFilter {
  person: string;
  type: string;
  cause: string;
  from: string;
  to: string;
}

const LONGEST_PERSON = 320;

/** @param query the address's; whatever stands there more than once counts once */
export function askedFilter(query: (name: string) => string | undefined): AskedFilter {
  const text = (name: string) => (query(name) ?? '').trim();
  return {
    person: text('person'),
    type: text('type'),
    cause: text('cause'),
    from: text('from'),
    to: text('to'),
  };
}

/** The midnight, UTC, that a day begins with; `null` = no day. */
function dayMs(text: string): number | null {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // 31 February is in March for some.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? null : ms;
}

/** The filter as the database takes it, but for the person; or which field can't be read. */
type ReadFilter = { ok: true; filter: EventFilter } | { ok: false; field: keyof AskedFilter };

/** Reads a filter: days are whole ones of UTC, both included. */
export function readFilter({ person, type, cause, from, to }: AskedFilter): ReadFilter {
  const filter: EventFilter = {};
  if (person.length > LONGEST_PERSON) return { ok: false, field: 'person' };
  const knownType = EVENT_TYPES.find((one) => one === type);
  if (knownType !== undefined) filter.type = knownType;
  else if (type !== '') return { ok: false, field: 'type' };
  const knownCause = CAUSES.find((one) => one === cause);
  if (knownCause !== undefined) filter.cause = knownCause;
  else if (cause !== '') return { ok: false, field: 'cause' };
  const [first, last] = [dayMs(from), dayMs(to)];
  if (first !== null) filter.fromMs = first;
  else if (from !== '') return { ok: false, field: 'from' };
  if (last !== null) filter.toMs = last + DAY_MS;
  else if (to !== '') return { ok: false, field: 'to' };
  return { ok: true, filter };
}

/** The part of an address that asks for the same again. */
export function filterQuery(asked: AskedFilter, more: Record<string, string> = {}): string {
  const pairs = Object.entries({ ...asked, ...more }).filter(([, value]) => value !== '');
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

export const CSV_HEAD = [
  'seq',
  'at',
  'person id',
  'name',
  'address',
  'type',
  'cause',
  'latency ms',
  'changes',
] as const;

/** The address at the time of the event. */
function addressIn({ after }: EventRecord): string {
  const { email } = JSON.parse(after) as { email?: unknown };
  return typeof email === 'string' ? email : '';
}

const recordOf = (event: EventRecord): Cell[] => [
  event.seq,
  new Date(event.atMs).toISOString(),
  event.userId,
  event.name ?? '',
  addressIn(event),
  event.type,
  event.cause,
  Math.max(0, event.atMs - event.noticedMs),
  diffOf(event.before, event.after).map(changeText).join('; '),
];

const PAGE = 500;
const MOST_RECORDS = 50_000;
/** Whoever makes more calls in a pass than this is on the paid plan. */
const FREE_CALLS = 50;
/** The free plan allows 50 queries in one request. */
const queriesOf = ({ googleCallsPerPass }: SyncPorts['config']) =>
  googleCallsPerPass > FREE_CALLS ? 500 : 40;

/** A page is one; where each of its days is, another. */
const queriesOfPage = ({ fromMs, toMs }: EventFilter) =>
  1 + Number(fromMs !== undefined) + Number(toMs !== undefined);

/** A record that stands for all that is not there: nobody takes a part for the whole. */
const incomplete = (why: string, next: number | null): Cell[] => [
  'NOT COMPLETE',
  ...Array<Cell>(CSV_HEAD.length - 2).fill(''),
  next === null ? why : `${why} The rest: the same address with &before=${next}`,
];

/**
 * The records of a file, 500 at a time, the youngest first. Ends with a record that says so where it is not all.
 *
 * @param from a `seq` to go on below
 */
export async function* csvRecords(
  ports: Pick<SyncPorts, 'db' | 'config' | 'log'>,
  directoryId: string,
  filter: EventFilter,
  from: number | null,
): AsyncGenerator<readonly (readonly Cell[])[]> {
  let next = from;
  let left = MOST_RECORDS;
  const each = queriesOfPage(filter);
  for (let queries = queriesOf(ports.config); queries >= each && left > 0; queries -= each) {
    try {
      const limit = Math.min(PAGE, left);
      const page = await readEvents(ports.db, directoryId, filter, {
        direction: 'down',
        from: next,
        limit,
      });
      left -= page.events.length;
      next = page.next;
      yield page.events.map(recordOf);
    } catch (error) {
      const code = error instanceof DatabaseError ? error.code : 'failed';
      ports.log('error', 'console.export-cut', { directoryId, code: errorCode(error) });
      yield [incomplete(`The database did not answer (${code}).`, next)];
      return;
    }
    if (next === null) return;
  }
  yield [
    incomplete(
      `${(MOST_RECORDS - left).toLocaleString('en-GB')} rows are as many as one file holds.`,
      next,
    ),
  ];
}
