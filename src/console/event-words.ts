// What happened to somebody, in words: the kind of event, what had them looked at, how long it took, what it changed.
import type { Cause, EventType } from '../db/schema.ts';
import type { Change } from './event-diff.ts';

export const TYPE_WORDS: Readonly<Record<EventType, string>> = {
  'user.created': 'Came',
  'user.updated': 'Changed',
  'user.suspended': 'Suspended',
  'user.archived': 'Archived',
  'user.reactivated': 'Active again',
  'user.deleted': 'Removed',
  'user.restored': 'Came back',
};

export const CAUSE_WORDS: Readonly<Record<Cause, string>> = {
  push: 'Google announced it',
  reconcile: 'A pass found it',
  'sign-in': 'They came to sign in',
  // By a rule, a word by hand, or news of a group.
  rules: 'Roles were made anew',
  operator: 'An operator had them looked at',
};

/** `240 ms`, `1.4 s`, `38 s`, `12 min`, `3 h`: as exact as anybody needs. */
export function tookWords(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 119_500) return `${Math.round(ms / 1_000)} s`;
  if (ms < 7_170_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}

/** `Title: Engineer → Lead`, `Role: + lead`: one change as plain text, for where there is no page. */
export function changeText({ kind, field, before, after }: Change): string {
  if (kind === 'more') return `and ${after} more`;
  if (kind === 'value') return `${field}: ${before ?? '(nothing)'} → ${after ?? '(nothing)'}`;
  return before === null ? `${field}: + ${after}` : `${field}: - ${before}`;
}
