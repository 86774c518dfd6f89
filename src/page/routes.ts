// What every page loads: style sheets, and the script of the operators' pages.
import { Hono } from 'hono';
import { OPERATOR_SCRIPT_PATH, OPERATOR_STYLE_PATH } from './operator-page.tsx';
import { OPERATOR_SCRIPT } from './operator-script.ts';
import { OPERATOR_STYLE } from './operator-style.ts';
import { STYLE } from './style.ts';

const asset = (body: string, type: string) => () =>
  new Response(body, {
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'public, max-age=300',
    },
  });

export const pageAssets = new Hono()
  .get('/style.css', asset(STYLE, 'text/css'))
  .get(OPERATOR_STYLE_PATH, asset(OPERATOR_STYLE, 'text/css'))
  .get(OPERATOR_SCRIPT_PATH, asset(OPERATOR_SCRIPT, 'text/javascript'));
