// Asks Google about several people at once, under one ticket.
import type { LookTicket } from '../db/directories.ts';
import { getUser } from '../google/directory.ts';
import { GoogleApiError, isCredentialFailure, isRateLimit } from '../google/errors.ts';
import type { DirectoryUser } from '../google/user.ts';
import type { SyncPorts } from './ports.ts';

/** Cloudflare lets 6 requests wait for their headers at a time; a 7th would only queue. */
const MAX_IN_FLIGHT = 6;
/** No get is begun when the ticket is older than this: with the get's own deadline, 18 s at most. */
const START_WITHIN_MS = 10_000;

/** `user: null`: Google denies the person, or they are outside the one domain in scope. */
export type Answer =
  | { kind: 'user'; user: DirectoryUser | null }
  | { kind: 'error'; error: unknown };

/** A failure that the next person would meet as well: asking on would only make it worse. */
function stopsTheRest(error: unknown): boolean {
  return isCredentialFailure(error) || isRateLimit(error);
}

/** Someone of another customer is an error; someone who left the one domain in scope is gone from it. */
function inScope(
  ports: SyncPorts,
  user: DirectoryUser | null,
  customerId: string | null,
): DirectoryUser | null {
  if (user === null) return null;
  if (customerId !== null && user.customerId !== customerId) {
    throw new GoogleApiError({ code: 'answer-mismatch', status: 200, retryable: false });
  }
  const { domain } = ports.config;
  if (domain === undefined || user.profile === null) return user;
  return user.profile.primaryEmail.toLowerCase().endsWith(`@${domain}`) ? user : null;
}

/**
 * Gets people by id, with at most 6 requests in flight.
 *
 * @param startedMs when the ticket was taken
 * @returns an answer for everybody who was asked about; whoever is missing was not, for lack of time
 */
export async function getPeople(
  ports: SyncPorts,
  ids: readonly string[],
  ticket: LookTicket,
  startedMs: number,
): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  const waiting = [...ids];
  let stop: unknown;
  async function askOn(): Promise<void> {
    for (;;) {
      if (stop === undefined && ports.nowMs() - startedMs > START_WITHIN_MS) return;
      const id = waiting.shift();
      if (id === undefined) return;
      if (stop !== undefined) {
        answers.set(id, { kind: 'error', error: stop });
        continue;
      }
      try {
        const user = inScope(ports, await getUser(ports.api, id), ticket.customerId);
        answers.set(id, { kind: 'user', user });
      } catch (error) {
        answers.set(id, { kind: 'error', error });
        if (stopsTheRest(error)) stop = error;
      }
    }
  }
  await Promise.all(Array.from({ length: MAX_IN_FLIGHT }, askOn));
  return answers;
}
