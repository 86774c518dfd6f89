-- People, what happened to them, and the look-tickets that order every write.
-- Times are milliseconds since the epoch. No SQL here reads the clock: triggers take their time from the row.

-- One Google Workspace customer each. The configuration owns the row `default`.
CREATE TABLE directories (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 40 AND id NOT GLOB '*[^a-z0-9-]*'),
  customer TEXT NOT NULL,
  -- Google's own customer id, pinned by the first import: an answer that carries another is an error.
  customer_id TEXT,
  admin_email TEXT NOT NULL,
  -- The last look-ticket taken, and the lowest one still accepted.
  ticket INTEGER NOT NULL DEFAULT 0,
  floor INTEGER NOT NULL DEFAULT 0,
  last_push_ms INTEGER,
  last_reconciled_ms INTEGER,
  imported_ms INTEGER,
  -- Until when every wanted event has a live channel whose `sync` came; NULL = none, 0 = paused on purpose.
  channels_until_ms INTEGER,
  -- When Google last refused a channel without `event` (CHANNEL_EVENTS = '*').
  event_omission_refused_ms INTEGER,
  -- What keeps this directory from being read, as an error code, and since when.
  problem TEXT,
  problem_since_ms INTEGER,
  -- Since when all has been well; NULL while something is not.
  in_step_since_ms INTEGER
) STRICT;

-- `id` is Google's immutable user id, which is also the OIDC `sub`. The address is only an attribute:
-- people are renamed, addresses are reused, two people swap them.
CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  directory_id TEXT NOT NULL REFERENCES directories (id),
  email TEXT NOT NULL,
  given_name TEXT NOT NULL,
  family_name TEXT NOT NULL,
  full_name TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'archived', 'deleted')),
  is_admin INTEGER NOT NULL CHECK (is_admin IN (0, 1)),
  is_delegated_admin INTEGER NOT NULL CHECK (is_delegated_admin IN (0, 1)),
  org_unit_path TEXT NOT NULL,
  photo_url TEXT,
  attributes TEXT NOT NULL CHECK (json_valid(attributes)),
  custom_schemas TEXT NOT NULL CHECK (json_valid(custom_schemas)),
  roles TEXT NOT NULL CHECK (json_valid(roles)),
  -- The ticket of the look that wrote the row, and `directories.ticket` at the moment of that write:
  -- a look is accepted only where its ticket is above `written`, that is, nobody wrote since it began.
  ticket INTEGER NOT NULL,
  written INTEGER NOT NULL,
  cause TEXT NOT NULL CHECK (cause IN ('push', 'reconcile', 'sign-in', 'rules', 'operator')),
  noticed_ms INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  deleted_ms INTEGER,
  CHECK ((status = 'deleted') = (deleted_ms IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX users_by_email ON users (directory_id, email);

-- The outbox and the audit log at once; `seq` is the cursor of everything downstream.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  directory_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('user.created', 'user.updated', 'user.suspended', 'user.archived',
                                     'user.reactivated', 'user.deleted', 'user.restored')),
  before TEXT,
  after TEXT NOT NULL,
  cause TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  noticed_ms INTEGER NOT NULL
) STRICT;

CREATE TRIGGER users_created AFTER INSERT ON users
BEGIN
  INSERT INTO events (directory_id, user_id, type, before, after, cause, at_ms, noticed_ms)
  VALUES (NEW.directory_id, NEW.id, 'user.created', NULL,
    json_object('email', NEW.email, 'givenName', NEW.given_name, 'familyName', NEW.family_name,
      'fullName', NEW.full_name, 'status', NEW.status, 'isAdmin', NEW.is_admin,
      'isDelegatedAdmin', NEW.is_delegated_admin, 'orgUnitPath', NEW.org_unit_path,
      'photoUrl', NEW.photo_url, 'attributes', json(NEW.attributes),
      'customSchemas', json(NEW.custom_schemas), 'roles', json(NEW.roles)),
    NEW.cause, NEW.changed_ms, NEW.noticed_ms);
END;

CREATE TRIGGER users_changed AFTER UPDATE ON users
WHEN (OLD.email, OLD.given_name, OLD.family_name, OLD.full_name, OLD.status, OLD.is_admin,
      OLD.is_delegated_admin, OLD.org_unit_path, OLD.photo_url, OLD.attributes, OLD.custom_schemas, OLD.roles)
  IS NOT
     (NEW.email, NEW.given_name, NEW.family_name, NEW.full_name, NEW.status, NEW.is_admin,
      NEW.is_delegated_admin, NEW.org_unit_path, NEW.photo_url, NEW.attributes, NEW.custom_schemas, NEW.roles)
BEGIN
  INSERT INTO events (directory_id, user_id, type, before, after, cause, at_ms, noticed_ms)
  VALUES (NEW.directory_id, NEW.id,
    CASE
      WHEN NEW.status = OLD.status THEN 'user.updated'
      WHEN NEW.status = 'deleted' THEN 'user.deleted'
      WHEN OLD.status = 'deleted' THEN 'user.restored'
      WHEN NEW.status = 'suspended' THEN 'user.suspended'
      WHEN NEW.status = 'archived' THEN 'user.archived'
      ELSE 'user.reactivated'
    END,
    json_object('email', OLD.email, 'givenName', OLD.given_name, 'familyName', OLD.family_name,
      'fullName', OLD.full_name, 'status', OLD.status, 'isAdmin', OLD.is_admin,
      'isDelegatedAdmin', OLD.is_delegated_admin, 'orgUnitPath', OLD.org_unit_path,
      'photoUrl', OLD.photo_url, 'attributes', json(OLD.attributes),
      'customSchemas', json(OLD.custom_schemas), 'roles', json(OLD.roles)),
    json_object('email', NEW.email, 'givenName', NEW.given_name, 'familyName', NEW.family_name,
      'fullName', NEW.full_name, 'status', NEW.status, 'isAdmin', NEW.is_admin,
      'isDelegatedAdmin', NEW.is_delegated_admin, 'orgUnitPath', NEW.org_unit_path,
      'photoUrl', NEW.photo_url, 'attributes', json(NEW.attributes),
      'customSchemas', json(NEW.custom_schemas), 'roles', json(NEW.roles)),
    NEW.cause, NEW.changed_ms, NEW.noticed_ms);
END;

-- Promises that hold for every code path, ours of today and of next year.
CREATE TRIGGER users_keep_their_identity BEFORE UPDATE OF id, directory_id ON users
WHEN NEW.id IS NOT OLD.id OR NEW.directory_id IS NOT OLD.directory_id
BEGIN
  SELECT RAISE(ABORT, 'a user keeps its id and directory');
END;

CREATE TRIGGER users_leave_by_tombstone BEFORE DELETE ON users
WHEN OLD.status <> 'deleted'
BEGIN
  SELECT RAISE(ABORT, 'only a tombstone may be swept');
END;

CREATE TRIGGER events_are_append_only BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;

-- Hints that could not be answered, kept with the reason until someone replays them.
CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  directory_id TEXT,
  user_id TEXT,
  -- One letter for each person and reason (else for each message), however often it comes back.
  letter_key TEXT NOT NULL UNIQUE,
  -- The message as it was, cut at 4 KB; ids only.
  body TEXT NOT NULL,
  reason TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  replayed_ms INTEGER
) STRICT;

-- One row for each pass through `users.list`, keyed by its Workflow instance.
CREATE TABLE reconcile_runs (
  id TEXT NOT NULL PRIMARY KEY,
  directory_id TEXT NOT NULL REFERENCES directories (id),
  ticket INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  progress_ms INTEGER NOT NULL,
  finished_ms INTEGER,
  -- NULL while running; 'complete', 'budget' (goes on from next_page_token), 'superseded', 'failed', 'lost'.
  outcome TEXT CHECK (outcome IN ('complete', 'budget', 'superseded', 'failed', 'lost')),
  reason TEXT,
  users_seen INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL DEFAULT 0,
  hinted INTEGER NOT NULL DEFAULT 0,
  google_calls INTEGER NOT NULL DEFAULT 0,
  next_page_token TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX reconcile_runs_by_start ON reconcile_runs (directory_id, started_ms);
