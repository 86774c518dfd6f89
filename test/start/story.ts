// The Worker's log, told for a person who watches: one line for each change that was written. The log holds
// ids only; names and addresses come from the Workspace on this laptop. Pure.

export interface PersonName {
  name: string;
  address: string;
}

export interface LogLine {
  level: string;
  event: string;
  [field: string]: unknown;
}

/** A line of `wrangler dev`'s output → the log line within it, whatever colours stand around it. */
export function parseLogLine(line: string): LogLine | null {
  const json = /\{"level":.*\}/.exec(line)?.[0];
  if (json === undefined) return null;
  try {
    const parsed: unknown = JSON.parse(json);
    return typeof parsed === 'object' && parsed !== null && 'event' in parsed
      ? (parsed as LogLine)
      : null;
  } catch {
    // A line cut off in the middle.
    return null;
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  'user.created': 'added',
  'user.updated': 'changed',
  'user.suspended': 'suspended',
  'user.archived': 'archived',
  'user.reactivated': 'active again',
  'user.deleted': 'deleted',
  'user.restored': 'restored',
};

const COLUMN_WORDS: Readonly<Record<string, string>> = {
  email: 'address',
  given_name: 'name',
  family_name: 'name',
  full_name: 'name',
  is_admin: 'admin rights',
  is_delegated_admin: 'delegated admin rights',
  org_unit_path: 'org unit',
  photo_url: 'photo',
  attributes: 'details',
  custom_schemas: 'custom fields',
  roles: 'roles',
};

function whatChanged(type: string, changed: unknown): string {
  const verb = TYPE_WORDS[type] ?? type;
  if (type !== 'user.updated' || !Array.isArray(changed)) return verb;
  const words = new Set(changed.map((column) => COLUMN_WORDS[String(column)] ?? String(column)));
  return `${verb}: ${[...words].join(', ')}`;
}

const WHEN_WORDS: Readonly<Record<string, string>> = {
  push: "Google's push",
  reconcile: 'a pass noticed it',
  'sign-in': 'they came to sign in',
};

const ACTION_WORDS: Readonly<Record<string, string>> = {
  'held-removals.approve': 'approved what was held',
  'held-removals.reject': 'kept whose removal was held',
  'dead-letters.replay': 'replayed dead letters',
  'pass.start': 'asked for a pass',
  'setup.open': 'opened the set-up',
  'setup.check': 'checked the set-up',
};

const ACTOR_WORDS: Readonly<Record<string, string>> = {
  'operator-token': 'Whoever has the operator token',
  'setup-link': 'Whoever has the set-up link',
};

// A right-to-left name must not turn the rest of the line around (Unicode TR9, isolates).
const isolate = (text: string) => `\u2068${text}\u2069`;

/** Control characters would let a name draw on the terminal. */
const printable = (text: string) =>
  text.replace(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, '·');

/** What an action counted: `, 30 people`. */
const counted = (line: LogLine) =>
  ['people', 'ok', 'failed', 'waiting']
    .filter((what) => typeof line[what] === 'number')
    .map((what) => `, ${line[what]} ${what}`)
    .join('');

/**
 * @param person names for an id; `null` if the Workspace has never heard of it
 * @returns a line to print, or `null` for what a newcomer need not see
 */
export function tell(line: LogLine, person: (id: string) => PersonName | null): string | null {
  const field = (name: string) => String(line[name] ?? '');
  const name = (id = field('userId')) => {
    const who = person(id);
    return who ? `${isolate(printable(who.name))} <${printable(who.address)}>` : id;
  };
  /** `user:<id>`, or one of those who bring a secret and no name. */
  const actor = () => {
    const [, id] = /^user:(.+)$/.exec(field('actor')) ?? [];
    return id === undefined ? (ACTOR_WORDS[field('actor')] ?? field('actor')) : name(id);
  };
  switch (line.event) {
    case 'sign-in.admitted':
      return `${name()}  signed in`;
    case 'sign-in.refused':
      return `${name()}  was not let in: ${field('reason')}`;
    case 'sign-in.ended':
      return `A sign-in ended: ${field('reason')} ${field('code')}`.trim();
    case 'frame.admitted':
      return `${name()}  signed in inside a frame`;
    case 'session.ended':
      return `${name()}  signed out${line['everywhere'] === true ? ' everywhere' : ''}`;
    case 'user.written': {
      const when = `${field('latencyMs')} ms after ${WHEN_WORDS[field('cause')] ?? 'it was noticed'}`;
      return `${name()}  ${whatChanged(field('type'), line['changed'])}  (${when})`;
    }
    case 'reconcile.ended':
      if (line['outcome'] !== 'complete')
        return `A pass ended: ${field('outcome')} ${field('reason')}`.trim();
      return Number(line['created']) > 0
        ? `${field('created')} people brought in from the list, in ${field('googleCalls')} call(s) to Google`
        : null;
    case 'reconcile.drift':
      return `The last pass made good ${field('drift')} change(s) that no push had announced`;
    case 'reconcile.held':
      return `${field('missing')} people are missing on the list, more than the deletion guard lets go: held`;
    case 'operator.acted':
      return `${actor()}  ${ACTION_WORDS[field('action')] ?? field('action')}: ${field('outcome')}${counted(line)}`;
    case 'console.refused':
      return `${name()}  came to the console, which is for admins`;
    case 'setup.unavailable':
      return `Nobody can be let into the set-up: ${field('code')}`;
    case 'probe.not-stopped':
      return `The channel that a check had opened is not stopped yet: ${field('code')}`;
    case 'channel.suspect':
      return `The channel for ${field('channelEvent')} is suspect (${field('reason')}): replaced`;
    case 'channel.not-opened':
      return `No channel for ${field('channelEvent')}: ${field('code')}. ${field('remedy')}`;
    case 'condition.changed':
      return line['condition'] === 'in-step' ? 'In step.' : `Not in step: ${field('condition')}`;
    case 'hint.dead':
      return `Gave up on ${field('userId')}: ${field('reason')} (kept in dead_letters)`;
    case 'config.invalid':
      return `The configuration is not usable: ${field('problems')}`;
    case 'request.failed':
    case 'database.unhealthy':
      return `The worker failed: ${field('code')}`;
    default:
      return null;
  }
}
