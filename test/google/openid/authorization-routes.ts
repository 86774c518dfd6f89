// The accounts site: the authorization endpoint and the pages that a person may meet on the way.
//
// For a plain HTTP client. Every button is a form of its own with hidden inputs, and a POST without
// Origin passes. `continue` is always the query of the authorization request, as it was sent.
//   POST /o/oauth2/v2/auth/account   continue, account=<id>: signs that account in and goes on with it
//   POST /o/oauth2/v2/auth/consent   continue, account=<id>, decision=continue|cancel
//   GET  /o/oauth2/v2/auth/sign-in   continue, q (search), hd=any (accounts that hd hides, too)
// Each answers with the next page, or with a 302 or 303 to the app.
import { type Context, Hono } from 'hono';
import { base64url } from 'jose';
import { textOf } from '../admin-console/layout.ts';
import { ownPagesOnly } from '../own-pages-only.ts';
import type { Account } from './accounts.ts';
import {
  type AuthorizationRequest,
  type PageError,
  type Reading,
  readAuthorizationRequest,
} from './authorization-request.ts';
import { accountsCookie, signedInAccounts } from './browser-accounts.ts';
import { codeCallback, declinedCallback, silentFailureCallback } from './callback.ts';
import { issuerFor } from './issuer.ts';
import { accountStep, decide } from './next-step.ts';
import type { OpenId } from './openid.ts';
import { PAGE_STYLE } from './page-style.ts';
import { chooserPage, consentPage, disabledPage, refusalPage, signInPage } from './pages.ts';

const AUTHORIZATION_PATH = '/o/oauth2/v2/auth';

export function authorizationRoutes(openid: OpenId): Hono {
  const app = new Hono();
  app.use(`${AUTHORIZATION_PATH}/*`, ownPagesOnly);

  app.get(`${AUTHORIZATION_PATH}/style.css`, (c) => {
    c.header('content-type', 'text/css; charset=utf-8');
    c.header('cache-control', 'no-cache');
    return c.body(PAGE_STYLE);
  });

  app.get(AUTHORIZATION_PATH, (c) =>
    withRequest(openid, c, new URL(c.req.url).search.slice(1), (request) => {
      const signedIn = here(openid, c);
      const step = accountStep(request, signedIn);
      switch (step.kind) {
        case 'go-on':
          return goOn(openid, c, request, { account: step.account, signedIn });
        case 'choose':
          return show(openid, c, 200, chooserPage(request, signedIn), request);
        case 'sign-in':
          return show(openid, c, 200, signInPage(openid, request), request);
        case 'silent-failure':
          return back(openid, c, silentFailureCallback(openid, request));
      }
    }),
  );

  app.get(`${AUTHORIZATION_PATH}/sign-in`, (c) =>
    withRequest(openid, c, c.req.query('continue') ?? '', (request) => {
      const search = c.req.query('q')?.trim() ?? '';
      const isShaped = c.req.query('hd') !== 'any';
      return show(openid, c, 200, signInPage(openid, request, { search, isShaped }), request);
    }),
  );

  app.post(`${AUTHORIZATION_PATH}/account`, async (c) => {
    const form = await c.req.parseBody();
    return withRequest(openid, c, textOf(form['continue']), (request) => {
      const account = openid.accounts.find(textOf(form['account']));
      if (!account) return show(openid, c, 400, signInPage(openid, request), request);
      const signedIn = here(openid, c);
      // Nobody disabled gets signed in; whoever is, keeps their place among the others.
      if (account.condition === 'active' && !signedIn.some(({ id }) => id === account.id)) {
        signedIn.push(account);
      }
      c.header('set-cookie', accountsCookie(signedIn));
      return goOn(openid, c, request, { account, signedIn });
    });
  });

  app.post(`${AUTHORIZATION_PATH}/consent`, async (c) => {
    const form = await c.req.parseBody();
    return withRequest(openid, c, textOf(form['continue']), (request) => {
      const signedIn = here(openid, c);
      const account = signedIn.find(({ id }) => id === form['account']);
      if (!account) return show(openid, c, 400, signInPage(openid, request), request);
      if (form['decision'] !== 'continue')
        return back(openid, c, declinedCallback(openid, request));
      return goOn(openid, c, request, { account, signedIn, wasAsked: true });
    });
  });
  return app;
}

function here(openid: OpenId, c: Context): Account[] {
  return signedInAccounts(c.req.header('cookie'), openid.accounts);
}

/** Goes on with what the query asks for, or shows why nobody can. */
function withRequest(
  openid: OpenId,
  c: Context,
  query: string,
  next: (request: AuthorizationRequest) => Response | Promise<Response>,
): Response | Promise<Response> {
  const reading: Reading = readAuthorizationRequest(query, {
    clients: openid.clients,
    issuer: issuerFor(c.req.url, openid.origin),
    userAgent: c.req.header('user-agent') ?? '',
  });
  if ('request' in reading) return next(reading.request);
  if (openid.refusals === 'redirect') return back(openid, c, errorPage(c.req.url, reading.refusal));
  return show(openid, c, reading.refusal.status, refusalPage(reading.refusal));
}

/** `authError` is base64 of a protocol buffer: field 1 is the word, field 2 a sentence, field 3 the status. */
function errorPage(requestUrl: string, { error, detail, status }: PageError): string {
  const text = (field: number, value: string) => {
    const bytes = new TextEncoder().encode(value);
    return [(field << 3) | 2, ...varint(bytes.length), ...bytes];
  };
  const fields = [...text(1, error), ...text(2, detail), 3 << 3, ...varint(status)];
  const url = new URL('/signin/oauth/error', requestUrl);
  url.searchParams.set('authError', base64url.encode(new Uint8Array(fields)));
  url.searchParams.set('flowName', 'GeneralOAuthFlow');
  return url.href;
}

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];

/** With the account known: back to the app with a code, unless something is in the way. */
function goOn(
  openid: OpenId,
  c: Context,
  request: AuthorizationRequest,
  who: { account: Account; signedIn: readonly Account[]; wasAsked?: boolean },
): Response | Promise<Response> {
  const { account, signedIn, wasAsked = false } = who;
  const isSilent = request.prompts.includes('none');
  const decision = decide(openid, request, account);
  switch (decision.kind) {
    case 'refused':
      return show(openid, c, decision.refusal.status, refusalPage(decision.refusal, account));
    case 'disabled':
      if (isSilent) return back(openid, c, silentFailureCallback(openid, request));
      return show(openid, c, 403, disabledPage(request, account), request);
    case 'consent':
      if (wasAsked) break;
      if (isSilent) return back(openid, c, silentFailureCallback(openid, request));
      return show(openid, c, 200, consentPage(request, account), request);
    case 'granted':
      break;
  }
  if (wasAsked) {
    const { client, scopes } = request;
    openid.grants.consent({ clientId: client.clientId, accountId: account.id, scopes });
  }
  const authuser = signedIn.findIndex(({ id }) => id === account.id);
  return back(openid, c, codeCallback(openid, request, { account, authuser, wasAsked }));
}

/** A redirect carries none of the pages' headers, or it would cut a popup off that sees no page. */
function back(openid: OpenId, c: Context, url: string): Response {
  if (openid.coop === 'same-origin') c.header('cross-origin-opener-policy', 'same-origin');
  c.header('cache-control', 'no-store');
  return c.redirect(url, c.req.method === 'POST' ? 303 : 302);
}

function show(
  openid: OpenId,
  c: Context,
  status: 200 | 400 | 401 | 403,
  body: string | Promise<string>,
  request?: AuthorizationRequest,
): Response | Promise<Response> {
  // Chromium holds redirects after a form to form-action, too, and these forms end at the app.
  const app = request ? ` ${new URL(request.redirectUri).origin}` : '';
  c.header(
    'content-security-policy',
    `default-src 'none'; style-src 'self'; img-src data:; form-action 'self'${app}; frame-ancestors 'none'; base-uri 'none'`,
  );
  c.header('x-frame-options', 'DENY');
  c.header('cache-control', 'no-store');
  c.header('x-content-type-options', 'nosniff');
  // Not no-referrer: browsers would then send `Origin: null` with these forms.
  c.header('referrer-policy', 'same-origin');
  if (openid.coop === 'same-origin') c.header('cross-origin-opener-policy', 'same-origin');
  else c.header('cross-origin-opener-policy-report-only', 'same-origin; report-to="coop"');
  return c.html(body, status);
}
