// Serves the fake Google Workspace, its Admin console and a team's page that embeds the app from Node,
// on this machine's loopback addresses only. Keeps its state in a file over restarts when asked to. A request whose Host is not
// this machine is refused with 421, so that no web site can reach it under a name of its own.
import { readFileSync } from 'node:fs';
import { type HttpBindings, type ServerType, serve } from '@hono/node-server';
import { Hono } from 'hono';
import { adminConsole } from './admin-console/admin-console.ts';
import { createGoogle, type Google, type GoogleOptions } from './google.ts';
import { DroppedConnection } from './injected-failure.ts';
import { readStateFile, StateFile } from './state-file.ts';
import { teamSite } from './team-site.ts';

export interface ServeOptions extends Omit<GoogleOptions, 'origin' | 'snapshot'> {
  /** 0 takes any free port. */
  port: number;
  /** JSON; made when missing. Holds a private key, so only the owner may read it. */
  persistFile?: string;
}

export interface ServedGoogle {
  /** `http://localhost:<port>`. */
  url: string;
  google: Google;
  close(): Promise<void>;
}

type Handler = (request: Request, bindings: HttpBindings) => Promise<Response>;

export async function serveGoogle(options: ServeOptions): Promise<ServedGoogle> {
  const { port: wantedPort, persistFile, ...rest } = options;
  let handle: Handler = async () => new Response('starting', { status: 503 });
  const answer: Handler = (request, bindings) => handle(request, bindings);

  const first = await listen('127.0.0.1', wantedPort, answer);
  const port = (first.address() as { port: number }).port;
  const servers = [first];
  try {
    servers.push(await listen('::1', port, answer));
  } catch (error) {
    // A machine without IPv6 is served on 127.0.0.1 alone; anything else is a real problem.
    if (!isOneOf(error, ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'])) {
      first.close();
      throw error;
    }
  }

  const url = `http://localhost:${port}`;
  const snapshot = persistFile === undefined ? undefined : readStateFile(persistFile);
  const google = await createGoogle({
    pushes: 'automatic',
    ...rest,
    origin: url,
    ...(snapshot !== undefined && { snapshot }),
  });
  const keeper = persistFile === undefined ? null : new StateFile(google, persistFile);
  const site = new Hono();
  site.route('/', adminConsole(google, readAsset));
  site.route('/', teamSite(google.appOrigin));
  site.all('*', (c) => google.fetch(c.req.raw));
  site.onError((error) => {
    throw error;
  });
  const hosts = ['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port}`);
  handle = async (request, bindings) => {
    if (!hosts.includes(request.headers.get('host') ?? '')) {
      return new Response('Misdirected request', { status: 421 });
    }
    try {
      return await site.fetch(request, bindings);
    } catch (error) {
      if (!(error instanceof DroppedConnection) && !request.signal.aborted) throw error;
      // A dropped connection, or a caller who gave up on a slow one: no answer at all.
      bindings.incoming.socket.destroy();
      return new Response(null, { status: 502 });
    } finally {
      if (request.method !== 'GET') keeper?.saveSoon();
    }
  };
  await keeper?.save();

  const close = async () => {
    google.pushes.close();
    await Promise.all(servers.map(shut));
    await keeper?.close();
  };
  let closing: Promise<void> | undefined;
  return {
    url,
    google,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function listen(hostname: string, port: number, fetch: Handler): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: fetch as never, hostname, port }, () => resolve(server));
    server.once('error', reject);
  });
}

function shut(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
}

function readAsset(name: 'console.css' | 'console.js'): string {
  return readFileSync(`${import.meta.dirname}/admin-console/${name}`, 'utf8');
}

function isOneOf(error: unknown, codes: string[]): boolean {
  return codes.includes(String((error as { code?: unknown } | null)?.code));
}
