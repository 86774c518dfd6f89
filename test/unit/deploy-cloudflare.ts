// As much of Cloudflare's API as a deploy needs, over HTTP on loopback, for the real wrangler to talk to. Keeps vars and
// secrets by `keep_bindings`, as wrangler's help says that Cloudflare does; runs SQL in node:sqlite. No authority on
// what Cloudflare does: it shows what wrangler sends, and gives it what it waits for.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';

interface Binding {
  type: string;
  name: string;
  text?: string;
  id?: string;
  database_id?: string;
}

interface Metadata {
  bindings: Binding[];
  keep_bindings?: string[];
}

export interface Cloudflare {
  url: string;
  databases: Map<string, { name: string; sqlite: DatabaseSync }>;
  /** Of the deployed version; `null` = no Worker. */
  bindings: () => Binding[] | null;
  /** A Worker without code, as the button's page may leave it. */
  giveSecret: (name: string, text: string) => void;
  queues: string[];
  /** `METHOD path`, from its beginning, that is refused. */
  failing: string | null;
  /** `METHOD path` of all that changed something. */
  changes: string[];
  uploads: Metadata[];
  /** What nobody answers. */
  unknown: string[];
  close: () => void;
}

const UUID = '0b6e4a6e-0000-4000-8000-00000000000';
const ACCOUNT = '/client/v4/accounts/acme';
const SCRIPT = `${ACCOUNT}/workers/scripts/rollcall`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** The `metadata` part of an upload. */
function metadataOf(body: string): Metadata {
  const part = /name="metadata"(?:; filename="[^"]*")?\r\n(?:[^\r]+\r\n)*\r\n([\s\S]*?)\r\n--/.exec(
    body,
  );
  return JSON.parse(part?.[1] ?? 'null');
}

class Refusal extends Error {
  status: number;
  code: number;
  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const noWorker = () => new Refusal(404, 10007, 'This Worker does not exist on your account.');

export async function serveCloudflare(): Promise<Cloudflare> {
  let bindings: Binding[] | null = null;
  let versions = 0;
  const cloudflare: Omit<Cloudflare, 'url' | 'close'> = {
    databases: new Map(),
    bindings: () => bindings,
    giveSecret: (name, text) => {
      bindings = [...(bindings ?? []), { type: 'secret_text', name, text }];
    },
    failing: null,
    queues: [],
    changes: [],
    uploads: [],
    unknown: [],
  };
  const { databases, queues, changes, uploads, unknown } = cloudflare;
  const kv: { id: string; title: string }[] = [];
  const isThere = () => {
    if (bindings === null) throw noWorker();
    return bindings;
  };
  const take = (metadata: Metadata) => {
    uploads.push(metadata);
    const named = new Set(metadata.bindings.map(({ name }) => name));
    const kept = (bindings ?? []).filter(
      ({ type, name }) => !named.has(name) && metadata.keep_bindings?.includes(type),
    );
    const inherited = metadata.bindings.map(
      (one) =>
        (one.type === 'inherit' ? bindings?.find(({ name }) => name === one.name) : one) ?? one,
    );
    bindings = [...kept, ...inherited].map((one) =>
      one.type === 'd1' ? { ...one, id: one.id ?? one.database_id ?? '' } : one,
    );
    versions += 1;
    return `${UUID}${versions}`;
  };
  // A secret's text is never given back.
  const shown = () =>
    isThere().map(({ text, ...one }) =>
      one.type === 'secret_text' ? one : { ...one, ...(text !== undefined && { text }) },
    );
  const queue = (name: string) => ({
    queue_id: name,
    queue_name: name,
    producers: [],
    consumers: [],
  });
  const version = () => ({
    id: `${UUID}${versions}`,
    number: versions,
    metadata: {
      created_on: '2026-11-01T00:00:00Z',
      modified_on: '2026-11-01T00:00:00Z',
      source: 'wrangler',
    },
    resources: {
      bindings: shown(),
      script: { etag: 'e', handlers: ['fetch'] },
      script_runtime: {},
    },
  });

  function answer(method: string, path: string, query: URLSearchParams, body: string): unknown {
    const at = `${method} ${path}`;
    const database = /^\/d1\/database\/([^/]+)(\/query)?$/.exec(path.replace(ACCOUNT, ''));
    const worker = {
      id: 'rollcall',
      subdomain: { enabled: bindings !== null, previews_enabled: false },
    };
    switch (at) {
      case `GET ${ACCOUNT}/d1/database`:
        return [...databases].map(([uuid, { name }]) => ({ uuid, name, version: 'production' }));
      case `POST ${ACCOUNT}/d1/database`: {
        const { name } = JSON.parse(body);
        const uuid = `${UUID}${databases.size + 1}`;
        databases.set(uuid, { name, sqlite: new DatabaseSync(':memory:') });
        return { uuid, name, created_in_region: 'WEUR' };
      }
      case `GET ${SCRIPT}/secrets`:
        return isThere()
          .filter(({ type }) => type === 'secret_text')
          .map(({ name }) => ({ name, type: 'secret_text' }));
      case `GET ${SCRIPT}/deployments`:
        isThere();
        return {
          deployments:
            versions === 0
              ? []
              : [{ id: 'd', versions: [{ version_id: `${UUID}${versions}`, percentage: 100 }] }],
        };
      case `POST ${SCRIPT}/deployments`:
        return { id: 'd' };
      case `GET ${SCRIPT}/settings`:
        return { bindings: shown() };
      case `PATCH ${SCRIPT}/script-settings`:
      case `PATCH ${SCRIPT}/settings`:
        return {};
      case `GET ${ACCOUNT}/workers/services/rollcall`:
        isThere();
        return {
          default_environment: {
            environment: 'production',
            script: { tag: 't', tags: [], last_deployed_from: 'wrangler' },
          },
        };
      case `GET ${ACCOUNT}/workers/subdomain`:
        return { subdomain: 'acme' };
      case `GET ${ACCOUNT}/workers/workers/rollcall`:
        return worker;
      case `PATCH ${ACCOUNT}/workers/workers/rollcall`:
      case `PUT ${ACCOUNT}/workers/workers/rollcall`:
        return { ...worker, subdomain: { enabled: true, previews_enabled: false } };
      case `GET ${SCRIPT}/subdomain`:
      case `POST ${SCRIPT}/subdomain`:
        return { enabled: true, previews_enabled: false };
      case `PUT ${SCRIPT}/schedules`:
        return { schedules: JSON.parse(body) };
      case `GET ${ACCOUNT}/storage/kv/namespaces`:
        return kv;
      case `POST ${ACCOUNT}/storage/kv/namespaces`: {
        const made = { id: 'a'.repeat(32), title: JSON.parse(body).title };
        kv.push(made);
        return made;
      }
      case `GET ${ACCOUNT}/queues`: {
        const name = query.get('name');
        return queues.filter((one) => name === null || one === name).map(queue);
      }
      case `POST ${ACCOUNT}/queues`: {
        const name = JSON.parse(body).queue_name;
        queues.push(name);
        return queue(name);
      }
      case `PUT ${SCRIPT}`:
      case `POST ${SCRIPT}/versions`: {
        const id = take(metadataOf(body));
        return {
          id,
          deployment_id: id,
          etag: 'e',
          startup_time_ms: 10,
          resources: { script: { etag: 'e' } },
        };
      }
    }
    if (path.startsWith(`${SCRIPT}/versions/`)) return version();
    if (/\/queues\/[^/]+\/consumers/.test(path)) return method === 'GET' ? [] : { queue_name: 'q' };
    if (/\/workflows\/[^/]+$/.test(path)) {
      if (method === 'GET') throw new Refusal(404, 10200, 'workflow.not_found');
      return { id: 'w', name: 'rollcall-reconcile' };
    }
    if (database) {
      const wanted = decodeURIComponent(database[1] ?? '');
      const found = [...databases].find(([uuid, { name }]) => uuid === wanted || name === wanted);
      if (!found) throw new Refusal(404, 7404, 'The database could not be found');
      const [uuid, { name, sqlite }] = found;
      if (!database[2]) return { uuid, name };
      const { sql } = JSON.parse(body);
      const isRead = /^\s*select/i.test(sql);
      const results = isRead ? sqlite.prepare(sql).all() : [];
      if (!isRead) sqlite.exec(sql);
      return [{ results, success: true, meta: { duration: 1 } }];
    }
    unknown.push(at);
    throw new Refusal(404, 7003, `No route for ${at}`);
  }

  const server: Server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const method = request.method ?? 'GET';
    const body = await bodyOf(request);
    response.setHeader('content-type', 'application/json');
    try {
      if (
        cloudflare.failing !== null &&
        `${method} ${url.pathname.replace(ACCOUNT, '')}`.startsWith(cloudflare.failing)
      )
        throw new Refusal(400, 10021, `Not this: ${body.slice(0, 20_000)}`);
      const result = answer(method, url.pathname, url.searchParams, body);
      if (method !== 'GET' && !url.pathname.endsWith('/query'))
        changes.push(`${method} ${url.pathname.replace(ACCOUNT, '')}`);
      response.end(
        JSON.stringify({
          success: true,
          errors: [],
          messages: [],
          result,
          result_info: { page: 1, per_page: 100, count: 1, total_count: 1, total_pages: 1 },
        }),
      );
    } catch (error) {
      const { status = 500, code = 7500, message } = error as Partial<Refusal>;
      response.statusCode = status;
      response.end(
        JSON.stringify({ success: false, errors: [{ code, message }], messages: [], result: null }),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(cloudflare, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
}
