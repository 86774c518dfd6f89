// Reads the query with which an app sends somebody here, and refuses what Google refuses on a page of
// its own (facts 6.6): as long as client and redirect URI are in doubt, nobody may be sent back.
import type { OAuthClient, OAuthClients } from './clients.ts';
import type { CodeGrant } from './grants.ts';
import { type Scope, shortScope } from './scopes.ts';

export interface AuthorizationRequest {
  client: OAuthClient;
  redirectUri: string;
  scopes: Scope[];
  state: string | null;
  nonce: string | null;
  challenge: CodeGrant['challenge'];
  prompts: Prompt[];
  /** An address or an id. */
  loginHint: string | null;
  /** A domain, or `*` for any Workspace account; shapes the lists of accounts and enforces nothing. */
  hd: string | null;
  isOffline: boolean;
  /** The issuer by whose name the browser is here. */
  issuer: string;
  /** The query as it came, to go on with after a page. */
  query: string;
}

const PROMPTS = ['none', 'consent', 'select_account'] as const;
type Prompt = (typeof PROMPTS)[number];

/** What ends on a page at Google and never reaches the app. */
export interface PageError {
  status: 400 | 401 | 403;
  error: string;
  detail: string;
}

export type Reading = { request: AuthorizationRequest } | { refusal: PageError };

const CHALLENGE = /^[A-Za-z0-9._~-]{43,128}$/;
const EMBEDDED_WEB_VIEW = '; wv)';

export function readAuthorizationRequest(
  query: string,
  context: { clients: OAuthClients; issuer: string; userAgent: string },
): Reading {
  const params = new URLSearchParams(query);
  if (context.userAgent.includes(EMBEDDED_WEB_VIEW)) {
    return refused(403, 'disallowed_useragent', 'This browser is part of another app.');
  }
  for (const name of new Set(params.keys())) {
    if (params.getAll(name).length > 1) {
      return badRequest(`OAuth 2 parameters can only have a single value: ${name}`);
    }
  }
  const client = knownClient(params, context.clients);
  if ('error' in client) return { refusal: client };
  const redirectUri = params.get('redirect_uri');
  if (!redirectUri) return badRequest('Missing required parameter: redirect_uri');
  if (!client.redirectUris.includes(redirectUri)) {
    return refused(400, 'redirect_uri_mismatch', `Not registered for this app: ${redirectUri}`);
  }
  return readRest(params, { client, redirectUri, issuer: context.issuer, query });
}

function knownClient(params: URLSearchParams, clients: OAuthClients): OAuthClient | PageError {
  const clientId = params.get('client_id');
  if (!clientId) {
    const detail = 'Missing required parameter: client_id';
    return { status: 400, error: 'invalid_request', detail };
  }
  const client = clients.find(clientId);
  if (!client) {
    return { status: 401, error: 'invalid_client', detail: 'The OAuth client was not found.' };
  }
  if (client.status !== 'enabled') {
    const detail = `The OAuth client was ${client.status}.`;
    return { status: 401, error: `${client.status}_client`, detail };
  }
  return client;
}

function readRest(
  params: URLSearchParams,
  known: Pick<AuthorizationRequest, 'client' | 'redirectUri' | 'issuer' | 'query'>,
): Reading {
  const responseType = params.get('response_type');
  if (!responseType) return badRequest('Missing required parameter: response_type');
  if (responseType !== 'code') return badRequest(`Not served here: response_type=${responseType}`);

  const names = words(params.get('scope'));
  if (names.length === 0) return badRequest('Missing required parameter: scope');
  if (names[0] !== 'openid') return badRequest('A sign-in’s scope starts with openid.');
  const scopes = names.map(shortScope);
  const strange = names.find((_, at) => scopes[at] === undefined);
  if (strange !== undefined) {
    return refused(400, 'invalid_scope', `Some requested scopes were invalid: ${strange}`);
  }

  const prompts = words(params.get('prompt'));
  const odd = prompts.find((one) => !PROMPTS.includes(one as Prompt));
  if (odd !== undefined) return badRequest(`Invalid parameter value for prompt: ${odd}`);
  if (prompts.includes('none') && prompts.length > 1) {
    return badRequest('Invalid parameter value for prompt: none goes with nothing else');
  }

  const challenge = readChallenge(params);
  if (typeof challenge === 'string') return badRequest(challenge);
  const request: AuthorizationRequest = {
    ...known,
    scopes: [...new Set(scopes)] as Scope[],
    state: params.get('state'),
    nonce: params.get('nonce'),
    challenge,
    prompts: prompts as Prompt[],
    loginHint: params.get('login_hint') || null,
    hd: params.get('hd') || null,
    isOffline: params.get('access_type') === 'offline',
  };
  return { request };
}

/** A text says what is wrong. */
function readChallenge(params: URLSearchParams): CodeGrant['challenge'] | string {
  const value = params.get('code_challenge');
  const method = params.get('code_challenge_method') ?? 'plain';
  if (method !== 'S256' && method !== 'plain') {
    return `Invalid parameter value for code_challenge_method: ${method}`;
  }
  if (value === null) {
    const isMissing = params.has('code_challenge_method');
    return isMissing ? 'Missing required parameter: code_challenge' : null;
  }
  return CHALLENGE.test(value) ? { value, method } : 'Invalid parameter value for code_challenge';
}

function words(text: string | null): string[] {
  return (text ?? '').split(' ').filter((word) => word !== '');
}

function badRequest(detail: string): Reading {
  return refused(400, 'invalid_request', detail);
}

function refused(status: PageError['status'], error: string, detail: string): Reading {
  return { refusal: { status, error, detail } };
}
