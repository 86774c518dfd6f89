// POST …/token: the JWT-bearer grant of a service account, and the way to openid/code-grant.ts for the
// code of a person. Judging the assertion is assertion.ts; here are the form around it and the answers
// in OAuth's shapes.
import { type Context, Hono } from 'hono';
import { generateKeyPair, SignJWT } from 'jose';
import { ACCESS_TOKEN_SECONDS, type AccessTokens } from './access-tokens.ts';
import { judgeAssertion } from './assertion.ts';
import type { Faults } from './faults.ts';
import { CODE, json, oauthError, tokenForm } from './oauth-call.ts';
import { redeemCode } from './openid/code-grant.ts';
import type { OpenId } from './openid/openid.ts';
import type { ServiceAccount, ServiceAccounts } from './service-accounts.ts';
import type { Workspace } from './workspace.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

interface TokenEndpointParts {
  accounts: ServiceAccounts;
  workspace: Workspace;
  tokens: AccessTokens;
  faults: Faults;
  openid: OpenId;
  origin: string;
  nowMs: () => number;
}

export function tokenEndpoint(parts: TokenEndpointParts): Hono {
  const app = new Hono();
  for (const path of ['/token', '/oauth2/v4/token', '/o/oauth2/token']) {
    app.post(path, (c) => answer(c, parts));
  }
  return app;
}

async function answer(c: Context, parts: TokenEndpointParts): Promise<Response> {
  const form = await tokenForm(c);
  const grantType = form.get('grant_type');
  if (grantType === CODE) return redeemCode(parts.openid, form, c.req.header('authorization'));
  if (grantType !== JWT_BEARER) {
    return oauthError(400, 'unsupported_grant_type', `Invalid grant_type: ${grantType ?? ''}`);
  }
  if (form.has('scope')) {
    return oauthError(400, 'invalid_scope', 'Scope downscoping is not supported for this grant.');
  }
  const { accounts, workspace, tokens, faults, origin, nowMs } = parts;
  const verdict = await judgeAssertion(form.get('assertion') ?? '', {
    accounts,
    workspace,
    nowMs: nowMs() + faults.clockAheadMs,
    ownTokenUrls: [`${origin}/token`, ...ownUrl(c.req.url)],
  });
  switch (verdict.kind) {
    case 'refused':
      return oauthError(verdict.refusal.status, verdict.refusal.error, verdict.refusal.description);
    case 'id-token-only':
      return json(200, { id_token: await idToken(verdict.account, verdict.scope, nowMs()) });
    case 'granted': {
      const { account, subjectId, scopes } = verdict;
      const { token } = tokens.issue({
        clientEmail: account.clientEmail,
        subjectId,
        scopes,
        isDead: faults.deadTokens,
      });
      return json(200, {
        access_token: token,
        expires_in: ACCESS_TOKEN_SECONDS,
        token_type: 'Bearer',
      });
    }
  }
}

/** On a laptop the fake may be reached at another loopback name than its configured origin. */
function ownUrl(url: string): string[] {
  const { hostname, origin, pathname } = new URL(url);
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname) ? [origin + pathname] : [];
}

/** What a scope that doesn't exist gives: an ID token whose audience is the scope text. */
async function idToken(account: ServiceAccount, scope: string, nowMs: number): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256');
  const now = Math.floor(nowMs / 1000);
  return new SignJWT({ azp: account.clientEmail, email: account.clientEmail, email_verified: true })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer('https://accounts.google.com')
    .setAudience(scope)
    .setSubject(account.clientId)
    .setIssuedAt(now)
    .setExpirationTime(now + 3600)
    .sign(privateKey);
}
