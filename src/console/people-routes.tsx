// The routes of people: the search, one person, and what an operator does about them.
import { Hono } from 'hono';
import type { ConsoleEnv } from './access.ts';

/** Everything under /console/people. */
export const people = new Hono<ConsoleEnv>();
