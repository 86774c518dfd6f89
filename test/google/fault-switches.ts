// How this Google can misbehave, as the real one has been seen to: what each switch is, in one table,
// so that a console can list and toggle them without knowing them.

/** `members` asks who is in a group; `code` is a sign-in's call to the token endpoint; `any` means each of the others. */
export const CALL_KINDS = [
  'token',
  'get',
  'list',
  'members',
  'watch',
  'stop',
  'discovery',
  'jwks',
  'code',
  'any',
] as const;
export type CallKind = (typeof CALL_KINDS)[number];

export const API_FAULTS = [
  '403 userRateLimitExceeded',
  '403 quotaExceeded',
  '403 forbidden',
  '429',
  '500',
  '503',
  '502 html',
  '404 html',
  'slow',
  'dropped connection',
  'empty body',
  'empty 200',
] as const;
export type ApiFault = (typeof API_FAULTS)[number];

export const LIFETIMES = ['6h cap', '2h default, 2d cap'] as const;
export type Lifetime = (typeof LIFETIMES)[number];

/** What the switches hold when nothing is wrong. */
export const OFF = {
  newUserDelayMs: 0,
  conditionNotMetMs: 0,
  getLagMs: 0,
  listLagMs: 0,
  listWithoutUsers: false,
  listCutAfterPages: 0,
  listLeavesOut: 0,
  duplicatePageItems: false,
  lifetime: '6h cap' as Lifetime,
  refuseEventOmission: false,
  refuseHttpCallbacks: false,
  callbackUnauthorized: false,
  syncBeforeAnswer: false,
  dropSync: false,
  deliverAfterStop: false,
  dropPushes: 0,
  duplicatePushes: 0,
  reorderPushes: 0,
  pushDelayMs: 0,
  updateNoise: 0,
  silentAliasChanges: false,
  retryUnreachable: false,
  failRate: 0,
  failKind: 'any' as CallKind,
  failFault: '503' as ApiFault,
  retryAfterSeconds: 0,
  slowMs: 60_000,
  deadTokens: false,
  clockAheadMs: 0,
};

export type FaultValues = typeof OFF;
export type FaultKey = keyof FaultValues;

export interface FaultSwitch {
  key: FaultKey;
  group: 'People' | 'Lists' | 'Channels' | 'Pushes' | 'API';
  label: string;
  description: string;
  kind: 'boolean' | 'number' | 'choice';
  choices?: readonly string[];
  /** For numbers: the unit, and the largest sensible value. */
  unit?: 'ms' | 'pages' | 'people' | 'rate' | 'seconds';
}

export const FAULT_SWITCHES: readonly FaultSwitch[] = [
  {
    key: 'newUserDelayMs',
    group: 'People',
    label: 'New people appear late',
    description: 'Get answers 404 and lists leave a new person out until this time has passed.',
    kind: 'number',
    unit: 'ms',
  },
  {
    key: 'conditionNotMetMs',
    group: 'People',
    label: 'Creation takes a while',
    description: 'Get answers 412 “User creation is not complete.” for this long after an add.',
    kind: 'number',
    unit: 'ms',
  },
  {
    key: 'getLagMs',
    group: 'People',
    label: 'Get lags behind',
    description: 'Get answers what was true this long ago.',
    kind: 'number',
    unit: 'ms',
  },
  {
    key: 'silentAliasChanges',
    group: 'People',
    label: 'Alias changes are silent',
    description: 'Gaining or losing an alias sends no update push.',
    kind: 'boolean',
  },
  {
    key: 'listLagMs',
    group: 'Lists',
    label: 'Stale list',
    description: 'Lists show what was true this long ago.',
    kind: 'number',
    unit: 'ms',
  },
  {
    key: 'listWithoutUsers',
    group: 'Lists',
    label: 'List without users',
    description: 'A list answers 200 without the key “users”. It has been seen in the field.',
    kind: 'boolean',
  },
  {
    key: 'listCutAfterPages',
    group: 'Lists',
    label: 'List breaks off',
    description: 'After this many pages of one listing the next page is a 503. 0 is off.',
    kind: 'number',
    unit: 'pages',
  },
  {
    key: 'listLeavesOut',
    group: 'Lists',
    label: 'List leaves people out',
    description:
      'So many, the last in order of address, are on no page, and nothing says so. It has been seen in the field.',
    kind: 'number',
    unit: 'people',
  },
  {
    key: 'duplicatePageItems',
    group: 'Lists',
    label: 'Pages overlap',
    description: 'The last person of a page comes again as the first of the next.',
    kind: 'boolean',
  },
  {
    key: 'lifetime',
    group: 'Channels',
    label: 'Channel lifetime',
    description:
      'Sources conflict: six hours at most, or two hours by default and two days at most.',
    kind: 'choice',
    choices: LIFETIMES,
  },
  {
    key: 'refuseEventOmission',
    group: 'Channels',
    label: 'Insist on an event',
    description: 'A watch without “event” is refused with 400.',
    kind: 'boolean',
  },
  {
    key: 'refuseHttpCallbacks',
    group: 'Channels',
    label: 'HTTPS callbacks only',
    description: 'Refuses http: callbacks even on this machine, as Google does everywhere.',
    kind: 'boolean',
  },
  {
    key: 'callbackUnauthorized',
    group: 'Channels',
    label: 'Callback host not verified',
    description: 'Every watch is refused with push.webhookUrlUnauthorized.',
    kind: 'boolean',
  },
  {
    key: 'syncBeforeAnswer',
    group: 'Channels',
    label: 'Sync comes first',
    description: 'The sync message arrives before the watch call is answered.',
    kind: 'boolean',
  },
  {
    key: 'dropSync',
    group: 'Channels',
    label: 'No sync message',
    description: 'New channels never send their sync message.',
    kind: 'boolean',
  },
  {
    key: 'deliverAfterStop',
    group: 'Channels',
    label: 'Stopped channels still talk',
    description: 'A stopped channel delivers until it expires.',
    kind: 'boolean',
  },
  {
    key: 'dropPushes',
    group: 'Pushes',
    label: 'Lose pushes',
    description: 'The share of event messages that are never sent.',
    kind: 'number',
    unit: 'rate',
  },
  {
    key: 'duplicatePushes',
    group: 'Pushes',
    label: 'Send pushes twice',
    description: 'The share of event messages that are sent a second time.',
    kind: 'number',
    unit: 'rate',
  },
  {
    key: 'reorderPushes',
    group: 'Pushes',
    label: 'Shuffle pushes',
    description: 'The share of event messages that overtake earlier ones or fall behind.',
    kind: 'number',
    unit: 'rate',
  },
  {
    key: 'pushDelayMs',
    group: 'Pushes',
    label: 'Delay pushes',
    description: 'Every event message waits this long before it leaves.',
    kind: 'number',
    unit: 'ms',
  },
  {
    key: 'updateNoise',
    group: 'Pushes',
    label: 'Update noise',
    description:
      'How often a change brings one more update push, of somebody who merely signed in.',
    kind: 'number',
    unit: 'rate',
  },
  {
    key: 'retryUnreachable',
    group: 'Pushes',
    label: 'Retry when nobody answers',
    description: 'A receiver that can’t be reached counts as a 503 and not as a failed message.',
    kind: 'boolean',
  },
  {
    key: 'failRate',
    group: 'API',
    label: 'Failing calls',
    description: 'The share of calls that fail, in the way chosen below.',
    kind: 'number',
    unit: 'rate',
  },
  {
    key: 'failKind',
    group: 'API',
    label: 'Which calls fail',
    description: 'The kind of call to which the share applies.',
    kind: 'choice',
    choices: CALL_KINDS,
  },
  {
    key: 'failFault',
    group: 'API',
    label: 'How they fail',
    description: 'The answer that a failing call gets.',
    kind: 'choice',
    choices: API_FAULTS,
  },
  {
    key: 'retryAfterSeconds',
    group: 'API',
    label: 'Retry-After',
    description: 'Sent with failing calls. 0 sends none.',
    kind: 'number',
    unit: 'seconds',
  },
  {
    key: 'slowMs',
    group: 'API',
    label: 'How slow is slow',
    description: 'How long a slow call takes before it is answered as usual.',
    kind: 'number',
    unit: 'ms',
  },
  {
    key: 'deadTokens',
    group: 'API',
    label: 'Useless access tokens',
    description: 'The token endpoint answers 200, and every API refuses the token with 401.',
    kind: 'boolean',
  },
  {
    key: 'clockAheadMs',
    group: 'API',
    label: 'Another clock',
    description:
      'Google’s clock is this much ahead of ours: in the Date of every answer, and where an assertion’s time is judged.',
    kind: 'number',
    unit: 'ms',
  },
];
