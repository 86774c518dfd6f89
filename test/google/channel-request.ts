// Two judgements on a watch request: may its callback address be called, and how long will the
// channel live. Over-long wishes are clamped and never refused (facts 1.4, 1.12, 1.13).
import type { Lifetime } from './fault-switches.ts';
import type { Faults } from './faults.ts';

const HOUR_MS = 60 * 60 * 1000;

const LIFETIME_MS: Record<Lifetime, { usual: number; longest: number }> = {
  '6h cap': { usual: 6 * HOUR_MS, longest: 6 * HOUR_MS },
  '2h default, 2d cap': { usual: 2 * HOUR_MS, longest: 48 * HOUR_MS },
};

interface Problem {
  status: number;
  reason: string;
  message: string;
}

/** Null when the address may be called. This machine may be called without TLS, unless forbidden. */
export function callbackProblem(address: string, faults: Faults): Problem | null {
  if (!URL.canParse(address) || new URL(address).hostname === '') {
    const message = `WebHook callback has no host or address: ${address}`;
    return { status: 400, reason: 'push.webhookUrlNoHostOrAddress', message };
  }
  const url = new URL(address);
  const isHere = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  const isAllowedHttp = url.protocol === 'http:' && isHere && !faults.refuseHttpCallbacks;
  if (url.protocol !== 'https:' && !isAllowedHttp) {
    const message = `WebHook callback must be HTTPS: ${address}`;
    return { status: 400, reason: 'push.webhookUrlNotHttps', message };
  }
  if (faults.callbackUnauthorized) {
    const message = `Unauthorized WebHook callback channel: ${address}`;
    return { status: 401, reason: 'push.webhookUrlUnauthorized', message };
  }
  return null;
}

/**
 * When the channel ends: the earliest of what `expiration` (ms, text or number) and `params.ttl`
 * (seconds) ask for and the longest life of the profile. Null when a wish makes no sense.
 */
export function readExpiration(
  body: Record<string, unknown>,
  profile: Lifetime,
  nowMs: number,
): number | null {
  const { usual, longest } = LIFETIME_MS[profile];
  const params = body['params'];
  const ttl =
    typeof params === 'object' && params !== null
      ? (params as Record<string, unknown>)['ttl']
      : undefined;
  const wishes: number[] = [];
  if (body['expiration'] !== undefined) wishes.push(wholeNumber(body['expiration']));
  if (ttl !== undefined) wishes.push(nowMs + wholeNumber(ttl) * 1000);
  if (wishes.some((wish) => !(wish > nowMs))) return null;
  return wishes.length === 0 ? nowMs + usual : Math.min(nowMs + longest, ...wishes);
}

function wholeNumber(value: unknown): number {
  return typeof value === 'number' || /^\d+$/.test(String(value)) ? Number(value) : Number.NaN;
}
