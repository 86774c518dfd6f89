// A browser as far as signing in needs one: a jar of cookies for each host, redirects followed by hand between the
// product's app and Google, and the headers that a real one sends. Time is the world's.
import { vi } from 'vitest';
import { app } from '../../src/app.tsx';
import { DEFAULT_DIRECTORY_ID } from '../../src/config.ts';
import { reconcile } from '../../src/sync/reconcile.ts';
import { durableSteps } from './durable-steps.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

export const APP = 'https://people.rollcall.example';
export const OAUTH_CLIENT = {
  clientId: '100000000001-test.apps.googleusercontent.com',
  clientSecret: 'GOCSPX-test-R7q2Lx9vTz',
  redirectUris: [`${APP}/auth/callback`],
};

/** A world in which people can sign in. The app reads its clock and reaches its Google. */
export async function createSignInWorld(options: WorldOptions & { import?: boolean } = {}) {
  const world = await createWorld({
    ...options,
    vars: {
      GOOGLE_CLIENT_ID: OAUTH_CLIENT.clientId,
      GOOGLE_CLIENT_SECRET: OAUTH_CLIENT.clientSecret,
      ...options.vars,
    },
  });
  world.google.openid.clients.register(OAUTH_CLIENT);
  vi.useFakeTimers({ toFake: ['Date'] });
  enter(world);
  if (options.import ?? true) {
    const pass = { id: 'first', directoryId: DEFAULT_DIRECTORY_ID };
    await reconcile(world.ports, durableSteps(), pass);
  }
  return world;
}

/** Makes the app's clock and way out those of the world; done before each request. */
function enter(world: World): void {
  vi.setSystemTime(world.clock.nowMs);
  vi.stubGlobal('fetch', (input: Request | string, init?: RequestInit) =>
    world.google.fetch(new Request(input, init)),
  );
}

export interface Cookie {
  value: string;
  /** The whole `Set-Cookie`. */
  line: string;
}

export function setCookies(response: Response, prefix = ''): string[] {
  return response.headers.getSetCookie().filter((line) => line.startsWith(prefix));
}

export class Visitor {
  readonly world: World;
  /** By host, then name. */
  readonly jars = new Map<string, Map<string, Cookie>>();
  /** Every URL that was asked for, in order. */
  readonly trail: string[] = [];
  /** An address of its own, so that tests don't share a rate limit. */
  address = `198.51.100.${Math.floor(Math.random() * 256)}:${crypto.randomUUID()}`;

  constructor(world: World) {
    this.world = world;
  }

  jar(url: string): Map<string, Cookie> {
    const { host } = new URL(url);
    const jar = this.jars.get(host) ?? new Map<string, Cookie>();
    this.jars.set(host, jar);
    return jar;
  }

  /** The app's cookies. */
  get cookies(): Map<string, Cookie> {
    return this.jar(APP);
  }

  /** Signs people in at Google in this browser, without a page. */
  atGoogle(...addresses: string[]): this {
    const { openid } = this.world.google;
    const ids = addresses.map((address) => {
      const account = openid.accounts.all.find(({ email, id }) => [email, id].includes(address));
      if (!account) throw new TypeError(`nobody at Google is called ${address}`);
      return account.id;
    });
    const value = ids.join('.');
    this.jar('https://accounts.google.com').set('google_accounts', { value, line: '' });
    return this;
  }

  /** One request, redirects not followed. */
  async ask(target: string, init: RequestInit & { headers?: Record<string, string> } = {}) {
    const url = new URL(target, APP);
    this.trail.push(url.href);
    const jar = this.jar(url.href);
    const cookie = [...jar].map(([name, { value }]) => `${name}=${value}`).join('; ');
    const headers = new Headers({
      accept: 'text/html',
      'cf-connecting-ip': this.address,
      ...(cookie === '' ? {} : { cookie }),
      ...init.headers,
    });
    const request = new Request(url, { redirect: 'manual', ...init, headers });
    enter(this.world);
    const response =
      url.origin === APP
        ? await app.fetch(request, this.world.env)
        : await this.world.google.fetch(request);
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const name = pair.slice(0, pair.indexOf('='));
      if (/max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, { value: pair.slice(pair.indexOf('=') + 1), line });
    }
    return response;
  }

  /** Follows redirects, at most 10; the last answer, with where it came from as `lastUrl`. */
  async open(target: string): Promise<Response> {
    let response = await this.ask(target);
    for (let i = 0; i < 10; i += 1) {
      const location = response.headers.get('location');
      if (location === null) return response;
      response = await this.ask(new URL(location, this.lastUrl).href);
    }
    throw new Error(`a loop of redirects: ${this.trail.slice(-4).join(' → ')}`);
  }

  get lastUrl(): string {
    return this.trail.at(-1) ?? APP;
  }

  /** From /auth/login up to the callback's URL, which is not asked for yet. */
  async callbackUrl(login = '/auth/login'): Promise<string> {
    let location = (await this.ask(login)).headers.get('location');
    while (location !== null && !location.startsWith(`${APP}/auth/callback`)) {
      const response = await this.ask(location);
      const next = response.headers.get('location');
      if (next === null) throw new Error(`Google shows a page: ${response.status} ${location}`);
      location = new URL(next, location).href;
    }
    if (location === null) throw new Error('the app did not send anybody to Google');
    return location;
  }

  /** The body of GET /auth/session, or the status if nobody is signed in. */
  async session(): Promise<{ user: { id: string; email: string } } | number> {
    const response = await this.ask('/auth/session');
    return response.status === 200 ? await response.json() : response.status;
  }
}
