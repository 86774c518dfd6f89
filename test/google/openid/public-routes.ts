// What anybody may ask this Google about sign-in: the discovery document, the public keys; and with an
// access token, who it is about, or its end.
import { Hono } from 'hono';
import { oauthError, tokenForm } from '../oauth-call.ts';
import { profileClaims } from './id-token.ts';
import { endpointsOf, issuerFor } from './issuer.ts';
import type { OpenId } from './openid.ts';

export function publicRoutes(openid: OpenId): Hono {
  const app = new Hono();

  app.get('/.well-known/openid-configuration', (c) => {
    c.header('cache-control', 'public, max-age=3600');
    return c.json(discoveryDocument(issuerFor(c.req.url, openid.origin)));
  });

  app.get('/oauth2/v3/certs', async (c) => {
    await openid.keys.ready();
    c.header('cache-control', 'public, max-age=22704, must-revalidate, no-transform');
    return c.json(openid.keys.jwks());
  });

  app.on(['GET', 'POST'], '/v1/userinfo', (c) => {
    const text = /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    const token = openid.grants.findToken(text);
    const account = token && openid.accounts.find(token.accountId);
    if (!account) return oauthError(401, 'invalid_request', 'Invalid Credentials');
    const { hd } = account;
    return c.json({
      sub: account.id,
      ...profileClaims(account, token.scopes),
      ...(hd !== null && { hd }),
    });
  });

  // Revoking also takes the consent back, so the next sign-in asks again (facts 6.8).
  app.post('/revoke', async (c) => {
    const form = await tokenForm(c);
    const token = form.get('token') ?? c.req.query('token') ?? '';
    if (openid.grants.revoke(token)) return c.json({});
    return oauthError(400, 'invalid_token', 'Token expired or revoked');
  });
  return app;
}

function discoveryDocument(issuer: string) {
  const at = endpointsOf(issuer);
  return {
    issuer: at.issuer,
    authorization_endpoint: at.authorization,
    device_authorization_endpoint: at.device,
    token_endpoint: at.token,
    userinfo_endpoint: at.userinfo,
    revocation_endpoint: at.revocation,
    jwks_uri: at.jwks,
    response_types_supported: [
      'code',
      'token',
      'id_token',
      'code token',
      'code id_token',
      'token id_token',
      'code token id_token',
      'none',
    ],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid', 'email', 'profile'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    claims_supported: [
      'aud',
      'email',
      'email_verified',
      'exp',
      'family_name',
      'given_name',
      'iat',
      'iss',
      'name',
      'picture',
      'sub',
    ],
    code_challenge_methods_supported: ['plain', 'S256'],
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
    ],
    authorization_response_iss_parameter_supported: true,
  };
}
