// Why people are not in step, in words for whoever runs the deployment, and what to do. The codes are sync/health.ts.
import { remedyOf } from '../google/token-errors.ts';

export interface Reason {
  title: string;
  text: string;
  /** Whether the set-up's checks say more. */
  asksTheDoctor: boolean;
}

const REASONS: Readonly<Record<string, Reason>> = {
  importing: {
    title: 'People are being brought in',
    text: 'The first pass through the directory is not complete yet.',
    asksTheDoctor: false,
  },
  'passes-overdue': {
    title: 'Passes are overdue',
    text: 'No pass through the directory has completed for three intervals. The last ones are below, with what ended them.',
    asksTheDoctor: true,
  },
  'deletions-held': {
    title: 'Removals wait for your decision',
    text: 'More people seem to be gone than the deletion guard lets go, or the last super admin is. Until you decide they stay, and stay signed in.',
    asksTheDoctor: false,
  },
  paused: {
    title: 'Announcements are paused',
    text: 'CHANNEL_EVENTS is empty, so that only passes find what has changed.',
    asksTheDoctor: false,
  },
  'no-channel': {
    title: 'Google can’t announce changes',
    text: 'At least one event has no channel that Google has confirmed. Passes go on finding what has changed.',
    asksTheDoctor: true,
  },
};

/** @param code as `Condition.reason` has it */
export function reasonOf(code: string): Reason {
  const [kind = '', detail = ''] = code.split(':');
  if (kind === 'credential') {
    return {
      title: 'Google does not let Rollcall read the directory',
      text: `What is known is kept. ${remedyOf(detail)}`,
      asksTheDoctor: true,
    };
  }
  const known = Object.hasOwn(REASONS, kind) ? REASONS[kind] : undefined;
  return known ?? { title: code, text: 'People are not in step.', asksTheDoctor: true };
}

const LETTER_REASONS: Readonly<Record<string, string>> = {
  'retries-exhausted': 'The queue gave up after 100 tries.',
  malformed: 'The message could not be read.',
  'unknown-directory': 'Its directory is not known here.',
  foreign: 'Another directory holds this person’s id.',
  unstorable: 'The profile is larger than can be kept.',
};

/** Why a hint could not be answered: words of ours, or what to do about a code of Google's. */
export const letterReasonOf = (code: string): string =>
  (Object.hasOwn(LETTER_REASONS, code) ? LETTER_REASONS[code] : undefined) ?? remedyOf(code);
