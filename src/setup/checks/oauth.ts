// Whether Google knows the OAuth client, the address that people come back to, and the secret; as far as can be told without
// a person. Asks the authorization endpoint with prompt=none, and the token endpoint with a code that nobody was given.
// https://developers.google.com/identity/protocols/oauth2/web-server#handlingresponse
import type { Config } from '../../config.ts';
import { GoogleApiError } from '../../google/errors.ts';
import { exchange, type Fetch, limitedFetch } from '../../google/http.ts';
import { authorizationUrl, newAttempt } from '../../google/openid.ts';
import { OpenIdError } from '../../google/openid-errors.ts';
import { type OpenIdPorts, type Provider, readProvider } from '../../google/openid-provider.ts';
import { CALLBACK_PATH } from '../../sso/paths.ts';
import { mayLeadTo } from '../../targets.ts';
import { type Finding, failed, ok, waiting } from '../finding.ts';
import { clientProblem, type OAuthProblem, refusalIn } from './oauth-refusals.ts';
import { inProject, setVar } from './places.ts';

const LIMITS = { timeoutMs: 8_000, maxBytes: 2 * 1024 * 1024 };

/** Known to Google; refused, with Google's word for it; or not to be told. */
export type Verdict =
  | { kind: 'known' }
  | { kind: 'refused'; code: string }
  | { kind: 'unclear'; why: string };

async function askAuthorization(openid: OpenIdPorts): Promise<Verdict> {
  const url = await authorizationUrl(openid, newAttempt(), { prompt: 'none', loginHint: null });
  const response = await limitedFetch(openid.fetch, new Request(url.href), LIMITS);
  const location = response.headers.get('location');
  const target =
    location !== null && URL.canParse(location, url.href) ? new URL(location, url.href) : null;
  const callback = new URL(openid.client.redirectUri);
  // Only to an address that it knows does Google send anybody, with whatever word.
  if (target?.origin === callback.origin && target.pathname === callback.pathname)
    return { kind: 'known' };
  const code = refusalIn(target, response.status >= 400 ? await response.text() : '');
  if (code !== null) return { kind: 'refused', code };
  return { kind: 'unclear', why: `the sign-in page answered ${response.status}` };
}

async function askSecret(openid: OpenIdPorts, provider: Provider): Promise<Verdict> {
  const { clientId, clientSecret, redirectUri } = openid.client;
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: 'a-code-that-nobody-was-given',
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uri: redirectUri,
    code_verifier: newAttempt().codeVerifier,
  });
  const request = new Request(provider.token_endpoint, { method: 'POST', body });
  const answer = await exchange(openid.fetch, request, { ...LIMITS, nowMs: openid.nowMs });
  const { error } = (answer.body ?? {}) as Record<string, unknown>;
  // Google looks at the code only once it believes the client.
  if (error === 'invalid_grant') return { kind: 'known' };
  const isWord = typeof error === 'string' && /^[a-z_]{3,40}$/.test(error);
  if (answer.status >= 500 || answer.status === 429 || !isWord)
    return { kind: 'unclear', why: `the token endpoint answered ${answer.status}` };
  return { kind: 'refused', code: error };
}

/** No answer says nothing about the client. */
async function orUnclear(question: Promise<Verdict>): Promise<Verdict> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof GoogleApiError || error instanceof OpenIdError)
      return { kind: 'unclear', why: error.code };
    throw error;
  }
}

function notConfigured({ missingForSignIn, serviceAccount }: Config, redirectUri: string): Finding {
  return waiting(
    'oauth',
    `Nobody can sign in yet: ${missingForSignIn.join(' and ')} ${missingForSignIn.length > 1 ? 'are' : 'is'} not set. People are kept in step without.`,
    [
      `Open ${inProject('/auth/clients', serviceAccount)} (Google Auth Platform > Clients; Get started first, audience Internal, if Google asks).`,
      'Create client, application type Web application. Under Authorized redirect URIs, Add URI: paste the one below. Create.',
      `Paste the client ID that Google shows. ${setVar('GOOGLE_CLIENT_ID')}`,
      'Set the client secret that Google shows with the command below (locally in .dev.vars), then check again.',
    ],
    [
      { label: 'Authorized redirect URI', value: redirectUri },
      { label: 'Command', value: 'npx wrangler secret put GOOGLE_CLIENT_SECRET' },
    ],
  );
}

export async function checkOAuth(
  config: Config,
  fetch: Fetch,
  nowMs: () => number,
): Promise<Finding> {
  const redirectUri = new URL(CALLBACK_PATH, config.publicUrl).href;
  const { oauthClient } = config;
  if (oauthClient === undefined) return notConfigured(config, redirectUri);
  const { id: clientId, secret: clientSecret } = oauthClient;
  const openid: OpenIdPorts = {
    client: { issuer: config.googleIssuer, clientId, clientSecret, redirectUri },
    cache: {},
    mayCall: (endpoint) => mayLeadTo(new URL(config.googleIssuer), endpoint),
    fetch,
    nowMs,
  };
  let provider: Provider;
  try {
    provider = await readProvider(openid);
  } catch (error) {
    if (!(error instanceof OpenIdError)) throw error;
    if (error.code === 'discovery-invalid')
      return failed(
        'oauth',
        `${config.googleIssuer} does not name its endpoints, or names some that nobody may be sent to: they must be https at public hosts (discovery-invalid). None was called.`,
        [
          `Remove GOOGLE_ISSUER, or set it to https://accounts.google.com. ${setVar('GOOGLE_ISSUER')}`,
        ],
      );
    return waiting('oauth', `${config.googleIssuer} did not tell its endpoints: ${error.code}.`, [
      'Check again in a minute.',
      'If it stays so: remove GOOGLE_ISSUER, or set it to https://accounts.google.com.',
    ]);
  }
  const client = await orUnclear(askAuthorization(openid));
  const secret = await orUnclear(askSecret(openid, provider));
  const problems: OAuthProblem[] = [];
  if (client.kind === 'refused') problems.push(clientProblem(client.code, 'page', openid.client));
  // What is wrong with the client itself, both endpoints say.
  const isNew =
    secret.kind === 'refused' &&
    (client.kind !== 'refused' || client.code === 'redirect_uri_mismatch');
  if (isNew) problems.push(clientProblem(secret.code, 'token', openid.client));
  if (problems.length > 0)
    return failed(
      'oauth',
      problems.map(({ says }) => says).join(' '),
      problems.flatMap(({ steps }) => steps),
      problems.flatMap(({ paste }) => paste),
    );
  if (client.kind === 'known' && secret.kind === 'known')
    return ok(
      'oauth',
      `Google knows the client, sends people back to ${redirectUri}, and takes the secret.`,
    );
  const unclear = [client, secret].flatMap((one) => (one.kind === 'unclear' ? [one.why] : []));
  return waiting(
    'oauth',
    `It could not be told without a person: ${unclear.join(', ')}.`,
    [`Try it: open ${new URL('/auth/login', config.publicUrl).href} and sign in.`],
    [{ label: 'Authorized redirect URI', value: redirectUri }],
  );
}
