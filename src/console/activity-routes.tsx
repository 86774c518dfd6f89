// The routes of what happened: the page, and the same as CSV.
import { Hono } from 'hono';
import type { ConsoleEnv } from './access.ts';

/** Everything under /console/activity. */
export const activity = new Hono<ConsoleEnv>();
