// The routes of what happened: the page, and the same as CSV. Both only read; the file is a navigation from our page, and
// another site that links it reads nothing of it.
import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { cursorOf, placeIn, placeInTime, seqIn } from '../cursor.ts';
import { type EventFilter, readEvents } from '../db/events.ts';
import { type ActionPlace, readOperatorActions } from '../db/operator-actions.ts';
import { readPerson } from '../db/people.ts';
import type { ConsoleEnv } from './access.ts';
import { directoryOf, portsOf } from './act.ts';
import { type AskedFilter, askedFilter, CSV_HEAD, csvRecords, readFilter } from './activity.ts';
import { csvStream } from './csv.ts';
import { type ConsoleContext, consolePage, Refused } from './page.tsx';
import { ActivityPage, OperatorActivityPage } from './pages/activity.tsx';
import { ACTIVITY_PATH } from './paths.ts';

const ON_A_PAGE = 50;

const FIELDS: Readonly<Record<keyof AskedFilter, string>> = {
  person: 'the person',
  type: 'what happened',
  cause: 'what it was found by',
  from: 'the first day',
  to: 'the last day',
};

type Understood =
  | { kind: 'filter'; filter: EventFilter }
  | { kind: 'nobody' }
  | { kind: 'unreadable'; field: keyof AskedFilter };

/** Finds whom an address means; an id counts whether its row is still there or not: their events may be. */
async function understood(c: ConsoleContext, asked: AskedFilter): Promise<Understood> {
  const read = readFilter(asked);
  if (!read.ok) return { kind: 'unreadable', field: read.field };
  const { person } = asked;
  if (person === '') return { kind: 'filter', filter: read.filter };
  if (!person.includes('@'))
    return { kind: 'filter', filter: { ...read.filter, userId: person.slice(0, 100) } };
  const found = await readPerson(portsOf(c).db, directoryOf(c), person);
  if (found === null) return { kind: 'nobody' };
  return { kind: 'filter', filter: { ...read.filter, userId: found.id } };
}

function page(c: ConsoleContext, children: Child, word?: Child) {
  const frame = { title: 'Activity', here: ACTIVITY_PATH, children };
  return consolePage(c, word === undefined ? frame : { ...frame, word, status: 400 });
}

async function aboutPeople(c: ConsoleContext) {
  const asked = askedFilter((name) => c.req.query(name));
  const from = seqIn(c.req.query('before'));
  const read = await understood(c, asked);
  const nothing = { asked, events: [], next: null, isFirst: from === null };
  if (read.kind === 'unreadable') {
    const word = <Refused>Nothing is shown: {FIELDS[read.field]} can’t be read.</Refused>;
    return page(c, <ActivityPage {...nothing} isNobody={false} />, word);
  }
  if (read.kind === 'nobody') return page(c, <ActivityPage {...nothing} isNobody={true} />);
  const where = { direction: 'down', from, limit: ON_A_PAGE } as const;
  const found = await readEvents(portsOf(c).db, directoryOf(c), read.filter, where);
  return page(
    c,
    <ActivityPage asked={asked} {...found} isFirst={from === null} isNobody={false} />,
  );
}

async function aboutOperators(c: ConsoleContext) {
  // Anything else is the beginning.
  const before: ActionPlace | null = placeIn(c.req.query('before'), placeInTime);
  const { db } = portsOf(c);
  const found = await readOperatorActions(db, directoryOf(c), ON_A_PAGE + 1, before);
  const actions = found.slice(0, ON_A_PAGE);
  const last = actions.at(-1);
  const next =
    found.length > ON_A_PAGE && last !== undefined
      ? cursorOf({ atMs: last.atMs, id: last.id })
      : null;
  return page(c, <OperatorActivityPage actions={actions} next={next} isFirst={before === null} />);
}

async function asCsv(c: ConsoleContext): Promise<Response> {
  const read = await understood(
    c,
    askedFilter((name) => c.req.query(name)),
  );
  if (read.kind === 'unreadable') return c.text(`${FIELDS[read.field]} can't be read.\n`, 400);
  if (read.kind === 'nobody') return c.text('Nobody here has that address.\n', 404);
  const ports = portsOf(c);
  const from = seqIn(c.req.query('before'));
  const records = csvRecords(ports, directoryOf(c), read.filter, from);
  const day = new Date(ports.nowMs()).toISOString().slice(0, 10);
  c.header('content-type', 'text/csv; charset=utf-8; header=present');
  c.header('content-disposition', `attachment; filename="rollcall-activity-${day}.csv"`);
  return c.body(csvStream(CSV_HEAD, records));
}

/** Everything under /console/activity. */
export const activity = new Hono<ConsoleEnv>()
  .get('/activity', (c) => (c.req.query('of') === 'operators' ? aboutOperators(c) : aboutPeople(c)))
  .get('/activity.csv', asCsv);
