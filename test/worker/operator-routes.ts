// Every route of the console and of the set-up, with a request to each that would do something if it were let in; and the
// deployment against which they are tried.
import { expect } from 'vitest';
import { app } from '../../src/app.tsx';
import { readRoleBook } from '../../src/roles/book.ts';
import { hashOfRules } from '../../src/roles/edit.ts';
import { makeSetupLink } from '../../src/setup/link.ts';
import { readHeldRemovals } from '../../src/sync/held-removals.ts';
import { LISTED_TOKEN, listToken } from './api-caller.ts';
import {
  aLetter,
  anotherDirectory,
  aPerson,
  everything,
  expectGuarded,
  type Fields,
  formOf,
  hold,
  type OperatorWorld,
  OURS,
  operatorWorld,
  windowAt,
} from './operators.ts';
import { ADMIN, ANA } from './signed-in.ts';
import { APP, setCookies, type Visitor } from './visitor.ts';

export type Room = 'console' | 'setup' | 'door';
export type Route = readonly [method: 'GET' | 'POST', path: string, room: Room];

export const ROUTES: readonly Route[] = [
  ['GET', '/console', 'console'],
  ['GET', '/console/held-removals', 'console'],
  ['POST', '/console/held-removals/approve', 'console'],
  ['POST', '/console/held-removals/reject', 'console'],
  ['POST', '/console/dead-letters/replay', 'console'],
  ['POST', '/console/passes', 'console'],
  ['POST', '/console/passes/dry-run', 'console'],
  ['GET', '/console/passes', 'console'],
  ['GET', '/console/channels', 'console'],
  ['GET', '/console/dead-letters', 'console'],
  ['GET', '/console/people', 'console'],
  ['GET', '/console/people/:id', 'console'],
  ['POST', '/console/people/:id/look', 'console'],
  ['POST', '/console/people/:id/sessions/end', 'console'],
  ['POST', '/console/people/:id/roles', 'console'],
  ['GET', '/console/roles', 'console'],
  ['GET', '/console/roles/rule', 'console'],
  ['POST', '/console/roles/preview', 'console'],
  ['POST', '/console/roles/save', 'console'],
  ['GET', '/console/activity', 'console'],
  ['GET', '/console/activity.csv', 'console'],
  ['GET', '/console/tokens', 'console'],
  ['POST', '/console/tokens', 'console'],
  ['POST', '/console/tokens/revoke', 'console'],
  ['GET', '/setup', 'setup'],
  ['POST', '/setup/check', 'setup'],
  ['POST', '/setup/import', 'setup'],
  ['GET', '/setup/marketplace', 'setup'],
  ['GET', '/setup/open', 'door'],
  ['POST', '/setup/open', 'door'],
];
/** All that a session opens. */
export const GUARDED = ROUTES.filter(([, , room]) => room !== 'door');
export const CONSOLE = ROUTES.filter(([, , room]) => room === 'console');
export const SETUP = ROUTES.filter(([, , room]) => room === 'setup');
export const CHANGING = ROUTES.filter(([method]) => method === 'POST');

/** People of `default`, whom others must not see. */
export const PERSONAL = /example\.test|Ana Moreira|Held Person|Noor/;

export async function expectImpersonal(response: Response): Promise<void> {
  expect(await response.text()).not.toMatch(PERSONAL);
}

interface Asked {
  headers?: Record<string, string>;
  /** Another method than the route's. */
  as?: string;
  /** Another origin than ours. */
  at?: string;
}

/** What each form sends that would do something. */
const FIELDS: Readonly<Record<string, (deployment: Deployment) => Fields | Promise<Fields>>> = {
  '/console/held-removals/approve': heldRemovals,
  '/console/held-removals/reject': heldRemovals,
  '/console/dead-letters/replay': ({ letter }) => ({ id: String(letter) }),
  '/console/people/910/roles': () => ({
    role: 'cook',
    to: 'added',
    seen: 'none',
    reason: 'Agreed',
  }),
  '/console/people/910/sessions/end': () => ({ all: 'yes' }),
  // Google is asked who is in it.
  '/console/roles/preview': async (deployment) => ({
    ...(await aRule(deployment)),
    kind: 'group',
    group: 'engineering@example.test',
  }),
  '/console/roles/save': aRule,
  '/console/tokens': () => ({ name: 'Payroll', scope: 'users:read', days: '30' }),
  '/console/tokens/revoke': () => ({ id: LISTED_TOKEN }),
  '/setup/open': async ({ world: { config, clock } }) => {
    const authority = { appSecret: config.appSecret, origin: config.publicUrl.origin };
    const link = await makeSetupLink(authority, clock.nowMs);
    return { link: link.searchParams.get('link') ?? '' };
  },
};

async function heldRemovals({ world: { ports } }: Deployment): Promise<Fields> {
  return { hash: (await readHeldRemovals(ports, 'default')).hash, looked: 'yes' };
}

async function aRule({ world: { ports } }: Deployment): Promise<Fields> {
  const book = await readRoleBook(ports, 'default', []);
  return { kind: 'everyone', role: 'member', seen: book === null ? '' : await hashOfRules(book) };
}

/** A deployment with somebody who waits for a word, a dead letter and another directory. */
export class Deployment {
  readonly world: OperatorWorld;
  readonly letter: number;
  readonly admin: Visitor;
  readonly ordinary: Visitor;

  private constructor(world: OperatorWorld, letter: number, admin: Visitor, ordinary: Visitor) {
    this.world = world;
    this.letter = letter;
    this.admin = admin;
    this.ordinary = ordinary;
  }

  static async open(): Promise<Deployment> {
    const world = await operatorWorld();
    await anotherDirectory();
    await aPerson('910', { fullName: 'Held Person' });
    await hold('910', world.clock.nowMs);
    await listToken(world);
    const letter = await aLetter({ userId: '910' });
    return new Deployment(world, letter, await windowAt(world, ADMIN), await windowAt(world, ANA));
  }

  async #fieldsFor(path: string): Promise<Fields> {
    return (await FIELDS[path]?.(this)) ?? {};
  }

  /** Asks for a route, from one of our own pages unless told otherwise. */
  async ask(visitor: Visitor, [method, pattern]: Route, asked: Asked = {}): Promise<Response> {
    const path = pattern.replace(':id', '910');
    const { headers = OURS, as = method, at = APP } = asked;
    const body = ['GET', 'HEAD'].includes(as) ? null : formOf(await this.#fieldsFor(path));
    const type = body === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    const init = { method: as, headers: { ...type, ...headers }, body };
    if (at === APP) return visitor.ask(path, init);
    const cookie = [...visitor.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ');
    const request = new Request(`${at}${path}`, {
      ...init,
      headers: { ...init.headers, cookie },
      redirect: 'manual',
    });
    return app.fetch(request, this.world.env);
  }

  /** As above; nothing is changed by it, and the answer is guarded. */
  async refused(visitor: Visitor, route: Route, asked: Asked = {}): Promise<Response> {
    const before = await everything(this.world);
    const response = await this.ask(visitor, route, asked);
    expect(await everything(this.world)).toEqual(before);
    expect(setCookies(response)).toEqual([]);
    const referrer = route[1] === '/setup/open' ? 'strict-origin' : 'same-origin';
    if (response.status !== 421) expectGuarded(response, referrer);
    return response;
  }
}
