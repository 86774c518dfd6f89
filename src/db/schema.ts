// The tables as drizzle sees them. The truth is migrations/*.sql, written by hand; a test proves the
// two equal. What each column means is said there.
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const directories = sqliteTable('directories', {
  id: text('id').primaryKey(),
  customer: text('customer').notNull(),
  customerId: text('customer_id'),
  adminEmail: text('admin_email').notNull(),
  ticket: integer('ticket').notNull().default(0),
  floor: integer('floor').notNull().default(0),
  lastPushMs: integer('last_push_ms'),
  lastReconciledMs: integer('last_reconciled_ms'),
  importedMs: integer('imported_ms'),
  channelsUntilMs: integer('channels_until_ms'),
  eventOmissionRefusedMs: integer('event_omission_refused_ms'),
  problem: text('problem'),
  problemSinceMs: integer('problem_since_ms'),
  inStepSinceMs: integer('in_step_since_ms'),
  suspectChannels: integer('suspect_channels').notNull().default(0),
  lastPassMs: integer('last_pass_ms'),
  rolesVersion: integer('roles_version').notNull().default(0),
});

export const USER_STATUSES = ['active', 'suspended', 'archived', 'deleted'] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

/** What observed a person: Google's push, a pass, a sign-in, a changed rule, an operator. */
export const CAUSES = ['push', 'reconcile', 'sign-in', 'rules', 'operator'] as const;
export type Cause = (typeof CAUSES)[number];

export const users = sqliteTable(
  'users',
  {
    id: text('id').primaryKey(),
    directoryId: text('directory_id')
      .notNull()
      .references(() => directories.id),
    email: text('email').notNull(),
    givenName: text('given_name').notNull(),
    familyName: text('family_name').notNull(),
    fullName: text('full_name').notNull(),
    status: text('status', { enum: USER_STATUSES }).notNull(),
    isAdmin: integer('is_admin').notNull(),
    isDelegatedAdmin: integer('is_delegated_admin').notNull(),
    orgUnitPath: text('org_unit_path').notNull(),
    photoUrl: text('photo_url'),
    attributes: text('attributes').notNull(),
    customSchemas: text('custom_schemas').notNull(),
    roles: text('roles').notNull(),
    ticket: integer('ticket').notNull(),
    written: integer('written').notNull(),
    cause: text('cause', { enum: CAUSES }).notNull(),
    noticedMs: integer('noticed_ms').notNull(),
    createdMs: integer('created_ms').notNull(),
    changedMs: integer('changed_ms').notNull(),
    deletedMs: integer('deleted_ms'),
    words: text('words').notNull().default('[]'),
  },
  (table) => [
    index('users_by_email').on(table.directoryId, table.email),
    index('users_by_domain')
      .on(sql`lower(substr(${table.email}, instr(${table.email}, '@') + 1))`, table.directoryId)
      .where(sql`${table.status} <> 'deleted'`),
    index('users_who_administer')
      .on(table.directoryId)
      .where(sql`${table.isAdmin} = 1 AND ${table.status} = 'active'`),
    index('users_by_deletion').on(table.deletedMs).where(sql`${table.status} = 'deleted'`),
  ],
);

/** `missing`: on no page of a list, and not asked about. The others are denied by Google's get. */
export const HELD_REASONS = ['missing', 'guard', 'last-admin'] as const;
export type HeldReason = (typeof HELD_REASONS)[number];

export const heldRemovals = sqliteTable(
  'held_removals',
  {
    directoryId: text('directory_id')
      .notNull()
      .references(() => directories.id),
    userId: text('user_id').notNull(),
    reason: text('reason', { enum: HELD_REASONS }).notNull(),
    sinceMs: integer('since_ms').notNull(),
    approvedUntilMs: integer('approved_until_ms'),
    rejectedUntilMs: integer('rejected_until_ms'),
  },
  (table) => [primaryKey({ columns: [table.directoryId, table.userId] })],
);

export const EVENT_TYPES = [
  'user.created',
  'user.updated',
  'user.suspended',
  'user.archived',
  'user.reactivated',
  'user.deleted',
  'user.restored',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const events = sqliteTable(
  'events',
  {
    seq: integer('seq').primaryKey({ autoIncrement: true }),
    directoryId: text('directory_id').notNull(),
    userId: text('user_id').notNull(),
    type: text('type', { enum: EVENT_TYPES }).notNull(),
    before: text('before'),
    after: text('after').notNull(),
    cause: text('cause', { enum: CAUSES }).notNull(),
    atMs: integer('at_ms').notNull(),
    noticedMs: integer('noticed_ms').notNull(),
  },
  (table) => [
    index('events_of_removals')
      .on(table.directoryId, table.atMs)
      .where(sql`${table.type} = 'user.deleted'`),
    index('events_by_user').on(table.userId),
    index('events_of_pushes')
      .on(table.directoryId, table.atMs, table.noticedMs)
      .where(sql`${table.cause} = 'push'`),
  ],
);

export const deadLetters = sqliteTable(
  'dead_letters',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    directoryId: text('directory_id'),
    userId: text('user_id'),
    letterKey: text('letter_key').notNull().unique(),
    body: text('body').notNull(),
    reason: text('reason').notNull(),
    attempts: integer('attempts').notNull(),
    atMs: integer('at_ms').notNull(),
    replayedMs: integer('replayed_ms'),
  },
  (table) => [
    index('dead_letters_by_time').on(table.atMs),
    index('dead_letters_open')
      .on(table.directoryId, table.atMs)
      .where(sql`${table.replayedMs} IS NULL`),
  ],
);

export const RECONCILE_OUTCOMES = ['complete', 'budget', 'superseded', 'failed', 'lost'] as const;
export type ReconcileOutcome = (typeof RECONCILE_OUTCOMES)[number];

export const reconcileRuns = sqliteTable(
  'reconcile_runs',
  {
    id: text('id').primaryKey(),
    directoryId: text('directory_id')
      .notNull()
      .references(() => directories.id),
    ticket: integer('ticket').notNull(),
    startedMs: integer('started_ms').notNull(),
    progressMs: integer('progress_ms').notNull(),
    finishedMs: integer('finished_ms'),
    outcome: text('outcome', { enum: RECONCILE_OUTCOMES }),
    reason: text('reason'),
    usersSeen: integer('users_seen').notNull().default(0),
    created: integer('created').notNull().default(0),
    hinted: integer('hinted').notNull().default(0),
    googleCalls: integer('google_calls').notNull().default(0),
    nextPageToken: text('next_page_token'),
    firstSeq: integer('first_seq').notNull().default(0),
    living: integer('living').notNull().default(0),
    chainId: text('chain_id').notNull().default(''),
    chainTicket: integer('chain_ticket').notNull().default(0),
    chainSeen: integer('chain_seen').notNull().default(0),
    contradictions: integer('contradictions').notNull().default(0),
    changed: integer('changed').notNull().default(0),
    removed: integer('removed').notNull().default(0),
    drift: integer('drift').notNull().default(0),
    held: integer('held').notNull().default(0),
    missed: text('missed').notNull().default('[]'),
  },
  (table) => [index('reconcile_runs_by_start').on(table.directoryId, table.startedMs)],
);

export const listedPeople = sqliteTable(
  'listed_people',
  {
    chainId: text('chain_id').notNull(),
    runId: text('run_id').notNull(),
    part: integer('part').notNull(),
    directoryId: text('directory_id')
      .notNull()
      .references(() => directories.id),
    ids: text('ids').notNull(),
  },
  (table) => [primaryKey({ columns: [table.chainId, table.runId, table.part] })],
);

export const alerts = sqliteTable(
  'alerts',
  {
    directoryId: text('directory_id')
      .notNull()
      .references(() => directories.id),
    condition: text('condition').notNull(),
    sinceMs: integer('since_ms').notNull(),
    toldMs: integer('told_ms'),
    endedMs: integer('ended_ms'),
    claimedMs: integer('claimed_ms'),
  },
  (table) => [primaryKey({ columns: [table.directoryId, table.condition] })],
);

/** `page`: our own windows. `frame`: under /embed only. */
export const SESSION_KINDS = ['page', 'frame'] as const;
export type SessionKind = (typeof SESSION_KINDS)[number];

export const sessions = sqliteTable(
  'sessions',
  {
    tokenHash: text('token_hash').primaryKey(),
    directoryId: text('directory_id')
      .notNull()
      .references(() => directories.id),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    kind: text('kind', { enum: SESSION_KINDS }).notNull(),
    createdMs: integer('created_ms').notNull(),
    expiresMs: integer('expires_ms').notNull(),
  },
  (table) => [
    index('sessions_by_user').on(table.userId),
    index('sessions_by_expiry').on(table.expiresMs),
  ],
);

export const handOverCodes = sqliteTable(
  'hand_over_codes',
  {
    codeHash: text('code_hash').primaryKey(),
    directoryId: text('directory_id')
      .notNull()
      .references(() => directories.id),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    challenge: text('challenge').notNull(),
    createdMs: integer('created_ms').notNull(),
    expiresMs: integer('expires_ms').notNull(),
  },
  (table) => [index('hand_over_codes_by_user').on(table.userId)],
);

export const signInRefusals = sqliteTable(
  'sign_in_refusals',
  {
    userId: text('user_id').notNull(),
    directoryId: text('directory_id')
      .notNull()
      .references(() => directories.id),
    reason: text('reason').notNull(),
    untilMs: integer('until_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.directoryId] })],
);
