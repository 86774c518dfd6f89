// What happened to people, in order, for other systems that follow it.
import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { openDatabase } from '../db/database.ts';
import { type EventFilter, type EventRecord, readEvents } from '../db/events.ts';
import { CAUSES, EVENT_TYPES } from '../db/schema.ts';
import { described } from './described.ts';
import { limitUpTo, query, seq } from './query.ts';
import { onlyAllow } from './refusal.ts';
import { type ApiEnv, tokenOnly } from './tokens.ts';
import { isoOf, moment, profile, profileBody } from './user-body.ts';

const asked = z.strictObject({
  after: seq(
    'Only events with a larger `seq`: `next` of the answer before. Without it, from the oldest.',
  ).optional(),
  type: z.enum(EVENT_TYPES).optional(),
  user: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be an id')
    .optional()
    .meta({ pattern: undefined, description: 'What happened to whoever has this id.' }),
  limit: limitUpTo(500, 100),
});

const event = z
  .object({
    seq: z.int().meta({ description: 'Ascending, without repetition; gaps mean nothing.' }),
    type: z.enum(EVENT_TYPES),
    userId: z.string(),
    cause: z.enum(CAUSES).meta({ description: 'What observed it.' }),
    at: moment().meta({ description: 'When it was stored.' }),
    noticedAt: moment().meta({ description: 'When the first word of it arrived.' }),
    before: profile.nullable().meta({ description: 'null = they came.' }),
    after: profile,
  })
  .meta({ id: 'Event' });

const page = z.object({
  events: z.array(event),
  next: z.int().meta({
    description:
      '`after` of the next question, whether there is more by now or not. It never goes back.',
  }),
  more: z
    .boolean()
    .meta({ description: 'Whether to ask again at once. A page may be empty all the same.' }),
});

const eventBody = (record: EventRecord): z.output<typeof event> => ({
  seq: record.seq,
  type: record.type,
  userId: record.userId,
  cause: record.cause,
  at: isoOf(record.atMs),
  noticedAt: isoOf(record.noticedMs),
  before: record.before === null ? null : profileBody(record.before),
  after: profileBody(record.after),
});

async function list(c: Context<ApiEnv>, query: z.output<typeof asked>): Promise<Response> {
  const { type, user } = query;
  const after = Number(query.after ?? 0);
  const filter: EventFilter = {
    ...(user === undefined ? {} : { userId: user }),
    ...(type === undefined ? {} : { type }),
  };
  const {
    events: found,
    next,
    youngest,
  } = await readEvents(openDatabase(c.env.DB), c.get('directoryId'), filter, {
    direction: 'up',
    from: after,
    limit: Number(query.limit),
  });
  const body: z.output<typeof page> = {
    events: found.map(eventBody),
    // At the end of what there is, whoever asks again goes on behind all that was looked through, not what was found in it.
    next: next ?? Math.max(after, youngest),
    more: next !== null,
  };
  return c.json(body);
}

/** Everything under /api/v1/events. */
export const events = new Hono<ApiEnv>()
  .use(tokenOnly('events:read'))
  .get(
    '/',
    described({
      operationId: 'listEvents',
      tag: 'Events',
      summary: 'What happened, the oldest first',
      description:
        'To follow: ask with `after`, keep `next`, ask again at once while `more` is true, else after a while. Nothing is skipped or repeated. Events are kept for EVENT_DAYS.',
      needs: 'events:read',
      answer: { description: 'A page of events.', schema: page },
      errors: [400, 401, 403],
    }),
    query(asked),
    (c) => list(c, c.req.valid('query')),
  )
  .all('/', onlyAllow('GET, HEAD'));
