// REST for other systems and for the operator, under /api/v1: bearer tokens, no cookies, no CORS.
import { Hono } from 'hono';
import type { AppEnv } from '../config.ts';
import { describedDocument, documentOf } from './document.ts';
import { events } from './events.ts';
import { heldRemovals } from './held-removals.ts';
import { passes } from './passes.ts';
import { onlyAllow } from './refusal.ts';
import { users } from './users.ts';

export const api = new Hono<AppEnv>()
  .route('/held-removals', heldRemovals)
  .route('/users', users)
  .route('/events', events)
  .route('/passes', passes);

api
  .get('/openapi.json', describedDocument, documentOf(api))
  .all('/openapi.json', onlyAllow('GET, HEAD'));
