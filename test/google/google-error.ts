// The shapes in which Google answers an error (facts 4.1): the old Directory form, the gateway form
// with `status` and `details`, and the HTML page of paths that don't exist.

const SERVICE = 'admin.googleapis.com';

export interface GoogleFailure {
  status: number;
  reason: string;
  message: string;
  domain?: string;
  location?: string;
  locationType?: string;
  extendedHelp?: string;
  /** `status` of the gateway form, such as PERMISSION_DENIED. */
  canonical?: string;
  /** `details[0].reason` of the gateway form. */
  detail?: { reason: string; metadata?: Record<string, string> };
  headers?: Record<string, string>;
}

/** Thrown by a route, answered by the one error handler in google.ts. */
export class GoogleApiFailure extends Error {
  readonly failure: GoogleFailure;
  constructor(failure: GoogleFailure) {
    super(failure.message);
    this.name = 'GoogleApiFailure';
    this.failure = failure;
  }
}

export function fail(
  status: number,
  reason: string,
  message: string,
  more: Partial<GoogleFailure> = {},
): never {
  throw new GoogleApiFailure({ status, reason, message, ...more });
}

export function errorResponse(failure: GoogleFailure): Response {
  const { status, reason, message, domain = 'global' } = failure;
  const entry: Record<string, unknown> = { message, domain, reason };
  if (failure.location) entry['location'] = failure.location;
  if (failure.locationType) entry['locationType'] = failure.locationType;
  if (failure.extendedHelp) entry['extendedHelp'] = failure.extendedHelp;
  const error: Record<string, unknown> = { code: status, message, errors: [entry] };
  if (failure.canonical) error['status'] = failure.canonical;
  if (failure.detail) {
    error['details'] = [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: failure.detail.reason,
        domain: 'googleapis.com',
        metadata: { service: SERVICE, ...failure.detail.metadata },
      },
    ];
  }
  return new Response(JSON.stringify({ error }, null, 2), {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...failure.headers },
  });
}

const TITLES: Record<number, string> = {
  404: 'Not Found',
  502: 'Bad Gateway',
  504: 'Gateway Timeout',
};

/** Google's own error page: an unknown path, a wrong method, or a broken front end. */
export function htmlErrorResponse(status: number, path: string): Response {
  const title = `Error ${status} (${TITLES[status] ?? 'Server Error'})!!1`;
  const shown = path.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const what =
    status === 404
      ? `The requested URL <code>${shown}</code> was not found on this server.`
      : 'The server encountered a temporary error and could not complete your request.';
  const body = `<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <title>${title}</title>
  <p><b>${status}.</b> <ins>That’s an error.</ins>
  <p>${what}  <ins>That’s all we know.</ins>
`;
  return new Response(body, { status, headers: { 'content-type': 'text/html; charset=UTF-8' } });
}

export function userNotFound(): never {
  fail(404, 'notFound', 'Resource Not Found: userKey');
}

export function notAuthorized(): never {
  fail(403, 'forbidden', 'Not Authorized to access this resource/api');
}
