// The Hono app: configuration first, then the host, then the rooms' routes; one handler for errors.
import { Hono } from 'hono';
import { api } from './api/routes.ts';
import { type AppEnv, parseConfig, readConfig } from './config.ts';
import { consoleRoutes } from './console/routes.tsx';
import { DatabaseError, openDatabase, ping } from './db/database.ts';
import { headersFor } from './headers.ts';
import { errorCode, log } from './log.ts';
import { CONSOLE_PATH, SETUP_PATH } from './page/operator-nav.ts';
import { pageAssets } from './page/routes.ts';
import { sample } from './sample/routes.tsx';
import { publicPages } from './setup/marketplace/routes.tsx';
import { elsewherePage } from './setup/pages/open-page.tsx';
import { setup } from './setup/routes.tsx';
import { embed, onlyWhereFramed } from './sso/embed-routes.ts';
import { auth } from './sso/routes.tsx';
import { NOTIFICATIONS_PATH } from './sync/channel-request.ts';
import { notifications, syncHealthRoute } from './sync/routes.ts';

export const app = new Hono<AppEnv>();

const API_PATH = '/api/v1';

const isUnder = (path: string, asked: string) => asked === path || asked.startsWith(`${path}/`);

app.use(function named(c, next) {
  // Ours, never the client's: it stands in the log and on pages.
  c.set('requestId', crypto.randomUUID());
  c.header('x-request-id', c.get('requestId'));
  return next();
});
app.use((c, next) => {
  const parsed = parseConfig(c.env);
  return headersFor(c.req.path, parsed.ok ? parsed.config : null)(c, next);
});

app.use(async function configured(c, next) {
  const config = readConfig(c.env, log);
  if (config === null) {
    // Where whoever has a set-up link, or is a super admin, reads what the log says as well.
    if (isUnder(SETUP_PATH, c.req.path)) return next();
    // The operator finds names and remedies in the log; a stranger learns that there is something.
    return c.json({ ok: false, reason: 'configuration' }, 503);
  }
  // An origin that is not ours would make our links, cookies and tokens somebody else's.
  if (new URL(c.req.url).host !== config.publicUrl.host) {
    // Where the setting is what is wrong, whoever set it reads so.
    if (isUnder(SETUP_PATH, c.req.path))
      return c.html(elsewherePage(new URL(c.req.url).origin), 421);
    return c.text('Misdirected request\n', 421);
  }
  // Told by Cloudflare's edge, or a tunnel. Browsers take no `__Host-` cookie over plain http.
  if (config.publicUrl.protocol === 'https:' && c.req.header('x-forwarded-proto') === 'http') {
    // The same address in another scheme; put together from its path, `//evil.example` would lead there.
    const url = new URL(c.req.url);
    url.protocol = 'https:';
    return c.redirect(url.href, 308);
  }
  c.set('config', config);
  return next();
});

app.get('/healthz', async (c) => {
  try {
    await ping(openDatabase(c.env.DB));
    return c.json({ ok: true });
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    log('error', 'database.unhealthy', { code: error.code });
    return c.json({ ok: false, reason: error.code }, 503);
  }
});
app.route('/healthz/sync', syncHealthRoute);
app.route(NOTIFICATIONS_PATH, notifications);
app.route('/auth', auth);
app.route(API_PATH, api);
app.route(CONSOLE_PATH, consoleRoutes);
app.route(SETUP_PATH, setup);
app.use('/embed/*', onlyWhereFramed);
app.route('/embed', embed);
app.route('/', sample);
app.route('/', pageAssets);
app.route('/', publicPages);

app.notFound((c) => {
  // No cache may go on saying so where the API has a route tomorrow.
  if (isUnder(API_PATH, c.req.path)) c.header('cache-control', 'no-store');
  const error = {
    code: 'not-found',
    message: 'There is nothing here.',
    requestId: c.get('requestId'),
  };
  return c.json({ error }, 404);
});

app.onError((error, c) => {
  const isDatabase = error instanceof DatabaseError;
  log('error', 'request.failed', {
    requestId: c.get('requestId'),
    code: errorCode(error),
  });
  const message = isDatabase
    ? 'The database does not answer; try again.'
    : 'Something went wrong on our side.';
  const body = {
    error: { code: isDatabase ? 'database' : 'internal', message, requestId: c.get('requestId') },
  };
  return c.json(body, isDatabase ? 503 : 500);
});
