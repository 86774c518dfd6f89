-- Setting up, and the console: who may open what, what a check found, what operators did, how many people there are.

-- A set-up link that was used, and the visit that it opened. Only hashes: whoever reads this can open nothing.
CREATE TABLE setup_visits (
  -- SHA-256 of the link's token: a second use finds it taken.
  link_hash TEXT NOT NULL PRIMARY KEY,
  -- SHA-256 of the visitor's cookie.
  visit_hash TEXT NOT NULL UNIQUE,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row from the first sign-in of a super admin on: no link opens anything any more.
CREATE TABLE setup_closed (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  closed_ms INTEGER NOT NULL
) STRICT;

CREATE TRIGGER setup_closes_at_the_first_admin AFTER INSERT ON sessions
WHEN NOT EXISTS (SELECT 1 FROM setup_closed) AND NEW.directory_id = 'default'
  AND EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id AND is_admin = 1)
BEGIN
  INSERT INTO setup_closed (id, closed_ms) VALUES (1, NEW.created_ms);
  DELETE FROM setup_visits;
END;

-- Or when one who has signed in becomes a super admin.
CREATE TRIGGER setup_closes_at_the_first_promotion AFTER UPDATE OF is_admin ON users
WHEN NEW.is_admin = 1 AND OLD.is_admin = 0 AND NEW.directory_id = 'default'
  AND EXISTS (SELECT 1 FROM sessions WHERE user_id = NEW.id) AND NOT EXISTS (SELECT 1 FROM setup_closed)
BEGIN
  INSERT INTO setup_closed (id, closed_ms) VALUES (1, NEW.changed_ms);
  DELETE FROM setup_visits;
END;

CREATE TRIGGER setup_stays_closed BEFORE DELETE ON setup_closed
BEGIN
  SELECT RAISE(ABORT, 'set-up stays closed');
END;

CREATE TRIGGER setup_was_closed_then BEFORE UPDATE ON setup_closed
BEGIN
  SELECT RAISE(ABORT, 'set-up stays closed');
END;

CREATE TRIGGER setup_visits_end_with_it BEFORE INSERT ON setup_visits
WHEN EXISTS (SELECT 1 FROM setup_closed)
BEGIN
  SELECT RAISE(ABORT, 'set-up stays closed');
END;

INSERT INTO setup_closed (id, closed_ms)
SELECT 1, min(s.created_ms) FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.directory_id = 'default' AND u.is_admin = 1 HAVING count(*) > 0;

-- What the last check of the set-up found, as a JSON array. One row.
CREATE TABLE setup_findings (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- These two NULL until the first check has ended.
  findings TEXT CHECK (json_valid(findings)),
  checked_ms INTEGER,
  -- Since when a check is under way; NULL = none is.
  checking_ms INTEGER
) STRICT;

-- Channels that a check opened to see whether Google reaches us, and when their first message arrived.
CREATE TABLE channel_probes (
  channel_id TEXT NOT NULL PRIMARY KEY,
  resource_id TEXT NOT NULL,
  admin_email TEXT NOT NULL,
  opened_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  synced_ms INTEGER
) STRICT, WITHOUT ROWID;

-- What operators asked for: written before it is done, and how it ended after that.
CREATE TABLE operator_actions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  directory_id TEXT NOT NULL,
  -- 'user:<id>', 'operator-token' or 'setup-link'.
  actor TEXT NOT NULL,
  -- 'held-removals.approve', 'dead-letters.replay', 'pass.start', …
  action TEXT NOT NULL,
  -- Ids and counts, as a JSON object.
  detail TEXT NOT NULL CHECK (json_valid(detail)),
  request_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  -- NULL while it is under way, or when it was cut off.
  outcome TEXT
) STRICT;

CREATE INDEX operator_actions_by_time ON operator_actions (directory_id, at_ms);

CREATE TRIGGER operator_actions_are_final BEFORE UPDATE ON operator_actions
WHEN OLD.outcome IS NOT NULL
  OR (OLD.id, OLD.directory_id, OLD.actor, OLD.action, OLD.detail, OLD.request_id, OLD.at_ms)
    IS NOT (NEW.id, NEW.directory_id, NEW.actor, NEW.action, NEW.detail, NEW.request_id, NEW.at_ms)
BEGIN
  SELECT RAISE(ABORT, 'operator actions are final');
END;

-- REPLACE deletes without asking the trigger above.
CREATE TRIGGER operator_actions_are_not_replaced BEFORE INSERT ON operator_actions
WHEN EXISTS (SELECT 1 FROM operator_actions WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'operator actions are final');
END;

-- Letters that nobody has replayed.
CREATE INDEX dead_letters_open ON dead_letters (directory_id, at_ms) WHERE replayed_ms IS NULL;

-- How many people of each status there are, counted from `events` up to `seq`: no question about numbers reads
-- every person. Whoever asks adds what has happened since.
CREATE TABLE people_counts (
  directory_id TEXT NOT NULL PRIMARY KEY,
  seq INTEGER NOT NULL,
  active INTEGER NOT NULL,
  suspended INTEGER NOT NULL,
  archived INTEGER NOT NULL,
  deleted INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO people_counts (directory_id, seq, active, suspended, archived, deleted)
SELECT d.id, (SELECT coalesce(max(seq), 0) FROM events),
  count(*) FILTER (WHERE u.status = 'active'), count(*) FILTER (WHERE u.status = 'suspended'),
  count(*) FILTER (WHERE u.status = 'archived'), count(*) FILTER (WHERE u.status = 'deleted')
FROM directories d LEFT JOIN users u ON u.directory_id = d.id GROUP BY d.id;

-- A tombstone that is swept leaves no event.
CREATE TRIGGER users_swept_count_no_more AFTER DELETE ON users
BEGIN
  UPDATE people_counts SET deleted = deleted - 1 WHERE directory_id = OLD.directory_id;
END;
