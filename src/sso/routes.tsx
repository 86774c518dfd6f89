// The sign-in routes: /auth/login, /auth/callback, /auth/logout, /auth/session. Here results become cookies, redirects
// and pages; what they follow from is in login.ts, callback.ts and admission.ts.
import { type Context, Hono } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import type { Config, Env } from '../config.ts';
import { DatabaseError } from '../db/database.ts';
import { endSessions } from '../db/sessions.ts';
import { OpenIdError } from '../google/openid-errors.ts';
import type { OpenIdPorts } from '../google/openid-provider.ts';
import { errorCode, log } from '../log.ts';
import type { Refusal } from './admission.ts';
import { type Finish, type Finished, finishLogin } from './callback.ts';
import {
  isLoginCookie,
  loginCookie,
  onlyCookie,
  pageCookie,
  requestCookies,
  sessionCookie,
  signedOutCookie,
  silentTriesCookie,
} from './cookies.ts';
import { limited, onlyWindows } from './limit.ts';
import { type LoginRequest, startLogin } from './login.ts';
import { LOGIN_TTL_SECONDS, openAttempt } from './login-attempt.ts';
import { type Again, endingPage, handOverPage, type PageReason } from './pages.tsx';
import { type SsoPorts, ssoPorts } from './ports.ts';
import { parseReturnTo } from './return-to.ts';
import { sameOriginOnly } from './same-origin.ts';
import { presentedToken, presentedTokens, sessionBody, sessionOf } from './session.ts';
import { hashOf, isSecret } from './token.ts';

export interface SsoEnv {
  Bindings: Env;
  Variables: { config: Config; requestId: string };
}
type SsoContext = Context<SsoEnv>;

/** Whoever opens more tabs at once than this can finish only the latest ones. */
const MAX_ATTEMPTS = 5;
/** So many session cookies nobody has; a header of thousands is not worth their hashes. */
const MAX_ENDED = 5;
const SILENT_TRIES = 5;
const SILENT_TRIES_SECONDS = 60;
const SIGNED_OUT_SECONDS = 30 * 24 * 3600;
const HOME: Again = { returnTo: '/', challenge: null };

const STATUS: Readonly<Partial<Record<Refusal | PageReason, 200 | 400 | 429 | 503>>> = {
  'signed-out': 200,
  'nothing-ended': 200,
  'not-ended': 503,
  'no-attempt': 400,
  'not-believable': 400,
  'rate-limited': 429,
  unavailable: 503,
  importing: 503,
  misconfigured: 503,
  'not-configured': 503,
};

function ending(c: SsoContext, reason: Refusal | PageReason, again: Again = HOME) {
  const status = STATUS[reason] ?? 403;
  if (status === 429 || status === 503) c.header('retry-after', '60');
  return c.html(endingPage(reason, again, c.get('requestId')), status);
}

const cookieHeader = (c: SsoContext) => c.req.header('cookie');
const has = (c: SsoContext, name: string) =>
  requestCookies(cookieHeader(c)).some(([one]) => one === name);

/** Sends the browser to Google, with the attempt in a cookie of its own. */
async function toGoogle(
  c: SsoContext,
  ports: SsoPorts,
  openid: OpenIdPorts,
  request: LoginRequest,
): Promise<Response> {
  const { config } = ports;
  const { location, cookie } = await startLogin(ports, openid, request);
  // The oldest come first in the header.
  const names = requestCookies(cookieHeader(c)).map(([name]) => name);
  const attempts = names.filter((name) => isLoginCookie(config, name));
  for (const name of attempts.slice(0, Math.max(0, attempts.length - MAX_ATTEMPTS + 1))) {
    deleteCookie(c, name, pageCookie(config, 0));
  }
  setCookie(c, cookie.name, cookie.value, pageCookie(config, LOGIN_TTL_SECONDS));
  return c.redirect(location, 302);
}

const openIdReason = ({ failure }: OpenIdError): PageReason =>
  failure === 'misconfigured' ? 'misconfigured' : 'unavailable';

/** Runs what talks to Google and D1; a person gets a page whatever fails. */
async function orPage(c: SsoContext, again: Again, work: () => Promise<Response>) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OpenIdError || error instanceof DatabaseError)) throw error;
    log('error', 'sign-in.failed', { requestId: c.get('requestId'), code: errorCode(error) });
    return ending(c, error instanceof OpenIdError ? openIdReason(error) : 'unavailable', again);
  }
}

/**
 * Whether a silent try is in place: not after a sign-out until a click, and not over and over, as when an application
 * sends everybody here whose cookie the browser drops. Counts the try.
 */
function mayTrySilently(c: SsoContext, config: Config): boolean {
  if (has(c, signedOutCookie(config))) return false;
  const name = silentTriesCookie(config);
  const tries = Number(onlyCookie(cookieHeader(c), name) ?? '0');
  if (!(tries < SILENT_TRIES)) return false;
  setCookie(c, name, String(tries + 1), pageCookie(config, SILENT_TRIES_SECONDS));
  return true;
}

function hintOf(text: string | undefined): string | null {
  return text !== undefined && /^[\x21-\x7e]{1,320}$/.test(text) ? text : null;
}

function finishPage(c: SsoContext, ports: SsoPorts, finish: Finish, again: Again): Response {
  const { config } = ports;
  switch (finish.kind) {
    case 'admitted': {
      const seconds = config.sessionTtlMs / 1000;
      setCookie(c, sessionCookie(config), finish.token, pageCookie(config, seconds));
      deleteCookie(c, signedOutCookie(config), pageCookie(config, 0));
      if (finish.code !== null) return c.html(handOverPage(finish.code)) as Response;
      return c.redirect(new URL(again.returnTo, config.publicUrl).href, 302);
    }
    case 'refused':
      return ending(c, finish.reason, again) as Response;
    case 'unavailable':
      return ending(
        c,
        finish.code === 'importing' ? 'importing' : 'unavailable',
        again,
      ) as Response;
    default:
      return ending(
        c,
        finish.kind === 'go-interactive' ? 'declined' : finish.kind,
        again,
      ) as Response;
  }
}

/** Ids and codes only: what Google or a stranger wrote is not in them. */
function logFinish(finish: Finished, requestId: string): void {
  const { kind, userId } = finish;
  if (kind === 'admitted') {
    log('info', 'sign-in.admitted', { userId, directoryId: finish.directoryId });
  } else if (kind === 'refused') {
    log('warn', 'sign-in.refused', { userId, reason: finish.reason, requestId });
  } else {
    log('warn', 'sign-in.ended', { kind, code: finish.code, userId, requestId });
  }
}

/** Ends what the browser presented, more than one cookie included. @returns whose it was */
async function endPresented(c: SsoContext, everywhere: boolean): Promise<string[]> {
  const { config } = c.var;
  const { db, nowMs } = ssoPorts(c.env, config);
  const tokens = presentedTokens(config, cookieHeader(c), 'page').slice(0, MAX_ENDED);
  if (tokens.length === 0) return [];
  const tokenHashes = await Promise.all(tokens.map(hashOf));
  return endSessions(db, { tokenHashes, kind: 'page', everywhere }, nowMs());
}

const tooMany = (c: SsoContext) => ending(c, 'rate-limited') as Response;

export const auth = new Hono<SsoEnv>()
  .use(async (c, next) => {
    c.header('cache-control', 'no-store');
    return next();
  })
  .use('/login', onlyWindows)
  .use('/callback', onlyWindows)
  .get('/login', limited(tooMany), async (c) => {
    const { config } = c.var;
    const ports = ssoPorts(c.env, config);
    const challenge = c.req.query('embed') ?? null;
    if (challenge !== null && (config.embedAncestors.length === 0 || !isSecret(challenge))) {
      return c.notFound();
    }
    const returnTo = parseReturnTo(c.req.query('return_to'), config.publicUrl.origin);
    const again = { returnTo, challenge };
    const { openid } = ports;
    if (openid === null) return ending(c, 'not-configured');
    const silent = c.req.query('silent') === '1' && challenge === null;
    if (silent && !mayTrySilently(c, config)) return ending(c, 'signed-out', again);
    const selectAccount =
      c.req.query('prompt') === 'select_account' || has(c, signedOutCookie(config));
    const loginHint = hintOf(c.req.query('login_hint'));
    const request = { ...again, silent, selectAccount, loginHint };
    return orPage(c, again, () => toGoogle(c, ports, openid, request));
  })
  .get('/callback', limited(tooMany), async (c) => {
    const { config } = c.var;
    const ports = ssoPorts(c.env, config);
    const { openid } = ports;
    if (openid === null) return ending(c, 'not-configured');
    const parameters = new URL(c.req.url).searchParams;
    const state = parameters.get('state');
    // Without the attempt that this browser began, nothing in the query is looked at, and nothing goes on by itself.
    if (!isSecret(state)) return ending(c, 'no-attempt');
    const name = loginCookie(config, state);
    const sealed = onlyCookie(cookieHeader(c), name);
    if (has(c, name)) deleteCookie(c, name, pageCookie(config, 0));
    const attempt = sealed === null ? null : await openAttempt(config, sealed, ports.nowMs());
    if (attempt === null) return ending(c, 'no-attempt');
    const { returnTo, challenge } = attempt;
    const again = { returnTo, challenge };
    // Signed out while a silent try was under way: it must not undo that.
    if (attempt.silent && has(c, signedOutCookie(config))) return ending(c, 'signed-out', again);
    return orPage(c, again, async () => {
      const presented = presentedToken(config, cookieHeader(c), 'page');
      const finish = await finishLogin(ports, openid, parameters, attempt, presented);
      logFinish(finish, c.get('requestId'));
      if (finish.kind !== 'go-interactive') return finishPage(c, ports, finish, again);
      const request = { ...again, silent: false, selectAccount: false, loginHint: null };
      return toGoogle(c, ports, openid, request);
    });
  })
  .get('/session', async (c) => {
    const session = await sessionOf(c.env, c.var.config, cookieHeader(c), 'page');
    if (session !== null) return c.json(sessionBody(session));
    return c.json({ error: { code: 'signed-out', message: 'Nobody is signed in.' } }, 401);
  })
  .post('/logout', sameOriginOnly, async (c) => {
    const { config } = c.var;
    const everywhere = c.req.query('everywhere') === '1';
    // Whatever becomes of the row, this browser is signed out: the person asked for it.
    deleteCookie(c, sessionCookie(config), pageCookie(config, 0));
    // Until the next click nobody is signed in again by themselves, and then they may choose another account.
    setCookie(c, signedOutCookie(config), '1', pageCookie(config, SIGNED_OUT_SECONDS));
    const wantsPage = c.req.header('accept')?.includes('text/html') ?? false;
    try {
      const userIds = await endPresented(c, everywhere);
      for (const userId of userIds) log('info', 'session.ended', { userId, everywhere });
      if (!wantsPage) return c.body(null, 204);
      if (everywhere && userIds.length === 0) return ending(c, 'nothing-ended');
      return c.redirect(new URL('/', config.publicUrl).href, 303);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      log('error', 'sign-out.failed', { requestId: c.get('requestId'), code: errorCode(error) });
      return ending(c, 'not-ended');
    }
  });
