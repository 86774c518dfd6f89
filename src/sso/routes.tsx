// The sign-in routes: /auth/login, /auth/callback, /auth/logout, /auth/session. Here results become cookies, redirects
// and pages; what they follow from is in login.ts, callback.ts and admission.ts.
import { type Context, Hono } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import type { AppEnv } from '../config.ts';
import { DatabaseError } from '../db/database.ts';
import { OpenIdError } from '../google/openid-errors.ts';
import { log } from '../log.ts';
import { type Finish, finishLogin } from './callback.ts';
import {
  hasCookie,
  isLoginCookie,
  loginCookie,
  onlyCookie,
  pageCookie,
  requestCookies,
  sessionCookie,
  signedOutCookie,
} from './cookies.ts';
import { endWith } from './endings.ts';
import { limited } from './limit.ts';
import { type LoginRequest, startLogin } from './login.ts';
import { LOGIN_TTL_SECONDS, type LoginAttempt, openAttempt } from './login-attempt.ts';
import { type Again, handOverPage } from './pages.tsx';
import { type SsoPorts, ssoPorts } from './ports.ts';
import { onlyWindows, sameOriginOnly } from './request-origin.ts';
import { parseReturnTo } from './return-to.ts';
import { presentedToken, sessionBody, sessionOf } from './session.ts';
import { signOut } from './sign-out.ts';
import { isSignedOut, takeSilentTry } from './silent.ts';
import { isSecret } from './token.ts';

type AppContext = Context<AppEnv>;

/** Whoever opens more tabs at once than this can finish only the latest ones. */
const MAX_ATTEMPTS = 5;

/** Sends the browser to Google, with the attempt in a cookie of its own. */
async function toGoogle(c: AppContext, ports: SsoPorts, request: LoginRequest): Promise<Response> {
  const { config } = ports;
  const { location, cookie } = await startLogin(ports, request);
  // The oldest come first in the header.
  const names = requestCookies(c.req.header('cookie')).map(([name]) => name);
  const attempts = names.filter((name) => isLoginCookie(config, name));
  for (const name of attempts.slice(0, Math.max(0, attempts.length - MAX_ATTEMPTS + 1))) {
    deleteCookie(c, name, pageCookie(config, 0));
  }
  setCookie(c, cookie.name, cookie.value, pageCookie(config, LOGIN_TTL_SECONDS));
  return c.redirect(location, 302);
}

/** Runs what talks to Google and D1; a person gets a page whatever fails. */
async function orPage(c: AppContext, again: Again, work: () => Promise<Response>) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OpenIdError || error instanceof DatabaseError)) throw error;
    const isOurs = error instanceof OpenIdError && error.failure === 'misconfigured';
    return endWith(c, isOurs ? 'misconfigured' : 'unavailable', { again, code: error.code });
  }
}

const notConfigured = (c: AppContext) =>
  endWith(c, 'not-configured', { code: `missing:${c.get('config').missingForSignIn.join(',')}` });

function hintOf(text: string | undefined): string | null {
  return text !== undefined && /^[\x21-\x7e]{1,320}$/.test(text) ? text : null;
}

async function login(c: AppContext): Promise<Response> {
  const config = c.get('config');
  const challenge = c.req.query('embed') ?? null;
  if (challenge !== null && (config.embedAncestors.length === 0 || !isSecret(challenge))) {
    return c.notFound();
  }
  const ports = ssoPorts(c.env, config);
  if (ports === null) return notConfigured(c);
  const returnTo = parseReturnTo(c.req.query('return_to'), config.publicUrl.origin);
  const again = { returnTo, challenge };
  const loginHint = hintOf(c.req.query('login_hint'));
  const begin = (prompt: LoginRequest['prompt']) =>
    orPage(c, again, () => toGoogle(c, ports, { ...again, prompt, loginHint }));
  if (c.req.query('silent') === '1' && challenge === null) {
    return takeSilentTry(c) ? begin('none') : endWith(c, 'signed-out', { again });
  }
  const mayChoose = c.req.query('prompt') === 'select_account' || isSignedOut(c);
  return begin(mayChoose ? 'select_account' : null);
}

/** The attempt that a callback's `state` names, if this browser began it; its cookie is cleared whatever comes. */
async function takeAttempt(c: AppContext, state: string | null): Promise<LoginAttempt | null> {
  if (!isSecret(state)) return null;
  const config = c.get('config');
  const name = loginCookie(config, state);
  const sealed = onlyCookie(c.req.header('cookie'), name);
  if (hasCookie(c.req.header('cookie'), name)) deleteCookie(c, name, pageCookie(config, 0));
  return sealed === null ? null : openAttempt(config, sealed, Date.now());
}

function letIn(
  c: AppContext,
  { token, code, userId, directoryId }: Extract<Finish, { kind: 'admitted' }>,
  returnTo: string,
): Response | Promise<Response> {
  const config = c.get('config');
  log('info', 'sign-in.admitted', { userId, directoryId, requestId: c.get('requestId') });
  setCookie(c, sessionCookie(config), token, pageCookie(config, config.sessionTtlMs / 1000));
  deleteCookie(c, signedOutCookie(config), pageCookie(config, 0));
  if (code !== null) return c.html(handOverPage(code));
  return c.redirect(new URL(returnTo, config.publicUrl).href, 302);
}

async function callback(c: AppContext): Promise<Response> {
  const config = c.get('config');
  const ports = ssoPorts(c.env, config);
  if (ports === null) return notConfigured(c);
  const parameters = new URL(c.req.url).searchParams;
  const attempt = await takeAttempt(c, parameters.get('state'));
  // Without the attempt that this browser began, nothing in the query is looked at, and nothing goes on by itself.
  if (attempt === null) return endWith(c, 'no-attempt');
  const { returnTo, challenge } = attempt;
  const again = { returnTo, challenge };
  // Signed out while a silent try was under way: it must not undo that.
  if (attempt.silent && isSignedOut(c)) return endWith(c, 'signed-out', { again });
  return orPage(c, again, async () => {
    const presented = presentedToken(config, c.req.header('cookie'), 'page');
    const finish = await finishLogin(ports, parameters, attempt, presented);
    switch (finish.kind) {
      case 'admitted':
        return letIn(c, finish, returnTo);
      case 'go-interactive':
        log('info', 'sign-in.goes-on', { code: finish.code, requestId: c.get('requestId') });
        return toGoogle(c, ports, { ...again, prompt: null, loginHint: null });
      case 'refused':
        return endWith(c, finish.reason, { again, userId: finish.userId });
      default: {
        const { kind, ...known } = finish;
        const reason = finish.code === 'importing' ? 'importing' : kind;
        return endWith(c, reason, { again, ...known });
      }
    }
  });
}

const limit = (what: 'login' | 'callback') => limited(what, (c) => endWith(c, 'rate-limited'));

/** Everything under /auth. */
export const auth = new Hono<AppEnv>()
  .use(async (c, next) => {
    c.header('cache-control', 'no-store');
    return next();
  })
  .get('/login', onlyWindows, limit('login'), login)
  .get('/callback', onlyWindows, limit('callback'), callback)
  .post('/logout', sameOriginOnly, signOut)
  .get('/session', async (c) => {
    const session = await sessionOf(c.env, c.get('config'), c.req.header('cookie'), 'page');
    if (session !== null) return c.json(sessionBody(session));
    return c.json({ error: { code: 'signed-out', message: 'Nobody is signed in.' } }, 401);
  });
