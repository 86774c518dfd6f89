// The routes of API tokens: the list, making one, revoking one.
import { Hono } from 'hono';
import type { ConsoleEnv } from './access.ts';

/** Everything under /console/tokens. */
export const tokens = new Hono<ConsoleEnv>();
