// People, for other systems: found and paged through, and each with the why of their roles.
import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { cursorOf, placeIn } from '../cursor.ts';
import { openDatabase } from '../db/database.ts';
import { type PeopleFilter, readPerson, searchPeople } from '../db/people.ts';
import { readPeopleRecords } from '../db/people-records.ts';
import { sha256Of } from '../hash.ts';
import { isRoleName } from '../roles/rule.ts';
import { foldedWords } from '../roles/search-words.ts';
import { explainRoles } from '../roles/why.ts';
import { described } from './described.ts';
import { badParameter, cursor, limitUpTo, query } from './query.ts';
import { onlyAllow, refuse } from './refusal.ts';
import { type ApiEnv, tokenOnly } from './tokens.ts';
import { status, user, userBody } from './user-body.ts';
import { misfit, why, whyBody } from './why-body.ts';

const asked = z.strictObject({
  q: z
    .string()
    .min(1, 'is empty')
    .max(200, 'is longer than 200 characters')
    .optional()
    .meta({
      description:
        'Beginnings of words of the name or address, without regard to case and accents; or, with an @, the beginning of an address.',
      examples: ['ana exa', 'ana@example.com'],
    }),
  role: z
    .string()
    .refine(isRoleName, 'is no role’s name')
    .optional()
    .meta({ description: 'Whoever has it now.' }),
  org_unit: z
    .string()
    .max(1_000, 'is longer than 1,000 characters')
    .regex(/^\//, 'must begin with a slash')
    .optional()
    .meta({ description: 'This org unit and those below it.', examples: ['/Design'] }),
  status: status.optional().meta({ description: 'Without it, deleted people are there as well.' }),
  limit: limitUpTo(200, 50),
  cursor: cursor('`next` of the page before, with the same filters.').optional(),
});

/** `of` names the filters: in another order a place would be another. */
const place = z.strictObject({
  at: z.string().max(4_000),
  id: z.string().max(100),
  of: z.string().length(16),
});

const page = z.object({
  users: z.array(user),
  next: z
    .string()
    .nullable()
    .meta({ description: '`cursor` of the page after this; null = there is none.' }),
});

const one = z.object({
  user,
  why: z.array(why).meta({
    description: 'Of each role that they have, or would have but for a decision by hand.',
  }),
  misfits: z
    .array(misfit)
    .meta({ description: 'What rules found at them that is no role’s name.' }),
});

type Asked = z.output<typeof asked>;

/** @returns `null` if nothing can be looked for by `q` */
function filterOf({ q, role, org_unit, status }: Asked): PeopleFilter | null {
  const text = q?.trim();
  const words = text === undefined || text.includes('@') ? undefined : foldedWords(text);
  if (words?.length === 0) return null;
  return {
    ...(words === undefined ? {} : { words }),
    ...(text?.includes('@') ? { address: text.toLowerCase() } : {}),
    ...(role === undefined ? {} : { role }),
    ...(org_unit === undefined ? {} : { orgUnitPath: org_unit.replace(/(?!^)\/+$/, '') }),
    ...(status === undefined ? {} : { status }),
  };
}

async function list(c: Context<ApiEnv>, query: Asked): Promise<Response> {
  const db = openDatabase(c.env.DB);
  const filter = filterOf(query);
  if (filter === null) return badParameter(c, 'q', 'holds no letter and no digit');
  const of = (await sha256Of(JSON.stringify(filter))).slice(0, 16);
  const after = placeIn(query.cursor, place);
  if (query.cursor !== undefined && after?.of !== of)
    return badParameter(c, 'cursor', 'is none that an answer to these filters gave');
  const directoryId = c.get('directoryId');
  const found = await searchPeople(db, directoryId, filter, { after, limit: Number(query.limit) });
  const ids = found.people.map(({ id }) => id);
  const records = await readPeopleRecords(db, directoryId, ids);
  const body: z.output<typeof page> = {
    users: records.map(userBody),
    next: found.next && cursorOf({ ...found.next, of }),
  };
  return c.json(body);
}

async function person(c: Context<ApiEnv>): Promise<Response> {
  const ports = { db: openDatabase(c.env.DB), config: c.get('config') };
  const directoryId = c.get('directoryId');
  const record = await readPerson(ports.db, directoryId, c.req.param('key') ?? '');
  if (record === null)
    return refuse(c, 404, 'not-found', 'Nobody of this directory has this id or address.');
  const explained = whyBody(await explainRoles(ports, directoryId, record));
  const body: z.output<typeof one> = { user: userBody(record), ...explained };
  return c.json(body);
}

/** Everything under /api/v1/users. */
export const users = new Hono<ApiEnv>()
  .use(tokenOnly('users:read'))
  .get(
    '/',
    described({
      operationId: 'listUsers',
      tag: 'Users',
      summary: 'People, page by page',
      description:
        'Whoever is there all the while and is not renamed is on one page, once. In order of the word found, else of role, org unit or address. A page may hold fewer than `limit`, or nobody, and still have a next one: only `next` says whether there is more.',
      needs: 'users:read',
      answer: { description: 'A page of people.', schema: page },
      errors: [400, 401, 403],
    }),
    query(asked),
    (c) => list(c, c.req.valid('query')),
  )
  .all('/', onlyAllow('GET, HEAD'))
  .get(
    '/:key',
    described({
      operationId: 'getUser',
      tag: 'Users',
      summary: 'One person, with the why of their roles',
      description:
        '`key` is Google’s id, or an address in any case, percent-encoded. Of several with one address the living, then the youngest.',
      needs: 'users:read',
      answer: { description: 'The person.', schema: one },
      errors: [400, 401, 403, 404],
    }),
    query(z.strictObject({})),
    person,
  )
  .all('/:key', onlyAllow('GET, HEAD'));
