// A deployment with as many people as wanted, an operator who is signed in, and something on the console's pages.
//
// A few people and the channels come the way they do in production: by cron, from the fake Google. The others are rows
// like theirs, with an event each as the triggers write it: the console reads rows, and asks not how they came.
import type { Google } from '../google/google.ts';
import { serveGoogle } from '../google/server.ts';
import { type Harnessed, startHarness } from './harness.ts';
import { wait } from './pace.ts';
import { copyTable, hire, importPeople, startSessions } from './people.ts';
import { makeVars, ROOT, writeBareConfig, writeProductConfig } from './settings.ts';

export const PUBLIC_URL = 'http://localhost:8787';
const OAUTH_CLIENT = {
  clientId: '100000000001-bench.apps.googleusercontent.com',
  clientSecret: 'GOCSPX-bench-R7q2Lx9vTz',
  redirectUris: [`${PUBLIC_URL}/auth/callback`],
};
const FIRST = 20;
const CHANNELS = 5;
const CHANNELS_WITHIN_MS = 20_000;
const ROWS_AT_ONCE = 10_000;

export interface Deployment {
  google: Google;
  product: Harnessed;
  d1: D1Database;
  /** All that the Worker is told besides its bindings. */
  vars: Readonly<Record<string, string>>;
  /** The operator's. */
  cookie: string;
}

const GIVEN =
  `Ana Bram Chidi Dagny Elif Farid Greta Hamza Ines Jakub Kaoru Leyla Mateo Nadia Olamide Priya Quentin Rosa
  Sanne Tariq Ursula Viktor Wanjiru Ximena Yusuf Zofia Anders Beatriz Cormac`.split(/\s+/);
const FAMILY =
  `Abara Bergstrom Castellanos Dvorak Eriksen Fontaine Gruber Haddad Ishikawa Jansen Kowalczyk Lindqvist
  Moreira Nakamura Okonkwo Petrov Quispe Rosenthal Santos Takahashi Uddin Vermeulen Wojcik Yilmaz Zhang Achterberg
  Brannigan Czerny Dimitriou Esposito Farkas`.split(/\s+/);
const UNITS = ['/', '/Staff', '/Staff/Engineering', '/Staff/Field teams', '/Contractors/2026'];

const numbers = (from: number, to: number) =>
  `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to})`;

const word = (parameter: string, of: readonly string[], step: number) =>
  `json_extract(${parameter}, '$[' || ((i * ${step}) % ${of.length}) || ']')`;

/** Brings a database with a few people to as many as wanted; each is like one of them, under a name of their own. */
export async function fillPeople(d1: D1Database, people: number): Promise<void> {
  const row = await d1.prepare('SELECT count(*) AS count FROM users').first<{ count: number }>();
  for (let from = (row?.count ?? 0) + 1; from <= people; from += ROWS_AT_ONCE) {
    const to = Math.min(people, from + ROWS_AT_ONCE - 1);
    await d1
      .prepare(
        `INSERT INTO users (id, directory_id, email, given_name, family_name, full_name, status, is_admin,
           is_delegated_admin, org_unit_path, photo_url, attributes, custom_schemas, roles, ticket, written, cause,
           noticed_ms, created_ms, changed_ms)
         ${numbers(from, to)}, named AS (SELECT i, ${word('?1', GIVEN, 7)} AS given, ${word('?2', FAMILY, 11)} AS family,
           ${word('?3', UNITS, 3)} AS unit FROM n)
         SELECT printf('1%010d%010d', (i * 2654435761) % 9999999967, (i * 2796203069) % 9999999929), u.directory_id,
           lower(given || '.' || family) || i || '@example.test', given, family, given || ' ' || family, 'active', 0, 0,
           unit, u.photo_url, u.attributes, u.custom_schemas, u.roles, u.ticket, u.written, u.cause, u.noticed_ms,
           u.created_ms, u.changed_ms
         FROM named, (SELECT * FROM users WHERE is_admin = 0 ORDER BY id LIMIT 1) u`,
      )
      .bind(JSON.stringify(GIVEN), JSON.stringify(FAMILY), JSON.stringify(UNITS))
      .run();
  }
}

/** What months leave behind: it must cost a view nothing. */
async function fillHistory(d1: D1Database, operatorId: string): Promise<void> {
  const nowMs = Date.now();
  const statements = [
    `INSERT INTO reconcile_runs (outcome, id, directory_id, ticket, started_ms, progress_ms, finished_ms, users_seen)
     ${numbers(1, 10_000)} SELECT 'complete', 'old-' || i, 'default', i, ?1 - i * 300000, ?1 - i * 300000,
       ?1 - i * 300000 + 24000 + i % 9000, 99000 + i % 83 FROM n`,
    `INSERT INTO operator_actions (directory_id, actor, action, detail, request_id, at_ms, outcome)
     ${numbers(1, 2_000)} SELECT 'default', 'user:' || ?2, iif(i % 3 = 0, 'pass.start', 'dead-letters.replay'), '{}',
       'bench-' || i, ?1 - (2000 - i) * 3600000, iif(i % 3 = 0, 'started', i % 20 || ' people') FROM n`,
    `INSERT INTO dead_letters (directory_id, user_id, letter_key, body, reason, attempts, at_ms, replayed_ms)
     ${numbers(1, 2_000)} SELECT 'default', ?2, 'old-' || i, '{}', 'retries-exhausted', 100, ?1 - i * 60000, ?1 FROM n`,
  ];
  // Not every statement has both; D1 refuses what is not asked for.
  for (const sql of statements) {
    const statement = d1.prepare(sql);
    await (sql.includes('?2') ? statement.bind(nowMs, operatorId) : statement.bind(nowMs)).run();
  }
}

/**
 * A few people, confirmed channels, and a long past.
 *
 * @param main another Worker than the product's own
 */
export async function openDeployment(folder: string, main?: string): Promise<Deployment> {
  let product: Harnessed | null = null;
  const { url, google } = await serveGoogle({
    port: 0,
    seed: false,
    oauthClient: OAUTH_CLIENT,
    deliver: async (request) => {
      const { method, headers } = request;
      const init = { method, headers: Object.fromEntries(headers), body: await request.text() };
      const response = await product?.worker.fetch(request.url, init);
      return new Response(null, { status: response?.status ?? 503 });
    },
  });
  hire(google.workspace, FIRST);
  const vars = {
    ...makeVars({
      publicUrl: PUBLIC_URL,
      googleUrl: url,
      adminEmail: google.workspace.adminEmail,
      serviceAccountKey: google.serviceAccountKey,
    }),
    GOOGLE_ISSUER: url,
    GOOGLE_CLIENT_ID: OAUTH_CLIENT.clientId,
    GOOGLE_CLIENT_SECRET: OAUTH_CLIENT.clientSecret,
  };
  const changes = main === undefined ? [] : [[/^main = .*$/m, `main = "${ROOT}${main}"`] as const];
  product = await startHarness(writeProductConfig(`${folder}/rollcall`, changes), vars);
  const d1 = await importPeople(product, FIRST);
  await channelsAreConfirmed(product);
  const admin = await d1.prepare('SELECT id FROM users WHERE is_admin = 1').first<{ id: string }>();
  const id = admin?.id ?? '';
  await fillHistory(d1, id);
  const token = (await startSessions(d1, [id])).get(id);
  return { google, product, d1, vars, cookie: `session=${token}` };
}

/** Google's first message has come through each channel, and KV knows of it. */
async function channelsAreConfirmed({ worker }: Harnessed): Promise<void> {
  const { CHANNELS: kv } = (await worker.getEnv()) as unknown as { CHANNELS: KVNamespace };
  const untilMs = performance.now() + CHANNELS_WITHIN_MS;
  for (;;) {
    const { keys } = await kv.list({ prefix: 'synced:' });
    if (keys.length === CHANNELS) return;
    if (performance.now() > untilMs) throw new Error(`${keys.length} channels are confirmed`);
    await wait(100);
  }
}

/** The bare Worker over a database with the same tables and people. */
export async function openBare(folder: string, { d1 }: Deployment) {
  const bare = await startHarness(writeBareConfig(`${folder}/bare`));
  await bare.worker.applyD1Migrations('DB');
  const { DB: bareD1 } = await bare.worker.getEnv();
  for (const table of ['directories', 'users']) await copyTable(d1, bareD1, table);
  return { bare, bareD1 };
}

/** So many removals wait for a word, and nobody else's. */
export async function hold(d1: D1Database, count: number): Promise<void> {
  await d1.prepare('DELETE FROM held_removals').run();
  await d1
    .prepare(
      `INSERT INTO held_removals (directory_id, user_id, reason, since_ms)
       SELECT directory_id, id, iif(id % 3 = 0, 'missing', 'guard'), ?1 - (id % 97) * 60000 FROM users
       WHERE is_admin = 0 LIMIT ?2`,
    )
    .bind(Date.now(), count)
    .run();
}

/** So many letters that nobody has replayed, and no others. */
export async function writeLetters(d1: D1Database, count: number): Promise<void> {
  await d1.prepare('DELETE FROM dead_letters WHERE replayed_ms IS NULL').run();
  await d1
    .prepare(
      `INSERT INTO dead_letters (directory_id, user_id, letter_key, body, reason, attempts, at_ms)
       SELECT directory_id, id, 'open:' || id, '{}', iif(id % 4 = 0, 'unstorable', 'retries-exhausted'), 100,
         ?1 - (id % 89) * 60000 FROM users WHERE is_admin = 0 LIMIT ?2`,
    )
    .bind(Date.now(), count)
    .run();
}

/** So many people are suspended: an event each. */
export async function suspend(d1: D1Database, count: number): Promise<void> {
  const { meta } = await d1
    .prepare(
      `UPDATE users SET status = 'suspended' WHERE id IN
         (SELECT id FROM users WHERE is_admin = 0 AND status = 'active' ORDER BY id LIMIT ?1)`,
    )
    .bind(count)
    .run();
  if (meta.changes < count) throw new Error(`${meta.changes} were suspended`);
}
