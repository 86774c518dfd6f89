// The routes of rules for roles: the list, a form, the preview, saving.
import { Hono } from 'hono';
import type { ConsoleEnv } from './access.ts';

/** Everything under /console/roles. */
export const roles = new Hono<ConsoleEnv>();
