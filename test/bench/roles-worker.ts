// The product's functions behind one route each, over a D1 that counts: rules, recompute, preview, search; and a bare read of one
// person by id on the same stack. Each answer says in a header what its request cost.
import { Hono } from 'hono';
import { openDatabase } from '../../src/db/database.ts';
import { type PeopleCursor, type PeopleFilter, searchPeople } from '../../src/db/people.ts';
import { readRoleBook } from '../../src/roles/book.ts';
import { hashOfRules, type RuleChange, saveRules } from '../../src/roles/edit.ts';
import { previewRules } from '../../src/roles/preview.ts';
import { recomputePage } from '../../src/roles/recompute.ts';
import { COUNTS_HEADER, countingD1, type D1Counts, noCounts } from './counting-d1.ts';

interface Bindings {
  DB: D1Database;
}

const DIRECTORY = 'default';
/** As many as a page of the console shows. */
const LIMIT = 50;

export interface SearchOrder {
  filter: PeopleFilter;
  after: PeopleCursor | null;
}

const portsOf = (env: Bindings, counts: D1Counts) => ({
  db: openDatabase(countingD1(env.DB, () => counts)),
  config: { rolesSchema: 'Roles' },
  log: () => {},
  nowMs: () => Date.now(),
});

const app = new Hono<{ Bindings: Bindings; Variables: { counts: D1Counts } }>();

app.use(async (c, next) => {
  c.set('counts', noCounts());
  await next();
  const { rowsWrittenTo: _, ...numbers } = c.get('counts');
  c.header(COUNTS_HEADER, JSON.stringify(numbers));
});

app.post('/save', async (c) => {
  const ports = portsOf(c.env, c.get('counts'));
  const change = await c.req.json<RuleChange>();
  const book = await readRoleBook(ports, DIRECTORY, []);
  const seen = book === null ? '' : await hashOfRules(book);
  return c.json(await saveRules(ports, DIRECTORY, { change, seen, madeBy: 'configuration' }));
});

app.post('/recompute', async (c) =>
  c.json(await recomputePage(portsOf(c.env, c.get('counts')), DIRECTORY)),
);

app.post('/preview', async (c) => {
  const change = await c.req.json<RuleChange>();
  const preview = await previewRules(portsOf(c.env, c.get('counts')), DIRECTORY, change);
  return c.json({ people: preview?.people, changed: preview?.changed });
});

app.post('/search', async (c) => {
  const { filter, after } = await c.req.json<SearchOrder>();
  const { db } = portsOf(c.env, c.get('counts'));
  return c.json(await searchPeople(db, DIRECTORY, filter, { after, limit: LIMIT }));
});

const PERSON = `SELECT id, email, full_name AS name, roles, is_admin AS isAdmin, changed_ms AS changedMs
  FROM users WHERE id = ?`;

app.post('/bare', async (c) => {
  const { id } = await c.req.json<{ id: string }>();
  return c.json(await c.env.DB.prepare(PERSON).bind(id).first());
});

export default app;
