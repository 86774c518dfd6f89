// How fast the consumer may go. Google takes 2,400 calls a minute from all users of a project, and one consumer with
// six requests in flight makes more of them than that when the answers come fast. So what it spends is drawn from a
// bucket, and after a batch it rests while the bucket is empty; when Google says that it is too fast, it rests longer.
//
// Kept in the memory of an isolate: there is one consumer, and a new isolate begins with a full bucket. Whoever signs in
// draws from it nothing and never waits.
import type { Config } from '../config.ts';

/** Calls that may be made at once after a while of none: pushes about a whole department. */
const CAPACITY = 1_000;
/**
 * No minute sees more than what was in the bucket, what flowed in, and one batch that overdrew it: 2,245. The rest of
 * Google's 2,400 is for passes and sign-ins.
 *
 * @see https://developers.google.com/workspace/admin/directory/v1/limits
 */
const CALLS_PER_SECOND = 20;

/** The longest rest of our own choice after a rate limit, and the longest that Google is granted. */
const MAX_REST_SECONDS = 30;
const MAX_RETRY_AFTER_SECONDS = 60;

/** What a batch came to. */
interface Spent {
  googleCalls: number;
  /** Google said that we are too fast. `retryAfterSeconds`: the longest it asked for; 0 = nothing. */
  rateLimit: { retryAfterSeconds: number } | null;
}

/** The consumer's pace in this isolate. Takes the time as an argument; somebody else waits. */
export class Pace {
  #calls = CAPACITY;
  #filledMs: number | undefined;
  /** Batches in a row that met a rate limit. */
  #limited = 0;

  /**
   * Draws what a batch has spent.
   *
   * @param random in [0, 1)
   * @returns how long to rest now, in milliseconds; 0 for what is ordinary
   */
  restAfter({ googleCalls, rateLimit }: Spent, nowMs: number, random: number): number {
    const passedMs = Math.max(0, nowMs - (this.#filledMs ?? nowMs));
    this.#filledMs = nowMs;
    this.#calls = Math.min(CAPACITY, this.#calls + (passedMs / 1000) * CALLS_PER_SECOND);
    this.#calls -= googleCalls;
    const emptyMs = (Math.max(0, -this.#calls) / CALLS_PER_SECOND) * 1000;
    return Math.ceil(emptyMs + this.#afterRateLimit(rateLimit, googleCalls, random));
  }

  #afterRateLimit(rateLimit: Spent['rateLimit'], googleCalls: number, random: number): number {
    // A batch that asked nothing has not learned that Google is content again.
    if (rateLimit === null && googleCalls > 0) this.#limited = 0;
    if (rateLimit === null) return 0;
    const full = Math.min(MAX_REST_SECONDS, 2 ** this.#limited);
    this.#limited += 1;
    const asked = Math.min(MAX_RETRY_AFTER_SECONDS, rateLimit.retryAfterSeconds);
    return Math.max(full / 2 + (full / 2) * random, asked) * 1000;
  }
}

const paces = new WeakMap<Config, Pace>();

/** The one pace of a deployment, for as long as the isolate lives and the configuration is the same. */
export function paceOf(config: Config): Pace {
  const pace = paces.get(config) ?? new Pace();
  paces.set(config, pace);
  return pace;
}
