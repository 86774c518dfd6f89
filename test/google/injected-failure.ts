// Turns a switched-on API fault into an answer: an error, a wait, or no answer at all. Token calls
// fail in OAuth's shape, all others in that of the API.
import type { ApiFault, CallKind } from './fault-switches.ts';
import type { Faults } from './faults.ts';
import { errorResponse, htmlErrorResponse } from './google-error.ts';
import { CODE, oauthError } from './oauth-call.ts';

/** The connection broke before an answer: in process it rejects, a server cuts the socket. */
export class DroppedConnection extends TypeError {
  constructor() {
    super('fetch failed: the connection was dropped');
    this.name = 'TypeError';
  }
}

/** What a call is, seen from outside; also how it is counted. Pages for browsers are `other`. */
export function kindOfCall(
  method: string,
  path: string,
  grantType?: string | null,
): Exclude<CallKind, 'any'> | 'other' {
  if (isTokenCall(method, path)) return grantType === CODE ? 'code' : 'token';
  if (path.endsWith('/channels/stop')) return 'stop';
  if (path === '/admin/directory/v1/users/watch') return 'watch';
  if (method !== 'GET') return 'other';
  if (path === '/.well-known/openid-configuration') return 'discovery';
  if (path === '/oauth2/v3/certs') return 'jwks';
  if (path === '/admin/directory/v1/users') return 'list';
  if (/^\/admin\/directory\/v1\/groups\/[^/]+\/(members$|hasMember\/)/.test(path)) return 'members';
  return /^\/admin\/directory\/v1\/users\/[^/]+$/.test(path) ? 'get' : 'other';
}

/** Only such a call's kind is told by its form. */
export function isTokenCall(method: string, path: string): boolean {
  return path.endsWith('/token') && method === 'POST';
}

/** The failing answer; null when this call is to be answered as usual. */
export async function injectedFailure(
  request: Request,
  kind: ReturnType<typeof kindOfCall>,
  faults: Faults,
  random: () => number,
): Promise<Response | null> {
  const path = new URL(request.url).pathname;
  if (kind === 'other') return null;
  const failure = faults.take(kind, random);
  if (!failure) return null;
  if (failure.fault === 'dropped connection') throw new DroppedConnection();
  if (failure.fault === 'slow') {
    await wait(faults.slowMs, request.signal);
    return null;
  }
  const isToken = kind === 'token' || kind === 'code';
  const response = isToken ? tokenFault(failure.fault) : apiFault(failure.fault, path);
  if (failure.retryAfterSeconds !== undefined) {
    response.headers.set('retry-after', String(failure.retryAfterSeconds));
  }
  return response;
}

function apiFault(fault: ApiFault, path: string): Response {
  switch (fault) {
    case '403 userRateLimitExceeded':
      return error(403, 'userRateLimitExceeded', 'User Rate Limit Exceeded', 'usageLimits');
    case '403 quotaExceeded':
      return error(403, 'quotaExceeded', 'Quota exceeded.', 'usageLimits');
    case '403 forbidden':
      return error(403, 'forbidden', 'Not Authorized to access this resource/api');
    case '429':
      return error(
        429,
        'rateLimitExceeded',
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'",
        'usageLimits',
        'RESOURCE_EXHAUSTED',
      );
    case '500':
      return error(500, 'internalError', 'Internal error encountered.', 'global', 'INTERNAL');
    case '503':
      return error(503, 'backendError', 'Service unavailable.', 'global', 'UNAVAILABLE');
    default:
      return strangeAnswer(fault, path);
  }
}

function tokenFault(fault: ApiFault): Response {
  switch (fault) {
    case '403 userRateLimitExceeded':
    case '403 quotaExceeded':
    case '429':
      return oauthError(429, 'rate_limit_exceeded', 'Rate limit exceeded.');
    case '403 forbidden':
      return oauthError(403, 'access_denied', 'Account restricted');
    case '500':
      return oauthError(500, 'internal_failure', 'Backend Error');
    case '503':
      return oauthError(503, 'temporarily_unavailable', 'Backend Error');
    default:
      return strangeAnswer(fault, '/token');
  }
}

function strangeAnswer(fault: ApiFault, path: string): Response {
  switch (fault) {
    case '502 html':
      return htmlErrorResponse(502, path);
    case '404 html':
      return htmlErrorResponse(404, path);
    case 'empty body':
      return new Response(null, { headers: { 'content-type': 'application/json; charset=UTF-8' } });
    default:
      return new Response('{}', { headers: { 'content-type': 'application/json; charset=UTF-8' } });
  }
}

function error(
  status: number,
  reason: string,
  message: string,
  domain = 'global',
  canonical?: string,
): Response {
  return errorResponse({ status, reason, message, domain, ...(canonical && { canonical }) });
}

/** Ends early, with the caller's own reason, when the caller gives up. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
