// What the database promises of sessions and of the popup's codes, for every code path: here everything is raw SQL.
import { beforeAll, describe, expect, test } from 'vitest';
import { applyObservations } from '../../src/sync/apply.ts';
import { aDirectory, applyPorts, newId, rawRow, seen, ticketOf } from './observed.ts';
import { env } from './world.ts';

beforeAll(async () => {
  await aDirectory();
  await aDirectory('elsewhere');
});

const STATUSES = ['suspended', 'archived', 'deleted'] as const;
type Status = (typeof STATUSES)[number] | 'active';

const sql = (text: string, ...values: unknown[]) => env.DB.prepare(text).bind(...values);

const setStatus = (id: string, status: Status) =>
  sql(
    'UPDATE users SET status = ?2, deleted_ms = ?3 WHERE id = ?1',
    id,
    status,
    status === 'deleted' ? 1 : null,
  );

async function person(status: Status = 'active', directoryId = 'default'): Promise<string> {
  const id = newId();
  const look = { ticket: await ticketOf(directoryId), nowMs: 1 };
  await applyObservations(applyPorts, directoryId, look, [seen(id)]);
  if (status !== 'active') await setStatus(id, status).run();
  return id;
}

let made = 0;
const aHash = () => String(++made).padStart(43, 'h');

const TABLES = ['sessions', 'hand_over_codes'] as const;
type Table = (typeof TABLES)[number];
const REFUSAL = {
  sessions: /a session needs an active user/,
  hand_over_codes: /a code needs an active user/,
};
const UNCHANGEABLE = {
  sessions: /a session is never changed/,
  hand_over_codes: /a code is never changed/,
};
const KEY = { sessions: 'token_hash', hand_over_codes: 'code_hash' };

/** An INSERT of one row; `verb` is INSERT, or one of its kinds. */
function insertion(
  table: Table,
  userId: string,
  { verb = 'INSERT', directoryId = 'default', hash = aHash(), more = '' } = {},
) {
  const extra = table === 'sessions' ? ['kind', 'page'] : ['challenge', 'c'.repeat(43)];
  return sql(
    `${verb} INTO ${table} (${KEY[table]}, directory_id, user_id, ${extra[0]}, created_ms, expires_ms)
     VALUES (?, ?, ?, ?, 1, 2) ${more}`,
    hash,
    directoryId,
    userId,
    extra[1],
  );
}

async function signedIn(...statuses: Status[]): Promise<string> {
  const id = await person();
  await env.DB.batch(TABLES.flatMap((table) => [insertion(table, id), insertion(table, id)]));
  for (const status of statuses) await setStatus(id, status).run();
  return id;
}

async function countsOf(id: string): Promise<number[]> {
  const counts = await env.DB.batch<{ n: number }>(
    TABLES.map((table) => sql(`SELECT count(*) AS n FROM ${table} WHERE user_id = ?1`, id)),
  );
  return counts.map(({ results }) => results[0]?.n ?? -1);
}

describe.each(TABLES)('security 3: nobody but somebody active gets a row in %s', (table) => {
  test('somebody active does', async () => {
    const id = await person();
    await insertion(table, id).run();
    expect(await countsOf(id)).toContain(1);
  });

  const VERBS = ['INSERT', 'INSERT OR IGNORE', 'INSERT OR REPLACE', 'INSERT OR FAIL', 'REPLACE'];
  test.each(VERBS)('%s for somebody suspended, archived or deleted is refused', async (verb) => {
    for (const status of STATUSES) {
      const id = await person(status);
      await expect(insertion(table, id, { verb }).run()).rejects.toThrow(REFUSAL[table]);
      expect(await countsOf(id)).toEqual([0, 0]);
    }
  });

  test.each(VERBS)('%s for somebody unknown is refused', async (verb) => {
    const id = newId();
    await expect(insertion(table, id, { verb }).run()).rejects.toThrow(REFUSAL[table]);
    expect(await countsOf(id)).toEqual([0, 0]);
  });

  test.each(VERBS)('%s in the name of another directory is refused', async (verb) => {
    const id = await person();
    const other = insertion(table, id, { verb, directoryId: 'elsewhere' });
    await expect(other.run()).rejects.toThrow(REFUSAL[table]);
    const guest = await person('active', 'elsewhere');
    await expect(insertion(table, guest, { verb }).run()).rejects.toThrow(REFUSAL[table]);
    expect([...(await countsOf(id)), ...(await countsOf(guest))]).toEqual([0, 0, 0, 0]);
  });

  test('one row of many that names somebody suspended stops all of them', async () => {
    const [ana, noor] = [await person(), await person('suspended')];
    const batch = env.DB.batch([insertion(table, ana), insertion(table, noor)]);
    await expect(batch).rejects.toThrow(REFUSAL[table]);
    expect(await countsOf(ana)).toEqual([0, 0]);
  });

  test('a person who becomes active in the same transaction counts', async () => {
    const id = await person('suspended');
    await env.DB.batch([setStatus(id, 'active'), insertion(table, id)]);
    expect(await countsOf(id)).toContain(1);
  });
});

describe.each(TABLES)('security 3: a row in %s is never changed', (table) => {
  test('no column of it, by no kind of UPDATE, not even to what it says already', async () => {
    const id = await person();
    const hash = aHash();
    await insertion(table, id, { hash }).run();
    const [before] = (await sql(`SELECT * FROM ${table} WHERE ${KEY[table]} = ?`, hash).all())
      .results;

    const columns = Object.keys(before ?? {});
    expect(columns).toHaveLength(6);
    for (const column of columns) {
      for (const verb of ['UPDATE', 'UPDATE OR IGNORE', 'UPDATE OR REPLACE']) {
        const update = sql(`${verb} ${table} SET ${column} = ${column} WHERE user_id = ?`, id);
        await expect(update.run()).rejects.toThrow(UNCHANGEABLE[table]);
      }
    }
  });

  test('it is not moved to somebody suspended, nor made to live longer', async () => {
    const [ana, noor] = [await person(), await person('suspended')];
    await insertion(table, ana).run();
    for (const set of [`user_id = '${noor}'`, 'expires_ms = 9e12']) {
      const update = sql(`UPDATE ${table} SET ${set} WHERE user_id = ?`, ana);
      await expect(update.run()).rejects.toThrow(UNCHANGEABLE[table]);
    }
  });

  test('nor by an insert that turns into an update', async () => {
    const id = await person();
    const hash = aHash();
    await insertion(table, id, { hash }).run();
    const more = `ON CONFLICT (${KEY[table]}) DO UPDATE SET expires_ms = 3`;
    await expect(insertion(table, id, { hash, more }).run()).rejects.toThrow(UNCHANGEABLE[table]);
  });

  test('it can be deleted', async () => {
    const id = await person();
    await insertion(table, id).run();
    await sql(`DELETE FROM ${table} WHERE user_id = ?`, id).run();
    expect(await countsOf(id)).toEqual([0, 0]);
  });
});

describe('security 3: leaving active ends every session and code', () => {
  test.each(STATUSES)('%s: in the same transaction, and only this person’s', async (status) => {
    const [ana, noor] = [await signedIn(), await signedIn()];
    await setStatus(ana, status).run();
    expect(await countsOf(ana)).toEqual([0, 0]);
    expect(await countsOf(noor)).toEqual([2, 2]);
  });

  test.each(STATUSES)('%s: a statement after it in a batch finds none left', async (status) => {
    const id = await signedIn();
    const [, seenInside] = await env.DB.batch<{ n: number }>([
      setStatus(id, status),
      sql('SELECT count(*) AS n FROM sessions WHERE user_id = ?1', id),
    ]);
    expect(seenInside?.results).toEqual([{ n: 0 }]);
  });

  test.each(STATUSES)('%s: if the transaction fails later, nothing happened', async (status) => {
    const id = await signedIn();
    const fails = sql('INSERT INTO users (id) VALUES (NULL)');
    await expect(env.DB.batch([setStatus(id, status), fails])).rejects.toThrow(/NOT NULL/);
    expect(await rawRow(id)).toMatchObject({ status: 'active' });
    expect(await countsOf(id)).toEqual([2, 2]);
  });

  test.each(STATUSES)(
    '%s: also when the status comes back in the same transaction',
    async (status) => {
      const id = await signedIn();
      await env.DB.batch([setStatus(id, status), setStatus(id, 'active')]);
      expect(await countsOf(id)).toEqual([0, 0]);
    },
  );

  test.each(STATUSES)('%s: also together with every other column', async (status) => {
    const id = await signedIn();
    await sql(
      `UPDATE users SET email = 'x@example.test', roles = '["a"]', is_admin = 1, status = ?2,
         deleted_ms = iif(?2 = 'deleted', 1, NULL) WHERE id = ?1`,
      id,
      status,
    ).run();
    expect(await countsOf(id)).toEqual([0, 0]);
  });

  test('one statement that suspends many signs all of them out', async () => {
    const people = await Promise.all([signedIn(), signedIn(), signedIn()]);
    await sql(`UPDATE users SET status = 'suspended' WHERE id IN (?, ?)`, ...people.slice(1)).run();
    expect(await Promise.all(people.map(countsOf))).toEqual([
      [2, 2],
      [0, 0],
      [0, 0],
    ]);
  });

  test('a thousand sessions of one person end at once', async () => {
    const id = await person();
    await sql(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
       INSERT INTO sessions SELECT printf('%043d', i), 'default', ?1, 'frame', 1, 2 FROM n`,
      id,
    ).run();
    expect(await countsOf(id)).toEqual([1000, 0]);
    await setStatus(id, 'suspended').run();
    expect(await countsOf(id)).toEqual([0, 0]);
  });

  test('whoever was signed out by it stays so when they come back', async () => {
    const id = await signedIn('suspended', 'archived', 'deleted', 'active');
    expect(await countsOf(id)).toEqual([0, 0]);
  });

  test('a change that leaves somebody active leaves their sessions, too', async () => {
    const id = await signedIn('active');
    await sql(
      `UPDATE users SET email = 'new@example.test', full_name = 'New', roles = '["a"]', is_admin = 1,
         ticket = 9, written = 9, changed_ms = 9 WHERE id = ?1`,
      id,
    ).run();
    expect(await countsOf(id)).toEqual([2, 2]);
  });
});
