// The Worker of roles-worker.ts in workerd over a local D1, with as many people as wanted, and requests to it over a socket that
// stays open.
import { Agent, request } from 'node:http';
import { searchWords } from '../../src/roles/search-words.ts';
import { COUNTS_HEADER } from './counting-d1.ts';
import { startHarness } from './harness.ts';
import { writeWorkerConfig } from './settings.ts';

const ROWS_AT_ONCE = 2_000;

const GIVEN =
  'Ana Bram Chidi Dagny Elif Farid Greta Hamza Ines Jakub Kaoru Leyla Mateo Nadia Olamide Priya Quentin Rosa Sanne Tariq Ursula Viktor Wanjiru Ximena Yusuf Zofia'.split(
    ' ',
  );
const FAMILY =
  'Abara Bergstrom Castellanos Dvorak Eriksen Fontaine Gruber Haddad Ishikawa Jansen Kowalczyk Lindqvist Moreira Nakamura Okonkwo Petrov Quispe Rosenthal Santos Takahashi Uddin Vermeulen Wojcik Yilmaz Zhang'.split(
    ' ',
  );
const UNITS = [
  '/',
  '/Staff',
  '/Staff/Engineering',
  '/Staff/Field teams',
  '/Contractors/2026',
] as const;
const TEAMS = ['Alpha', 'Bravo', 'Charlie', 'Delta'] as const;
/** So many people share the rare name. */
const RARE = 3;

const at = <T>(items: readonly T[], i: number): T => items[i % items.length] as T;

export const idOf = (i: number) =>
  `1${String((i * 2_654_435_761) % 9_999_999_967).padStart(20, '0')}`;

/** One of many: four fields of custom schemas, two roles of them by the first rule. */
function rowOf(i: number, people: number) {
  const given = at(GIVEN, i * 7);
  const family = i % Math.ceil(people / RARE) === 0 ? 'Zweistein' : at(FAMILY, Math.floor(i / 26));
  const fullName = `${given} ${family}`;
  const email = `${given}.${family}${i}@example.test`.toLowerCase();
  const roles = [...(i % 2 ? ['Approver'] : []), ...(i % 10 ? [] : ['Billing']), 'Viewer'];
  return {
    id: idOf(i),
    email,
    given,
    family,
    fullName,
    status: i % 50 === 0 ? 'suspended' : 'active',
    isAdmin: i % 1_000 === 0 ? 1 : 0,
    unit: at(UNITS, i),
    schemas: JSON.stringify({
      PM_Teams: { [at(TEAMS, i)]: true },
      Roles: Object.fromEntries(roles.map((role) => [role, true])),
      User_Level: { Grade: String(i % 5) },
    }),
    roles: JSON.stringify(roles),
    words: JSON.stringify(searchWords({ fullName, email })),
  };
}

const COLUMNS = [
  'id',
  'email',
  'given',
  'family',
  'fullName',
  'status',
  'isAdmin',
  'unit',
] as const;

async function fill(d1: D1Database, people: number): Promise<void> {
  await d1
    .prepare(
      `INSERT INTO directories (id, customer, admin_email, ticket) VALUES ('default', 'my_customer', 'admin@example.test', 9)`,
    )
    .run();
  const values = COLUMNS.map((key) => `value->>'$.${key}'`).join(', ');
  for (let from = 0; from < people; from += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, people - from);
    const rows = Array.from({ length: count }, (_, i) => rowOf(from + i, people));
    await d1
      .prepare(
        `INSERT INTO users (directory_id, id, email, given_name, family_name, full_name, status, is_admin, org_unit_path,
           is_delegated_admin, attributes, custom_schemas, roles, words, ticket, written, cause, noticed_ms, created_ms,
           changed_ms)
         SELECT 'default', ${values}, 0, '{}', value->>'$.schemas', value->>'$.roles', value->>'$.words', 1, 1,
           'reconcile', ?2, ?2, ?2 FROM json_each(?1)`,
      )
      .bind(JSON.stringify(rows), Date.now())
      .run();
  }
}

export interface Answer<T> {
  body: T;
  ms: number;
  counts: Record<'statements' | 'roundTrips' | 'rowsRead' | 'rowsWritten', number>;
}

export interface RolesStack {
  d1: D1Database;
  ask: <T>(path: string, body: object) => Promise<Answer<T>>;
  close: () => Promise<void>;
}

/** @throws for any answer but 200 */
export async function openRolesStack(folder: string, people: number): Promise<RolesStack> {
  const { worker, port, close } = await startHarness(
    writeWorkerConfig(folder, 'test/bench/roles-worker.ts'),
  );
  await worker.applyD1Migrations('DB');
  const { DB: d1 } = await worker.getEnv();
  await fill(d1, people);
  const agent = new Agent({ keepAlive: true });
  const ask = <T>(path: string, body: object) =>
    new Promise<Answer<T>>((resolve, reject) => {
      const startedMs = performance.now();
      const options = { agent, host: '127.0.0.1', port, path, method: 'POST' };
      const sent = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          const ms = performance.now() - startedMs;
          if (response.statusCode !== 200) {
            reject(new Error(`${path} answered ${response.statusCode}: ${text}`));
            return;
          }
          const counts = JSON.parse(String(response.headers[COUNTS_HEADER]));
          resolve({ body: JSON.parse(text), ms, counts });
        });
      });
      sent.on('error', reject).end(JSON.stringify(body));
    });
  return { d1, ask, close };
}
