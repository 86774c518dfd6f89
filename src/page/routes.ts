// What every page loads: the style sheet.
import { Hono } from 'hono';
import { STYLE } from './style.ts';

export const pageAssets = new Hono().get('/style.css', (c) =>
  c.body(STYLE, 200, {
    'content-type': 'text/css; charset=utf-8',
    'cache-control': 'public, max-age=300',
  }),
);
