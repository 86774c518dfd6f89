// Who is in the groups that rules name, as Google says it: of everybody at each pass, of one person at their sign-in.
import type { Database } from '../db/database.ts';
import { readMembership, type StoredMembership, storeMembership } from '../db/group-members.ts';
import {
  dropPages,
  endReading,
  type GroupReading,
  keepNamedGroups,
  noteGroupProblem,
  storePages,
} from '../db/groups.ts';
import type { ApiOptions } from '../google/api.ts';
import { GoogleApiError, isCredentialFailure, isRateLimit } from '../google/errors.ts';
import { hasMember, listMembers } from '../google/groups.ts';
import type { Log } from '../log.ts';

export interface GroupsPorts {
  db: Database;
  /** With tokens for members of groups, and no others. */
  groupsApi: ApiOptions;
  log: Log;
  nowMs: () => number;
}

/** So many pages are 20,000 people: half a megabyte, and D1 takes 2 MB for a parameter. */
const PAGES_AT_ONCE = 100;
/** The most groups that somebody who signs in is asked about, and how many of them at a time. */
const MOST_ASKED = 10;
const AT_ONCE = 6;
/** Nobody waits longer than this at the door for what the next pass finds anyhow. */
const SIGN_IN_DEADLINE_MS = 3_000;

/** A reading in memory: what was read since the place where it is stored. */
class Reading {
  readonly #ports: GroupsPorts;
  #from: GroupReading;
  #token: string | null;
  #pages = 0;
  #userIds = new Set<string>();
  #hasEverybody = false;

  constructor(ports: GroupsPorts, from: GroupReading) {
    this.#ports = ports;
    this.#from = from;
    this.#token = from.pageToken;
  }

  get isFull(): boolean {
    return this.#pages >= PAGES_AT_ONCE;
  }

  get isUnderWay(): boolean {
    return this.#token !== null;
  }

  /** @returns null = there is no such group; @throws {GoogleApiError} */
  async readPage(): Promise<'more' | 'end' | null> {
    const { groupKey, customerId } = this.#from;
    const page = await listMembers(this.#ports.groupsApi, groupKey, this.#token, customerId);
    if (page === null) return null;
    for (const id of page.userIds) this.#userIds.add(id);
    this.#hasEverybody ||= page.hasEverybody;
    this.#pages += 1;
    this.#token = page.nextPageToken;
    return this.#token === null ? 'end' : 'more';
  }

  get #read() {
    return { userIds: [...this.#userIds], hasEverybody: this.#hasEverybody };
  }

  /** @returns false if somebody else has gone on from here */
  async store(): Promise<boolean> {
    if (this.#pages === 0 || this.#token === null) return true;
    const { db, nowMs } = this.#ports;
    if (!(await storePages(db, this.#from, this.#read, this.#token, nowMs()))) return false;
    this.#forget({ ...this.#from, pageToken: this.#token });
    return true;
  }

  async end(): Promise<boolean | null> {
    return endReading(this.#ports.db, this.#from, this.#read, this.#ports.nowMs());
  }

  async startAnew(): Promise<void> {
    if (this.#from.pageToken !== null) await dropPages(this.#ports.db, this.#from);
    this.#forget({ ...this.#from, pageToken: null });
  }

  #forget(from: GroupReading): void {
    this.#from = from;
    this.#token = from.pageToken;
    this.#pages = 0;
    this.#userIds = new Set();
    this.#hasEverybody = false;
  }
}

/** What Google answers to a page token that it does not go on with; or it leads nowhere. */
const isRefusedToken = ({ status, code, retryable }: GoogleApiError) =>
  status === 400 || status === 410 || (code === 'invalid-response' && !retryable);

/** Whether other groups would fare no better. */
const meetsOthers = (error: GoogleApiError): boolean =>
  isCredentialFailure(error) || isRateLimit(error);

/** @returns a code if the group could not be read; @throws {GoogleApiError} for what would meet other groups too */
async function readGroup(
  ports: GroupsPorts,
  reading: Reading,
  callsLeft: () => number,
): Promise<string | null> {
  let isAnew = false;
  for (;;) {
    if ((callsLeft() <= 0 || reading.isFull) && !(await reading.store())) return null;
    if (callsLeft() <= 0) return null;
    try {
      const came = await reading.readPage();
      if (came === null) {
        await reading.startAnew();
        return 'notFound';
      }
      if (came === 'more') continue;
      const isNews = await reading.end();
      if (isNews) ports.log('info', 'groups.changed', {});
      return null;
    } catch (error) {
      if (!(error instanceof GoogleApiError)) throw error;
      if (reading.isUnderWay && isRefusedToken(error)) {
        await reading.startAnew();
        if (isAnew) return error.code;
        isAnew = true;
        continue;
      }
      await reading.store();
      if (meetsOthers(error)) throw error;
      return error.code;
    }
  }
}

/**
 * Reads who is in the groups that rules name, as far as calls last, those first that were read longest ago; the next
 * time it goes on where it stopped. A group that can't be read changes nobody.
 *
 * @param callsLeft how many requests may still leave for Google; asked before each
 * @throws {DatabaseError} and nothing of Google's: that is noted with the group
 */
export async function readGroups(
  ports: GroupsPorts,
  directoryId: string,
  groupKeys: readonly string[],
  callsLeft: () => number,
): Promise<void> {
  const { db, log, nowMs } = ports;
  const open = await keepNamedGroups(db, directoryId, [...new Set(groupKeys)], nowMs());
  const note = async (keys: readonly string[], code: string) => {
    log('warn', 'groups.not-read', { code, groups: String(keys.length) });
    await noteGroupProblem(db, directoryId, keys, code, nowMs());
  };
  for (const [i, group] of open.entries()) {
    if (callsLeft() <= 0) return;
    try {
      const problem = await readGroup(ports, new Reading(ports, group), callsLeft);
      if (problem !== null) await note([group.groupKey], problem);
    } catch (error) {
      if (!(error instanceof GoogleApiError)) throw error;
      await note(
        open.slice(i).map(({ groupKey }) => groupKey),
        error.code,
      );
      return;
    }
  }
}

/** The answers that come in time; what Google can't or doesn't say is left out. */
async function answers(
  { groupsApi, log }: GroupsPorts,
  stored: readonly StoredMembership[],
  userId: string,
): Promise<StoredMembership[]> {
  const said: StoredMembership[] = [];
  const codes = new Set<string>();
  const left = [...stored];
  let isLate = false;
  const askOn = async () => {
    for (let next = left.shift(); next !== undefined && !isLate; next = left.shift()) {
      try {
        const isMember = await hasMember(groupsApi, next.groupKey, userId);
        if (isMember !== null) said.push({ groupKey: next.groupKey, isMember });
      } catch (error) {
        if (!(error instanceof GoogleApiError)) throw error;
        codes.add(error.code);
        if (meetsOthers(error)) return;
      }
    }
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      isLate = true;
      codes.add('timeout');
      resolve();
    }, SIGN_IN_DEADLINE_MS);
  });
  await Promise.race([deadline, Promise.all(Array.from({ length: AT_ONCE }, askOn))]);
  clearTimeout(timer);
  if (codes.size > 0) log('warn', 'groups.not-asked', { codes: [...codes] });
  return [...said];
}

/**
 * Asks Google whether one person is in the groups that rules name, and stores what is news. What it doesn't say within
 * 3 seconds stays as it was: the next pass finds it.
 *
 * @returns whether there was news
 * @throws {DatabaseError}
 */
export async function refreshMembership(
  ports: GroupsPorts,
  directoryId: string,
  groupKeys: readonly string[],
  userId: string,
): Promise<boolean> {
  const { db, nowMs, log } = ports;
  if (groupKeys.length === 0) return false;
  const keys = [...new Set(groupKeys)];
  const stored = await readMembership(db, directoryId, keys, userId);
  const said = await answers(ports, stored.slice(0, MOST_ASKED), userId);
  const known = new Map(stored.map(({ groupKey, isMember }) => [groupKey, isMember]));
  const news = said.filter(({ groupKey, isMember }) => known.get(groupKey) !== isMember);
  if (news.length === 0) return false;
  const isNews = await storeMembership(db, directoryId, news, userId, nowMs());
  if (isNews) log('info', 'groups.changed', { userId });
  return isNews;
}
