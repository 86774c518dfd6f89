// What the document says of every route: the shape of errors, who may call, and how an answer looks.
import { describeRoute, resolver } from 'hono-openapi';
import * as z from 'zod';
import type { TokenScope } from '../db/api-tokens.ts';

export const API_TOKEN = 'apiToken';
export const OPERATOR_TOKEN = 'operatorToken';

const REQUEST_ID = '3f0c7f0e-6f1a-4c0e-9a55-0d9f0a2f7b11';

/** The shape of every error of the app. */
const errorBody = z
  .object({
    error: z.object({
      code: z.string().meta({ description: 'Stable: for programs.' }),
      message: z.string().meta({ description: 'For people; may change.' }),
      requestId: z.string().meta({ description: 'The log knows the request by it.' }),
    }),
  })
  .meta({
    id: 'Error',
    examples: [
      { error: { code: 'invalid', message: 'limit: must be at most 200.', requestId: REQUEST_ID } },
    ],
  });

const ERRORS = {
  400: 'A parameter, named in the message, or the body can’t be read.',
  401: 'No token, or none that is live: unknown, expired, revoked, or suspended because its maker may no longer.',
  403: 'The token lacks the scope.',
  404: 'Nobody, or nothing, of this directory.',
  405: 'Another method; `Allow` names those that there are.',
  409: 'The list is another one by now.',
  500: 'A fault of ours.',
  503: 'The database does not answer; try again.',
} as const;
type ErrorStatus = keyof typeof ERRORS;

const AUTHENTICATE = {
  'WWW-Authenticate': {
    description: 'RFC 6750: `Bearer`, with `error` where a token was sent.',
    schema: { type: 'string' as const },
  },
};

/** An answer with an error. */
export const errorResponse = (status: ErrorStatus) => ({
  description: ERRORS[status],
  ...(status === 401 || status === 403 ? { headers: AUTHENTICATE } : {}),
  content: { 'application/json': { schema: resolver(errorBody) } },
});

interface Described {
  operationId: string;
  tag: 'Users' | 'Events' | 'Passes' | 'Held removals' | 'This document';
  summary: string;
  description?: string;
  /** What the caller needs; `null` = nothing. */
  needs: TokenScope | typeof OPERATOR_TOKEN | null;
  answer: { description: string; schema: z.ZodType };
  /** What of a JSON body is expected. */
  body?: z.ZodType;
  errors: readonly ErrorStatus[];
}

function securityOf(needs: Described['needs']): Record<string, string[]>[] {
  if (needs === null) return [];
  return needs === OPERATOR_TOKEN ? [{ [OPERATOR_TOKEN]: [] }] : [{ [API_TOKEN]: [needs] }];
}

/** Says what a route does, for the document. */
export function described(route: Described) {
  const { operationId, tag, summary, description, needs, answer, body, errors } = route;
  const statuses: readonly ErrorStatus[] = [...errors, 500, 503];
  return describeRoute({
    operationId,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: securityOf(needs),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: resolver(body) } },
          },
        }),
    responses: {
      200: {
        description: answer.description,
        content: { 'application/json': { schema: resolver(answer.schema) } },
      },
      ...Object.fromEntries(statuses.map((status) => [status, errorResponse(status)])),
    },
  });
}
