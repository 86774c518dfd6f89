// The tables of rules, groups, search terms and API tokens as drizzle sees them; the others are schema.ts. The truth is
// migrations/*.sql: a test proves them equal.
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { directories } from './schema.ts';

const directoryId = () =>
  text('directory_id')
    .notNull()
    .references(() => directories.id);

export const roleRules = sqliteTable(
  'role_rules',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    directoryId: directoryId(),
    source: text('source').notNull(),
    role: text('role').notNull(),
    madeBy: text('made_by').notNull(),
    madeMs: integer('made_ms').notNull(),
  },
  (table) => [index('role_rules_of_a_directory').on(table.directoryId)],
);

/** `added`: has the role whatever the rules say. `excepted`: has it not. */
export const HAND_KINDS = ['added', 'excepted'] as const;
export type HandKind = (typeof HAND_KINDS)[number];

export const rolesByHand = sqliteTable(
  'roles_by_hand',
  {
    directoryId: directoryId(),
    userId: text('user_id').notNull(),
    role: text('role').notNull(),
    kind: text('kind', { enum: HAND_KINDS }).notNull(),
    reason: text('reason').notNull(),
    madeBy: text('made_by').notNull(),
    madeMs: integer('made_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.directoryId, table.userId, table.role] })],
);

export const roleRecomputes = sqliteTable('role_recomputes', {
  directoryId: text('directory_id')
    .primaryKey()
    .references(() => directories.id),
  run: integer('run').notNull(),
  scope: text('scope'),
  also: text('also').notNull().default('[]'),
  afterId: text('after_id').notNull(),
  askedMs: integer('asked_ms').notNull(),
  progressMs: integer('progress_ms').notNull(),
  finishedMs: integer('finished_ms'),
  seen: integer('seen').notNull().default(0),
  changed: integer('changed').notNull().default(0),
});

export const groups = sqliteTable(
  'groups',
  {
    directoryId: directoryId(),
    groupKey: text('group_key').notNull(),
    hasEverybody: integer('has_everybody').notNull().default(0),
    readMs: integer('read_ms'),
    triedMs: integer('tried_ms'),
    problem: text('problem'),
    pageToken: text('page_token'),
    touched: integer('touched').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.directoryId, table.groupKey] })],
);

export const groupMembers = sqliteTable(
  'group_members',
  {
    directoryId: directoryId(),
    groupKey: text('group_key').notNull(),
    userId: text('user_id').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.directoryId, table.userId, table.groupKey] }),
    index('group_members_of_a_group').on(table.directoryId, table.groupKey),
  ],
);

export const groupPages = sqliteTable(
  'group_pages',
  {
    directoryId: directoryId(),
    groupKey: text('group_key').notNull(),
    page: integer('page').notNull(),
    ids: text('ids').notNull(),
    hasEverybody: integer('has_everybody').notNull(),
  },
  (table) => [primaryKey({ columns: [table.directoryId, table.groupKey, table.page] })],
);

export const peopleTerms = sqliteTable(
  'people_terms',
  {
    directoryId: text('directory_id').notNull(),
    term: text('term').notNull(),
    userId: text('user_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.directoryId, table.term, table.userId] })],
);

export const apiTokens = sqliteTable(
  'api_tokens',
  {
    id: text('id').primaryKey(),
    directoryId: directoryId(),
    tokenHash: text('token_hash').notNull(),
    name: text('name').notNull(),
    scopes: text('scopes').notNull(),
    madeBy: text('made_by').notNull(),
    madeMs: integer('made_ms').notNull(),
    expiresMs: integer('expires_ms').notNull(),
    revokedMs: integer('revoked_ms'),
    usedMs: integer('used_ms'),
  },
  (table) => [index('api_tokens_of_a_directory').on(table.directoryId, table.madeMs)],
);
