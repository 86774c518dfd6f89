// What a pass through `users.list` is made of: its durable steps, what the first of them found, what the
// later ones carry on. Everything here crosses the border of a step as JSON: ids, counts, opaque tokens.
import type { Suspect } from '../db/comparison.ts';
import type { ProgressCounts } from '../db/reconcile-runs.ts';
import type { Problem } from './condition.ts';

/** Durable steps: what `do` returned once, it returns again after a crash, without running again. */
export interface Steps {
  do<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Waits, once for each name, also across restarts. */
  sleep(name: string, ms: number): Promise<void>;
}

export interface Pass {
  /** The Workflow instance's id. */
  id: string;
  directoryId: string;
}

/** What the first step found. */
export interface Begun {
  ticket: number;
  /** The ticket of the first of the passes that go through the list together; its own for most. */
  chainTicket: number;
  chainId: string;
  /** How many people the earlier ones have seen. */
  chainSeen: number;
  startedMs: number;
  /** The youngest event when the pass began, and how many people had a living row. */
  firstSeq: number;
  living: number;
  isImport: boolean;
  /** Groups that rules name. */
  groupKeys: string[];
  /** Google's id of the customer, which every answer must carry; `null` until it is pinned. */
  customerId: string | null;
  pageToken: string | null;
}

/** What ends a pass: a code, and the problem behind it if somebody has to act. */
export interface PassFailure {
  reason: string;
  problem: Problem | null;
}

export interface Progress extends ProgressCounts {
  nextPageToken: string | null;
  isSuperseded: boolean;
  /** Data and not an exception: it must survive the border of a step, and not be repeated. */
  failure: PassFailure | null;
}

export const NOTHING_YET: Progress = {
  usersSeen: 0,
  contradictions: 0,
  hinted: 0,
  googleCalls: 0,
  nextPageToken: null,
  isSuperseded: false,
  failure: null,
};

/** What a step's pages held, besides how far it came. */
export interface Found {
  /** Everybody who was on a page, once. */
  ids: string[];
  /** How many of them have a living row. */
  living: number;
  suspects: Suspect[];
}

/**
 * The most people that a pass has looked at. Beyond this many, unknown ones are inserted from the page instead.
 */
export const MAX_HINTS = 500;

export const countsOf = ({
  usersSeen,
  contradictions,
  hinted,
  googleCalls,
}: ProgressCounts): ProgressCounts => ({ usersSeen, contradictions, hinted, googleCalls });
