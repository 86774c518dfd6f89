// The sync room's HTTP: where Google's pushes arrive, and whether people are in step.
import { Hono } from 'hono';
import { type AppEnv, DEFAULT_DIRECTORY_ID } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { readDirectory } from '../db/directories.ts';
import { readHeldSummary } from '../db/held-removals.ts';
import { log } from '../log.ts';
import { channelKeys } from './channel-token.ts';
import { syncHealth } from './health.ts';
import { receiveNotification } from './receive.ts';

export const notifications = new Hono<AppEnv>().all('/', async (c) => {
  const keys = await channelKeys(c.get('config'));
  const { status, ...fields } = await receiveNotification(
    {
      keys,
      enqueue: (message) => c.env.CHANGES.send(message),
      isWithinLimit: async (key) => (await c.env.PUSH_LIMIT.limit({ key })).success,
      nowMs: () => Date.now(),
    },
    c.req.raw,
  );
  log(status === 204 ? 'info' : 'warn', 'push.received', { status, ...fields });
  return c.body(null, status, status === 405 ? { allow: 'POST' } : {});
});

/** 200 when people are in step, else 503 with a reason code and since when. Two D1 queries, no KV. */
export const syncHealthRoute = new Hono<AppEnv>().get('/', async (c) => {
  const db = openDatabase(c.env.DB);
  const nowMs = Date.now();
  const [directory, held] = await Promise.all([
    readDirectory(db, DEFAULT_DIRECTORY_ID),
    readHeldSummary(db, DEFAULT_DIRECTORY_ID, nowMs),
  ]);
  const health = syncHealth(directory, c.get('config').reconcileEveryMinutes, nowMs, held);
  const since = health.sinceMs === null ? null : new Date(health.sinceMs).toISOString();
  return health.inStep
    ? c.json({ ok: true, since })
    : c.json({ ok: false, reason: health.reason, since }, 503, { 'retry-after': '60' });
});
