// What frames need to be signed in: the script, the redemption of a popup's code, and who is signed in. The pages
// themselves are the application's, under /embed as well.
//
// The attack: the embedding page's own credentialed requests carry the frame's cookie, so that cookie is worth nothing
// outside /embed, and nothing under /embed changes state with one click.
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { setCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import * as z from 'zod';
import type { AppEnv } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { redeemCode } from '../db/sessions.ts';
import { log } from '../log.ts';
import { FRAME_COOKIE, frameCookie } from './cookies.ts';
import { FRAME_SCRIPT } from './frame-script.ts';
import { limited } from './limit.ts';
import { sameOriginOnly } from './request-origin.ts';
import { presentedToken, sessionBody, sessionOf } from './session.ts';
import { hashOf, isSecret, newSecret } from './token.ts';

const MAX_BODY_BYTES = 4 * 1024;
const secret = z.string().refine(isSecret);
const redemption = z.object({ code: secret, verifier: secret });

/** Without EMBED_ANCESTORS there is nothing under /embed. */
export const onlyWhereFramed = createMiddleware<AppEnv>(async (c, next) => {
  if (c.get('config').embedAncestors.length === 0) return c.notFound();
  c.header('cache-control', 'no-store');
  return next();
});

const refuse = (c: Context, status: 400 | 401 | 413 | 429, code: string, message: string) =>
  c.json({ error: { code, message } }, status);

/** What this room has under /embed; the application adds its own pages. */
export const embed = new Hono<AppEnv>()
  .get('/sign-in.js', (c) =>
    c.body(FRAME_SCRIPT, 200, {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=300',
    }),
  )
  .get('/session', async (c) => {
    const session = await sessionOf(c.env, c.var.config, c.req.header('cookie'), 'frame');
    if (session !== null) return c.json(sessionBody(session));
    return refuse(c, 401, 'signed-out', 'Nobody is signed in.');
  })
  .post(
    '/session',
    sameOriginOnly,
    limited('redemption', (c) => {
      c.header('retry-after', '60');
      return refuse(c, 429, 'rate-limited', 'Too many; try again in a minute.');
    }),
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (c) => refuse(c, 413, 'too-large', 'A code and its verifier are smaller.'),
    }),
    async (c) => {
      const { config } = c.var;
      const body = redemption.safeParse(await c.req.json().catch(() => null));
      if (!body.success) return refuse(c, 400, 'invalid', 'This is no code with its verifier.');
      const nowMs = Date.now();
      const token = newSecret();
      const presented = presentedToken(config, c.req.header('cookie'), 'frame');
      const redeemed = await redeemCode(
        openDatabase(c.env.DB),
        { codeHash: await hashOf(body.data.code), challenge: await hashOf(body.data.verifier) },
        {
          tokenHash: await hashOf(token),
          nowMs,
          expiresMs: nowMs + config.sessionTtlMs,
          replaces: presented === null ? null : await hashOf(presented),
        },
      );
      if (redeemed === null) {
        log('warn', 'frame.refused', { requestId: c.get('requestId') });
        return refuse(c, 400, 'invalid', 'This code is used, too old or of another frame.');
      }
      log('info', 'frame.admitted', redeemed);
      setCookie(c, FRAME_COOKIE, token, frameCookie(config.sessionTtlMs / 1000));
      return c.body(null, 204);
    },
  );
