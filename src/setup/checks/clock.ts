// Whether our clock agrees with Google's: every answer of Google's says what time it is there. Google refuses assertions and
// tokens out of their time, so a wrong clock looks like a wrong key.
import { exchange, type Fetch } from '../../google/http.ts';
import { type Finding, failed, ok, waiting } from '../finding.ts';

const LARGEST_SKEW_MS = 60_000;
const LIMITS = { timeoutMs: 8_000, maxBytes: 256 * 1024 };

interface WatchedClock {
  /** Notes the time in each answer that passes. */
  fetch: Fetch;
  /** How far our clock is ahead of Google's, in ms; `null` while nobody has answered. */
  aheadMs: () => number | null;
  /** Whether it is so far that Google would mind. */
  isWrong: () => boolean;
}

/** Watches the `Date` of what comes back. The smallest difference counts: a delayed answer makes it larger, never smaller. */
export function watchClock(fetch: Fetch, nowMs: () => number): WatchedClock {
  let nearest: number | null = null;
  return {
    fetch: async (request) => {
      const response = await fetch(request);
      const { headers } = response;
      // Out of a cache on the way it would be the time of somebody else's question.
      const dateMs = headers.has('age') ? Number.NaN : Date.parse(headers.get('date') ?? '');
      if (Number.isFinite(dateMs)) {
        const aheadMs = nowMs() - dateMs;
        if (nearest === null || Math.abs(aheadMs) < Math.abs(nearest)) nearest = aheadMs;
      }
      return response;
    },
    aheadMs: () => nearest,
    isWrong: () => nearest !== null && Math.abs(nearest) > LARGEST_SKEW_MS,
  };
}

const inWords = (ms: number) => {
  const seconds = Math.round(Math.abs(ms) / 1000);
  return seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
};

/** @param issuer asked only if nothing has answered so far */
export async function checkClock(
  clock: WatchedClock,
  issuer: string,
  nowMs: () => number,
): Promise<Finding> {
  if (clock.aheadMs() === null) {
    const request = new Request(new URL('/.well-known/openid-configuration', issuer));
    // Whether it answers well is the business of the check of the OAuth client.
    await exchange(clock.fetch, request, { ...LIMITS, nowMs }).catch(() => undefined);
  }
  const aheadMs = clock.aheadMs();
  if (aheadMs === null) return waiting('clock', 'No answer from Google has told its time yet.');
  if (!clock.isWrong()) return ok('clock', 'It agrees with Google’s to within a minute.');
  const direction = aheadMs > 0 ? 'ahead of' : 'behind';
  return failed('clock', `Our clock is ${inWords(aheadMs)} ${direction} Google’s.`, [
    'Set the clock of this machine and let NTP keep it (timedatectl set-ntp true, or the date and time settings), then check again.',
    'If this is the deployed Worker, the clock is Cloudflare’s: report it to Cloudflare.',
  ]);
}
