// Where the product's requests leave for Google, and what is noted there: who was asked about when, and what the
// answer was. The answers are the emulator's; only a body that breaks off half-way is made here.

import type { ObservedRow } from '../../src/db/mapped.ts';
import { parseDirectoryUser } from '../../src/google/user.ts';
import { type Observation, type RolesFor, toObservedRow } from '../../src/sync/observation.ts';
import type { Google } from '../google/google.ts';
import type { Chance } from './random.ts';
import type { Actor, Scheduler } from './scheduler.ts';

export type Wire = Record<string, unknown>;

/** One read of one person, by get or as an item of a list. */
export interface Sighting {
  userId: string;
  by: Actor;
  source: 'get' | 'list';
  /** When the request left, in the scheduler's count: after everything that the product awaited before. */
  beganSeq: number;
  /** When Google had answered. */
  answeredSeq: number;
  /** `null`: Google denied the person. */
  wire: Wire | null;
}

export interface BorderTemper {
  /** How often a body breaks off half-way. */
  cutRate: number;
}

export interface Border {
  temper: BorderTemper;
  sightings: Map<string, Sighting[]>;
  fetch: (actor: Actor, request: Request) => Promise<Response>;
  onList: (actor: Actor) => void;
  /** Whether Google has answered this event about a group: who is in it, or whether somebody is. */
  hasToldOf: (actor: Actor, groupKey: string) => boolean;
}

const GET = /^\/admin\/directory\/v1\/users\/(\d+)$/;
const LIST = '/admin/directory/v1/users';
const GROUP = /^\/admin\/directory\/v1\/groups\/([^/]+)\/(?:members$|hasMember\/)/;
/** So that a group has several pages. */
const MEMBERS_PER_PAGE = '3';

function parsed(text: string): Wire | null {
  try {
    return JSON.parse(text) as Wire;
  } catch {
    // HTML, or broken off: nothing that anybody could conclude from.
    return null;
  }
}

function isDenial(status: number, body: Wire | null): boolean {
  const error = body?.['error'] as { errors?: { reason?: string }[] } | undefined;
  return status === 404 && error?.errors?.[0]?.reason === 'notFound';
}

/** @param domain the one domain in scope; whoever is outside counts as denied */
export function openBorder(parts: {
  google: Google;
  scheduler: Scheduler;
  chance: Chance;
  domain: string | undefined;
}): Border {
  const { google, scheduler, chance, domain } = parts;
  const told = new Map<Actor, Set<string>>();
  const border: Border = {
    temper: { cutRate: 0 },
    sightings: new Map(),
    fetch,
    onList: () => {},
    hasToldOf: (actor, groupKey) => told.get(actor)?.has(groupKey) ?? false,
  };

  const isOutside = (wire: Wire) =>
    domain !== undefined && !String(wire['primaryEmail']).toLowerCase().endsWith(`@${domain}`);

  function note(sighting: Sighting): void {
    const known = border.sightings.get(sighting.userId) ?? [];
    known.push(sighting);
    border.sightings.set(sighting.userId, known);
  }

  /** A question about a group, a few members at a time. */
  async function ask(actor: Actor, groupKey: string, request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.searchParams.has('maxResults')) url.searchParams.set('maxResults', MEMBERS_PER_PAGE);
    const answer = await google.fetch(new Request(url, request));
    if (answer.status !== 200) return answer;
    told.set(actor, (told.get(actor) ?? new Set()).add(groupKey));
    const whole = await answer.text();
    const isCut = chance.happens(border.temper.cutRate);
    return new Response(isCut ? whole.slice(0, chance.below(whole.length)) : whole, answer);
  }

  async function fetch(actor: Actor, request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const group = GROUP.exec(pathname)?.[1];
    if (group !== undefined)
      return scheduler.effect(actor, 'group', () => ask(actor, decodeURIComponent(group), request));
    const userId = request.method === 'GET' ? GET.exec(pathname)?.[1] : undefined;
    const isList = request.method === 'GET' && pathname === LIST;
    const beganSeq = scheduler.seq;
    const label = userId !== undefined ? 'get' : isList ? 'list' : 'google';
    return scheduler.effect(actor, label, async () => {
      const answer = await google.fetch(request);
      if (userId === undefined && !isList) return answer;
      const { status, headers } = answer;
      const whole = await answer.text();
      const isCut = whole.length > 2 && chance.happens(border.temper.cutRate);
      const text = isCut ? whole.slice(0, chance.below(whole.length)) : whole;
      const body = parsed(text);
      const seen = { by: actor, beganSeq, answeredSeq: scheduler.seq };
      if (userId !== undefined && isDenial(status, body)) {
        note({ userId, source: 'get', wire: null, ...seen });
      } else if (userId !== undefined && status === 200 && typeof body?.['id'] === 'string') {
        note({ userId, source: 'get', wire: isOutside(body) ? null : body, ...seen });
      } else if (isList && status === 200 && Array.isArray(body?.['users'])) {
        border.onList(actor);
        for (const wire of body['users'] as Wire[]) {
          note({ userId: String(wire['id']), source: 'list', wire, ...seen });
        }
      }
      return new Response(text === '' ? null : text, { status, headers });
    });
  }
  return border;
}

/** What the product's own mapping makes of an answer; `null` where it can't be used. */
export function rowOf(id: string, wire: Wire, rolesFor: RolesFor): ObservedRow | null {
  try {
    const observation: Observation = {
      id,
      user: parseDirectoryUser(wire),
      cause: 'push',
      noticedMs: 0,
    };
    return toObservedRow(observation, rolesFor);
  } catch {
    // Refused by the parser: not an answer.
    return null;
  }
}
