// All that is shown of one person, read for one directory.
import { type EventPage, readEvents } from '../db/events.ts';
import { type OwnSession, readOwnSessions } from '../db/own-sessions.ts';
import { type PersonRecord, readPerson } from '../db/people.ts';
import { explainRoles, type PersonRoles } from '../roles/why.ts';
import type { SyncPorts } from '../sync/ports.ts';

const EVENTS_ON_A_PAGE = 20;

/** Google's ids are digits; whatever else stands in an address is nobody's. */
export const isPersonId = (text: string): boolean => /^\d{1,30}$/.test(text);

export interface PersonView {
  person: PersonRecord;
  roles: PersonRoles;
  sessions: readonly OwnSession[];
  events: EventPage;
  /** Whether the events are the youngest. */
  isLatest: boolean;
  nowMs: number;
}

/**
 * @param before events below this `seq`; `null` = the youngest
 * @returns `null` = nobody of this directory
 * @throws {DatabaseError}
 */
export async function readPersonView(
  ports: SyncPorts,
  directoryId: string,
  id: string,
  before: number | null,
): Promise<PersonView | null> {
  const { db } = ports;
  const person = isPersonId(id) ? await readPerson(db, directoryId, id) : null;
  if (person === null) return null;
  const nowMs = ports.nowMs();
  const page = { direction: 'down', from: before, limit: EVENTS_ON_A_PAGE } as const;
  const [roles, sessions, events] = await Promise.all([
    explainRoles(ports, directoryId, person),
    readOwnSessions(db, directoryId, id, nowMs),
    readEvents(db, directoryId, { userId: id }, page),
  ]);
  return { person, roles, sessions, events, isLatest: before === null, nowMs };
}
