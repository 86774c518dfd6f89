// How a sign-in or sign-out ends on a page: its status, its line in the log under the reference that the page shows.
import type { Context } from 'hono';
import type { AppEnv } from '../config.ts';
import { log } from '../log.ts';
import { type Again, ENDINGS, type Ending, endingPage, isUneventful } from './pages.tsx';

const HOME: Again = { returnTo: '/', challenge: null };

interface EndingDetails {
  again?: Again;
  /** What exactly happened, as a code. */
  code?: string;
  /** Who it was, once Google has said so. */
  userId?: string;
}

/** Answers with the page, and logs what its reference stands for: ids and codes, never what a stranger wrote. */
export function endWith(
  c: Context<AppEnv>,
  reason: Ending,
  details: EndingDetails = {},
): Response | Promise<Response> {
  const { again = HOME, ...known } = details;
  const requestId = c.get('requestId');
  const { status } = ENDINGS[reason];
  if (!isUneventful(reason)) {
    const event = status === 403 && reason !== 'declined' ? 'sign-in.refused' : 'sign-in.ended';
    log('warn', event, { reason, ...known, requestId });
  }
  if (status === 429 || status === 503) c.header('retry-after', '60');
  return c.html(endingPage(reason, again, requestId), status);
}
