// REST for other systems and for the operator, under /api/v1: bearer tokens, no cookies, no CORS.
import { Hono } from 'hono';
import type { AppEnv } from '../config.ts';
import { heldRemovals } from './held-removals.ts';

export const api = new Hono<AppEnv>().route('/held-removals', heldRemovals);
