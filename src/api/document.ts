// The OpenAPI 3.1 document of everything under /api/v1, made from the schemas that the routes themselves go by.
import type { Hono } from 'hono';
import { openAPIRouteHandler } from 'hono-openapi';
import * as z from 'zod';
import type { AppEnv } from '../config.ts';
import { API_TOKEN, described, errorResponse, OPERATOR_TOKEN } from './described.ts';

const TAGS = [
  { name: 'Users', description: 'People, found and explained.' },
  { name: 'Events', description: 'What happened to them, in order.' },
  { name: 'Passes', description: 'What keeps them in step.' },
  { name: 'Held removals', description: 'For the operator: who waits for a word.' },
  { name: 'This document' },
];

const DESCRIPTION = `Bearer tokens are made in the console under *API tokens*: bound to one directory, with scopes and an end.
Every time is ISO 8601 in UTC. An unknown or repeated parameter is refused. Whatever goes wrong is answered in one shape,
\`Error\`. Fields may be added: ignore those you don’t know.`;

/** How the route of the document itself is described. */
export const describedDocument = described({
  operationId: 'getDocument',
  tag: 'This document',
  summary: 'OpenAPI 3.1 of these routes',
  needs: null,
  answer: {
    description: 'This document.',
    schema: z.object({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
  },
  errors: [],
});

/** Serves the document of an app's routes. It is made once in an isolate. */
export const documentOf = (app: Hono<AppEnv>) =>
  openAPIRouteHandler<AppEnv>(app, {
    excludeStaticFile: false,
    documentation: {
      info: { title: 'Rollcall', version: '1', description: DESCRIPTION },
      servers: [{ url: '/api/v1' }],
      tags: TAGS,
      components: {
        securitySchemes: {
          [API_TOKEN]: {
            type: 'http',
            scheme: 'bearer',
            description: 'A token made in the console: `rollcall_…`. It has some of the scopes.',
          },
          [OPERATOR_TOKEN]: {
            type: 'http',
            scheme: 'bearer',
            description: 'OPERATOR_TOKEN of the deployment. Unset, its routes answer 404.',
          },
        },
        responses: { NothingHere: errorResponse(404), MethodNotAllowed: errorResponse(405) },
      },
    },
  });
