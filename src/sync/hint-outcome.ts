// What becomes of a hint once somebody has looked: done, look again later, or dead letter. Pure.
//
// Google's get may trail behind its push. So a look that found nothing new is repeated once when the hint is
// 30 s old, and one that the push contradicts for 4 minutes, at growing distances. The hint's age ends this,
// not its attempts: a replayed push costs a bounded number of looks.
import { backoffSeconds } from './backoff.ts';
import type { LookHint } from './hint.ts';
import type { Conclusion } from './look.ts';

export type HintOutcome =
  | { kind: 'done' }
  | { kind: 'again'; delaySeconds: number; reason: string }
  | { kind: 'dead'; reason: string };

/** Ages of the hint, in ms, at which it is looked at again. */
const LOOK_AGAIN_AT_MS = {
  unchanged: [30_000],
  contradicted: [8_000, 20_000, 50_000, 110_000, 230_000],
} as const;

/** What counts is how old the hint was when the look began: a batch may settle long after. */
function lookAgain(
  kind: keyof typeof LOOK_AGAIN_AT_MS,
  hint: LookHint,
  beganMs: number,
  nowMs: number,
): HintOutcome {
  const nextMs = LOOK_AGAIN_AT_MS[kind].find((at) => at > beganMs - hint.noticedMs);
  if (nextMs === undefined) return { kind: 'done' };
  return {
    kind: 'again',
    delaySeconds: Math.max(1, Math.ceil((hint.noticedMs + nextMs - nowMs) / 1000)),
    reason: kind,
  };
}

/** Whether Google's answer denies what its push announced. */
function contradicts(hint: LookHint, isGone: boolean): boolean {
  if (hint.event === null) return false;
  return hint.event === 'delete' ? !isGone : isGone;
}

export interface Delivery {
  /** How often the queue has delivered this hint, from 1. */
  attempts: number;
  /**
   * The newest of several hints that one look answered. Google may have shown only what the older ones were
   * about, so a look that found something does not answer this one for good.
   */
  isOneOfSeveral: boolean;
  /**
   * A refusal that waiting does not cure is believed at this age of the hint: 403 and 412 were seen after a
   * creation, and a refusal of everybody is found by a pass.
   */
  refusedForMs: number;
  nowMs: number;
  /** In [0, 1). */
  random: number;
}

/** Decides one hint by what a look at its person concluded. */
export function hintOutcome(
  hint: LookHint,
  conclusion: Conclusion,
  { attempts, isOneOfSeveral, refusedForMs, nowMs, random }: Delivery,
): HintOutcome {
  switch (conclusion.kind) {
    case 'applied': {
      const { outcome } = conclusion.applied;
      if (outcome === 'foreign' || outcome === 'unstorable')
        return { kind: 'dead', reason: outcome };
      if (contradicts(hint, conclusion.isGone))
        return lookAgain('contradicted', hint, conclusion.beganMs, nowMs);
      // An operator's word is needed, and no look of ours.
      if (outcome === 'held') return { kind: 'done' };
      if (outcome === 'written' && !isOneOfSeveral) return { kind: 'done' };
      return lookAgain('unchanged', hint, conclusion.beganMs, nowMs);
    }
    case 'young':
      return {
        kind: 'again',
        delaySeconds: Math.max(1, Math.ceil((conclusion.untilMs - nowMs) / 1000)),
        reason: 'young',
      };
    case 'deferred':
      return { kind: 'again', delaySeconds: 1, reason: 'deferred' };
    case 'failed':
      // A broken credential is no fault of this hint: it waits until somebody repairs the set-up.
      if (
        !conclusion.retryable &&
        !conclusion.isCredential &&
        nowMs - hint.noticedMs >= refusedForMs
      ) {
        return { kind: 'dead', reason: conclusion.code };
      }
      return {
        kind: 'again',
        delaySeconds: backoffSeconds(attempts, random, conclusion.retryAfterSeconds),
        reason: conclusion.code,
      };
    default:
      return conclusion satisfies never;
  }
}
