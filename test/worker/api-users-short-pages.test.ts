// People over the API, where few among many fit: a page stops before everybody was asked, and the next goes on.
import { expect, test } from 'vitest';
import { type Answer, aToken, call } from './api-caller.ts';
import { operatorWorld } from './operators.ts';
import { listenToLog } from './signed-in.ts';
import { env } from './world.ts';

interface Page {
  users: { id: string }[];
  next: string | null;
}

test('a page may be short, or empty, and have a next one', async () => {
  listenToLog();
  const world = await operatorWorld();
  const { token } = await aToken(world);
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100)
     INSERT INTO users (id, directory_id, email, given_name, family_name, full_name, status, is_admin, is_delegated_admin,
       org_unit_path, attributes, custom_schemas, roles, words, ticket, written, cause, noticed_ms, created_ms, changed_ms)
     SELECT 7000000 + i, 'default', 'many' || i || '@example.test', '', '', 'Many', 'active', 0, 0, '/Many', '{}', '{}',
       iif(7000000 + i IN (7000005, 7002050), '["rare"]', '[]'), '["many"]', 1, 1, 'reconcile', 1, 1, 1 FROM n`,
  ).run();
  for (const [query, sizes, ids] of [
    ['q=many&role=rare', [1, 1], ['7000005', '7002050']],
    ['q=many&org_unit=/Nowhere', [0, 0], []],
    ['q=many&status=active&org_unit=/&limit=200', [...Array<number>(10).fill(200), 100], null],
  ] as const) {
    const found: { id: string }[][] = [];
    let next: string | null = '';
    while (next !== null) {
      const address: string = `/users?${query}${next && `&cursor=${next}`}`;
      const { body, status }: Answer<Page> = await call<Page>(world, token, address);
      expect(status).toBe(200);
      found.push(body.users);
      next = body.next;
    }
    expect(found.map((page) => page.length)).toEqual(sizes);
    const people = found.flat().map(({ id }) => id);
    if (ids === null) expect(new Set(people).size).toBe(2_100);
    else expect(people).toEqual(ids);
  }
});
