// What the passes through the directory did, for monitoring.
import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { cursorOf, placeIn } from '../cursor.ts';
import { openDatabase } from '../db/database.ts';
import { readPastRuns } from '../db/past-runs.ts';
import type { ReconcileRun } from '../db/reconcile-runs.ts';
import { RECONCILE_OUTCOMES } from '../db/schema.ts';
import { described } from './described.ts';
import { badParameter, cursor, limitUpTo, query } from './query.ts';
import { onlyAllow } from './refusal.ts';
import { type ApiEnv, tokenOnly } from './tokens.ts';
import { isoOf, isoOrNull, moment } from './user-body.ts';

const asked = z.strictObject({
  limit: limitUpTo(200, 50),
  before: cursor('`next` of the page before.').optional(),
});

/** The place of a pass in the list, which goes on behind it. */
export const placeOfPass = z.strictObject({
  startedMs: z.int().min(0),
  ticket: z.int().min(0),
  id: z.string().max(200),
});

const count = () => z.int().min(0).meta({ maximum: undefined });

const pass = z
  .object({
    id: z.string(),
    startedAt: moment(),
    finishedAt: moment().nullable().meta({ description: 'null while it is under way.' }),
    outcome: z.enum(RECONCILE_OUTCOMES).nullable(),
    reason: z.string().nullable().meta({ description: 'A code for what ended it before its end.' }),
    usersSeen: count(),
    created: count(),
    changed: count(),
    removed: count(),
    drift: count().meta({ description: 'Changes that no push had announced.' }),
    held: count().meta({ description: 'Removals that wait for a decision.' }),
    contradictions: count().meta({ description: 'Rows that the list contradicted.' }),
    googleCalls: count(),
    missedEvents: z
      .array(z.string())
      .meta({ description: 'Events of Google’s channels that drift was missed by.' }),
  })
  .meta({ id: 'Pass' });

const page = z.object({
  passes: z.array(pass),
  next: z
    .string()
    .nullable()
    .meta({ description: '`before` of the next question; null = there are no older ones.' }),
});

const passBody = (run: ReconcileRun): z.output<typeof pass> => ({
  id: run.id,
  startedAt: isoOf(run.startedMs),
  finishedAt: isoOrNull(run.finishedMs),
  outcome: run.outcome,
  reason: run.reason,
  usersSeen: run.usersSeen,
  created: run.created,
  changed: run.changed,
  removed: run.removed,
  drift: run.drift,
  held: run.held,
  contradictions: run.contradictions,
  googleCalls: run.googleCalls,
  missedEvents: JSON.parse(run.missed) as string[],
});

async function list(c: Context<ApiEnv>, { limit, before }: z.output<typeof asked>) {
  const from = placeIn(before, placeOfPass);
  if (before !== undefined && from === null)
    return badParameter(c, 'before', 'is none that an answer gave');
  const db = openDatabase(c.env.DB);
  const { runs, next } = await readPastRuns(db, c.get('directoryId'), from, Number(limit));
  const body: z.output<typeof page> = {
    passes: runs.map(passBody),
    next: next && cursorOf(next),
  };
  return c.json(body);
}

/** Everything under /api/v1/passes. */
export const passes = new Hono<ApiEnv>()
  .use(tokenOnly('passes:read'))
  .get(
    '/',
    described({
      operationId: 'listPasses',
      tag: 'Passes',
      summary: 'Passes through the directory, the youngest first',
      needs: 'passes:read',
      answer: { description: 'A page of passes.', schema: page },
      errors: [400, 401, 403],
    }),
    query(asked),
    (c) => list(c, c.req.valid('query')),
  )
  .all('/', onlyAllow('GET, HEAD'));
