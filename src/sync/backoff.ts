// How long to wait before the next try. Pure; chance is an argument.

const BASE_SECONDS = 2;
const CAP_SECONDS = 15 * 60;
/** The longest `Retry-After` that is honoured. */
const RETRY_AFTER_CAP_SECONDS = 3600;

/**
 * Capped exponential backoff with jitter over its upper half, as Google advises.
 *
 * @param attempts how often it was tried so far, from 1
 * @param random in [0, 1)
 * @param retryAfterSeconds what the other side asked for: never less than that
 * @returns whole seconds, at least 1
 * @see https://developers.google.com/workspace/admin/directory/v1/limits#exponential
 */
export function backoffSeconds(attempts: number, random: number, retryAfterSeconds = 0): number {
  const full = Math.min(CAP_SECONDS, BASE_SECONDS * 2 ** Math.min(30, Math.max(0, attempts - 1)));
  const wait = full / 2 + (full / 2) * random;
  return Math.max(
    1,
    Math.ceil(Math.max(wait, Math.min(RETRY_AFTER_CAP_SECONDS, retryAfterSeconds))),
  );
}
