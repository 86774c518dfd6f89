// What ends in a question to Google: the configuration knows one Google, that of the directory `default`.
import type { MiddlewareHandler } from 'hono';
import { DEFAULT_DIRECTORY_ID } from '../config.ts';
import { nameOf } from '../sso/session.ts';
import type { ConsoleEnv } from './access.ts';
import { directoryOf } from './act.ts';
import { otherDirectoryPage } from './pages/no-permission.tsx';

/** Refuses operators of another directory: of their people this Google would say that they are gone. */
export const whereGoogleIs: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  if (directoryOf(c) === DEFAULT_DIRECTORY_ID) return next();
  return c.html(otherDirectoryPage({ name: nameOf(c.get('operator')) }), 409);
};
