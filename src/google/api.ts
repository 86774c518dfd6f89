// One authorised call to the Admin SDK: bearer token, one repeat with a fresh token, JSON or an error.
import { apiError, GoogleApiError } from './errors.ts';
import { type Answer, exchange, type Fetch } from './http.ts';
import type { AccessToken, TokenSource } from './service-account.ts';

export interface ApiOptions {
  /** `https://admin.googleapis.com`, or the laptop Workspace. */
  origin: string;
  tokens: TokenSource;
  fetch: Fetch;
  nowMs: () => number;
}

interface ApiCall {
  method: 'GET' | 'POST';
  path: string;
  query?: Record<string, string | undefined>;
  body?: unknown;
  timeoutMs: number;
  maxBytes: number;
  /** Acts as this admin and no other. */
  subject?: string | undefined;
}

interface ApiAnswer {
  answer: Answer;
  /** The admin the call was made as. */
  subject: string;
}

async function send(options: ApiOptions, call: ApiCall, token: AccessToken): Promise<Answer> {
  const url = new URL(call.path, options.origin);
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const headers: Record<string, string> = {
    authorization: `Bearer ${token.value}`,
    accept: 'application/json',
  };
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  const request = new Request(url, {
    method: call.method,
    headers,
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  return exchange(options.fetch, request, { ...call, nowMs: options.nowMs });
}

/** Within this time of its issue, a 403 says nothing about a token's admin that a new one would not say. */
const FRESH_MS = 60_000;

/**
 * Whether the call is worth a repeat with a new token: the old one expired in mid-flight or was revoked, or
 * it still acts as an admin who has been suspended or deleted since. Then every call is a 403 until the token
 * ends, while a new one is refused at the token endpoint, and the next admin of the list is found.
 */
function isWorthANewToken({ status, body }: Answer, token: AccessToken, nowMs: number): boolean {
  if (status === 401) return true;
  return (
    status === 403 &&
    nowMs - token.issuedMs > FRESH_MS &&
    apiError(status, body, undefined).code === 'forbidden'
  );
}

/**
 * Makes the call; any 2xx is success, whatever the body.
 *
 * @throws {GoogleApiError} for everything else
 */
export async function callApi(options: ApiOptions, call: ApiCall): Promise<ApiAnswer> {
  let token = await options.tokens.accessToken(call.subject);
  let answer = await send(options, call, token);
  if (isWorthANewToken(answer, token, options.nowMs())) {
    options.tokens.forget(token);
    token = await options.tokens.accessToken(call.subject);
    answer = await send(options, call, token);
  }
  if (answer.status >= 200 && answer.status < 300) return { answer, subject: token.subject };
  throw apiError(answer.status, answer.body, answer.retryAfterSeconds);
}

/** The JSON object of a successful answer. @throws {GoogleApiError} `invalid-response` (retryable) */
export function jsonObject({ status, body }: Answer): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new GoogleApiError({ code: 'invalid-response', status, retryable: true });
  }
  return body as Record<string, unknown>;
}
