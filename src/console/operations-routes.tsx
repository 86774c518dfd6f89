// The routes of what keeps people in step: passes, notification channels, dead letters.
import { Hono } from 'hono';
import type { ConsoleEnv } from './access.ts';

/** Everything under /console/passes, /console/channels and /console/dead-letters. */
export const operations = new Hono<ConsoleEnv>();
