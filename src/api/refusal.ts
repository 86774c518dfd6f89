// How the API says no: a stable code, words for a person, and the id under which the log knows the request.
import type { Context } from 'hono';
import type { AppEnv } from '../config.ts';

/** An answer in the app's shape of errors. */
export function refuse<E extends AppEnv>(
  c: Context<E>,
  status: 400 | 401 | 403 | 404 | 405 | 409,
  code: string,
  message: string,
): Response {
  return c.json({ error: { code, message, requestId: c.get('requestId') } }, status);
}

/** Answers every method that the routes before it did not take. */
export const onlyAllow =
  (methods: string) =>
  <E extends AppEnv>(c: Context<E>): Response => {
    c.header('allow', methods);
    return refuse(c, 405, 'method-not-allowed', `Only ${methods} here.`);
  };
