// A company that the product has brought in, and one live session for each of its people.
import { hashOf, newSecret } from '../../src/sso/token.ts';
import { fields } from '../google/custom-schemas.ts';
import type { Workspace } from '../google/workspace.ts';
import type { Harnessed } from './harness.ts';
import { wait } from './pace.ts';

const IMPORT_WITHIN_MS = 120_000;
const SESSION_TTL_MS = 12 * 3_600_000;
/** A statement of D1 is at most 100 KB. */
const SESSIONS_PER_STATEMENT = 500;
const ROWS_PER_COPY = 500;

/** With the admin, who is one of them. */
export function hire(workspace: Workspace, people: number): void {
  workspace.addMany(people - 1, {
    push: false,
    with: { customSchemas: fields({ roles: ['Viewer', 'Approver'] }) },
  });
}

/** Lets the product's own cron and Workflow bring everybody in. */
export async function importPeople({ worker }: Harnessed, people: number): Promise<D1Database> {
  await worker.applyD1Migrations('DB');
  const { DB } = await worker.getEnv();
  await worker.scheduled({ cron: '*/5 * * * *' });
  const untilMs = performance.now() + IMPORT_WITHIN_MS;
  const count = `SELECT (SELECT count(*) FROM users) AS people,
    (SELECT count(*) FROM directories WHERE imported_ms IS NOT NULL) AS imported`;
  for (;;) {
    const row = await DB.prepare(count).first<{ people: number; imported: number }>();
    if (row?.imported === 1 && row.people === people) return DB;
    if (performance.now() > untilMs) throw new Error(`imported: ${JSON.stringify(row)}`);
    await wait(250);
  }
}

/** One session for each, as SQL: the tokens to present, and what makes them known. */
export async function newSessions(userIds: readonly string[]) {
  const nowMs = Date.now();
  const tokens = new Map<string, string>();
  const rows: string[] = [];
  for (const id of userIds) {
    const token = newSecret();
    tokens.set(id, token);
    const values = `'${await hashOf(token)}', 'default', '${id}', 'page'`;
    rows.push(`(${values}, ${nowMs}, ${nowMs + SESSION_TTL_MS})`);
  }
  const statements: string[] = [];
  for (let i = 0; i < rows.length; i += SESSIONS_PER_STATEMENT) {
    const values = rows.slice(i, i + SESSIONS_PER_STATEMENT).join(',');
    statements.push(
      `INSERT INTO sessions (token_hash, directory_id, user_id, kind, created_ms, expires_ms) VALUES ${values}`,
    );
  }
  return { tokens, statements };
}

export async function startSessions(d1: D1Database, userIds: readonly string[]) {
  const { tokens, statements } = await newSessions(userIds);
  for (const statement of statements) await d1.prepare(statement).run();
  return tokens;
}

export async function userIds(d1: D1Database): Promise<string[]> {
  const { results } = await d1.prepare('SELECT id FROM users ORDER BY id').all<{ id: string }>();
  return results.map(({ id }) => id);
}

/** Every row of a table into an empty one of the same columns. */
export async function copyTable(from: D1Database, to: D1Database, table: string): Promise<void> {
  for (let offset = 0; ; offset += ROWS_PER_COPY) {
    const page = `SELECT * FROM ${table} ORDER BY 1 LIMIT ${ROWS_PER_COPY} OFFSET ${offset}`;
    const { results } = await from.prepare(page).all<Record<string, unknown>>();
    const [first] = results;
    if (first === undefined) return;
    const columns = Object.keys(first);
    const values = columns.map((column) => `value ->> '${column}'`);
    await to
      .prepare(
        `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM json_each(?1)`,
      )
      .bind(JSON.stringify(results))
      .run();
  }
}
