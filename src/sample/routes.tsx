// The sample application's routes: its page and its style sheet.
import { Hono } from 'hono';
import { html } from 'hono/html';
import { type Config, DEFAULT_DIRECTORY_ID, type Env } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { readDirectory } from '../db/directories.ts';
import { syncHealth } from '../sync/health.ts';
import { Home } from './home.tsx';
import { STYLE } from './style.ts';

export const sample = new Hono<{ Bindings: Env; Variables: { config: Config } }>()
  .get('/', async (c) => {
    const directory = await readDirectory(openDatabase(c.env.DB), DEFAULT_DIRECTORY_ID);
    const health = syncHealth(directory, c.get('config').reconcileEveryMinutes, Date.now());
    c.header('cache-control', 'no-store');
    return c.html(html`<!DOCTYPE html>${<Home health={health} />}`);
  })
  .get('/style.css', (c) =>
    c.body(STYLE, 200, {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=300',
    }),
  );
