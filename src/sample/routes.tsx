// The sample application's routes: its page, and the same inside a frame.
import { Hono } from 'hono';
import { type AppEnv, DEFAULT_DIRECTORY_ID } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { readDirectory } from '../db/directories.ts';
import { sessionOf } from '../sso/session.ts';
import { syncHealth } from '../sync/health.ts';
import { framedHome, home } from './home.tsx';

export const sample = new Hono<AppEnv>()
  .get('/', async (c) => {
    const { config } = c.var;
    const db = openDatabase(c.env.DB);
    const nowMs = Date.now();
    const [directory, session] = await Promise.all([
      readDirectory(db, DEFAULT_DIRECTORY_ID),
      sessionOf(c.env, config, c.req.header('cookie'), 'page'),
    ]);
    const health = syncHealth(directory, config.reconcileEveryMinutes, nowMs);
    c.header('cache-control', 'no-store');
    return c.html(home({ health, session, canSignIn: config.oauthClient !== undefined }));
  })
  .get('/embed/sample', async (c) => {
    const { config } = c.var;
    const session = await sessionOf(c.env, config, c.req.header('cookie'), 'frame');
    return c.html(framedHome({ session, canSignIn: config.oauthClient !== undefined }));
  });
