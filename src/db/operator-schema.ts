// The tables of set-up and console as drizzle sees them; the others are schema.ts. The truth is migrations/*.sql: a test
// proves them equal.
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const setupVisits = sqliteTable('setup_visits', {
  linkHash: text('link_hash').primaryKey(),
  visitHash: text('visit_hash').notNull().unique(),
  createdMs: integer('created_ms').notNull(),
  expiresMs: integer('expires_ms').notNull(),
});

export const setupClosed = sqliteTable('setup_closed', {
  id: integer('id').primaryKey(),
  closedMs: integer('closed_ms').notNull(),
});

export const setupFindings = sqliteTable('setup_findings', {
  id: integer('id').primaryKey(),
  findings: text('findings'),
  checkedMs: integer('checked_ms'),
  checkingMs: integer('checking_ms'),
});

export const channelProbes = sqliteTable('channel_probes', {
  channelId: text('channel_id').primaryKey(),
  resourceId: text('resource_id').notNull(),
  adminEmail: text('admin_email').notNull(),
  openedMs: integer('opened_ms').notNull(),
  expiresMs: integer('expires_ms').notNull(),
  syncedMs: integer('synced_ms'),
});

export const operatorActions = sqliteTable(
  'operator_actions',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    directoryId: text('directory_id').notNull(),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    detail: text('detail').notNull(),
    requestId: text('request_id').notNull(),
    atMs: integer('at_ms').notNull(),
    outcome: text('outcome'),
    result: text('result'),
  },
  (table) => [index('operator_actions_by_time').on(table.directoryId, table.atMs)],
);

export const peopleCounts = sqliteTable('people_counts', {
  directoryId: text('directory_id').primaryKey(),
  seq: integer('seq').notNull(),
  active: integer('active').notNull(),
  suspended: integer('suspended').notNull(),
  archived: integer('archived').notNull(),
  deleted: integer('deleted').notNull(),
});
