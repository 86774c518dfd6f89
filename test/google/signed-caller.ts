// Calls a fake Google in process as a service account does: signs an assertion, fetches a token,
// calls the API. Every part of the assertion can be bent, for the tests of the refusals.
import { importPKCS8, SignJWT } from 'jose';
import type { Google } from './google.ts';
import { USER_READONLY_SCOPE } from './service-accounts.ts';

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

interface KeyFile {
  client_email: string;
  private_key: string;
  private_key_id: string;
  token_uri: string;
}

export function keyFileOf(google: Google): KeyFile {
  return JSON.parse(google.serviceAccountKey) as KeyFile;
}

/** A good assertion; `claims` overrides, and `undefined` there leaves a claim out. */
export async function signAssertion(
  google: Google,
  nowMs: number,
  claims: Record<string, unknown> = {},
  options: { privateKeyPem?: string; kid?: string } = {},
): Promise<string> {
  const file = keyFileOf(google);
  const now = Math.floor(nowMs / 1000);
  const payload: Record<string, unknown> = {
    iss: file.client_email,
    sub: google.workspace.adminEmail,
    scope: USER_READONLY_SCOPE,
    aud: 'https://oauth2.googleapis.com/token',
    iat: now,
    exp: now + 3600,
    ...claims,
  };
  for (const [name, value] of Object.entries(payload)) {
    if (value === undefined) delete payload[name];
  }
  const kid = options.kid ?? file.private_key_id;
  const key = await importPKCS8(options.privateKeyPem ?? file.private_key, 'RS256');
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid }).sign(key);
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed body; an empty object when it isn't JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any;
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const body: unknown = isJson && text !== '' ? JSON.parse(text) : {};
  return { status: response.status, headers: response.headers, text, body };
}

export async function requestToken(google: Google, form: Record<string, string>): Promise<Answer> {
  const body = new URLSearchParams(form);
  const request = new Request('https://oauth2.googleapis.com/token', { method: 'POST', body });
  return answerOf(await google.fetch(request));
}

/** An access token for these claims; fails the test when there is none. */
export async function accessToken(
  google: Google,
  nowMs: number,
  claims: Record<string, unknown> = {},
): Promise<string> {
  const assertion = await signAssertion(google, nowMs, claims);
  const answer = await requestToken(google, { grant_type: JWT_BEARER, assertion });
  if (typeof answer.body.access_token !== 'string') throw new Error(`no token: ${answer.text}`);
  return answer.body.access_token;
}

export interface CallOptions {
  method?: string;
  token?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Calls admin.googleapis.com; a path without `/admin` is below `/admin/directory/v1`. */
export async function callApi(google: Google, path: string, options: CallOptions = {}) {
  const { method = 'GET', token, body, headers = {}, signal } = options;
  const fullPath = path.startsWith('/admin') ? path : `/admin/directory/v1${path}`;
  const request = new Request(`https://admin.googleapis.com${fullPath}`, {
    method,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  return answerOf(await google.fetch(request));
}
