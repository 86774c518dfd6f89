// The least a Worker can do on this stack, for others to be held against: a Hono route that answers 204; one
// that uses the same bindings as the receiver and nothing else; one that reads a person by their id from D1; and a
// queue whose consumer writes a line.
import { Hono } from 'hono';

interface Sent {
  id: string;
}

interface Bindings {
  BARE: Queue<Sent>;
  HELD: Queue<unknown>;
  LIMIT: RateLimit;
  /** With the product's tables. */
  DB: D1Database;
}

// biome-ignore lint/suspicious/noConsole: the line that the product writes too, and that the bench waits for
const line = (fields: Record<string, unknown>) => console.info(JSON.stringify(fields));

const app = new Hono<{ Bindings: Bindings }>();

app.post('/google/notifications', (c) => c.body(null, 204));

app.post('/bindings', async (c) => {
  await c.env.LIMIT.limit({ key: c.req.header('x-goog-channel-id') ?? '' });
  await c.env.HELD.send(await c.req.json());
  line({ level: 'info', event: 'bare.received', status: 204 });
  return c.body(null, 204);
});

const PERSON = `SELECT id, email, full_name AS name, roles, is_admin AS isAdmin, changed_ms AS changedMs
  FROM users WHERE id = ?`;

app.get('/people/:id', async (c) => {
  const user = await c.env.DB.prepare(PERSON).bind(c.req.param('id')).first();
  return user === null ? c.notFound() : c.json({ user });
});

app.post('/queued', async (c) => {
  await c.env.BARE.send(await c.req.json());
  return c.body(null, 204);
});

export default {
  fetch: app.fetch,
  queue(batch) {
    for (const { body } of batch.messages) line({ level: 'info', event: 'bare.consumed', ...body });
  },
} satisfies ExportedHandler<Bindings, Sent>;
