-- What it takes to converge whatever Google does, and to remove nobody by mistake.

-- People whom something says are gone, and who stay until an operator agrees or somebody sees them alive.
CREATE TABLE held_removals (
  directory_id TEXT NOT NULL REFERENCES directories (id),
  user_id TEXT NOT NULL,
  -- 'missing': on no page of a list, and not asked about. 'guard': Google denies them, beyond the deletion
  -- guard. 'last-admin': Google denies the last active super admin.
  reason TEXT NOT NULL CHECK (reason IN ('missing', 'guard', 'last-admin')),
  since_ms INTEGER NOT NULL,
  -- Until when a removal is allowed, or the question is not asked again; NULL = nobody has said so.
  approved_until_ms INTEGER,
  rejected_until_ms INTEGER,
  PRIMARY KEY (directory_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER users_removed_wait_no_longer AFTER UPDATE OF status ON users
WHEN NEW.status = 'deleted'
BEGIN
  DELETE FROM held_removals WHERE directory_id = NEW.directory_id AND user_id = NEW.id;
END;

-- The deletion guard counts the removals of the last 24 hours, and asks who is left to administer.
CREATE INDEX events_of_removals ON events (directory_id, at_ms) WHERE type = 'user.deleted';
CREATE INDEX users_who_administer ON users (directory_id) WHERE is_admin = 1 AND status = 'active';

-- A letter that is brought up to date is young again, whatever its number.
CREATE INDEX dead_letters_by_time ON dead_letters (at_ms);

-- Tombstones are swept by age.
CREATE INDEX users_by_deletion ON users (deleted_ms) WHERE status = 'deleted';

-- The youngest event when the pass began, and how many people had a living row at that very moment.
ALTER TABLE reconcile_runs ADD COLUMN first_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reconcile_runs ADD COLUMN living INTEGER NOT NULL DEFAULT 0;
-- The first of the passes that go through the list together, each as far as its calls last, and its ticket.
ALTER TABLE reconcile_runs ADD COLUMN chain_id TEXT NOT NULL DEFAULT '';
ALTER TABLE reconcile_runs ADD COLUMN chain_ticket INTEGER NOT NULL DEFAULT 0;
-- How many people those up to this one have seen, as kept in listed_people.
ALTER TABLE reconcile_runs ADD COLUMN chain_seen INTEGER NOT NULL DEFAULT 0;
-- People whose stored row the list contradicted, still so half a minute later.
ALTER TABLE reconcile_runs ADD COLUMN contradictions INTEGER NOT NULL DEFAULT 0;
-- From `events` between this pass's start and the next one's; brought up to date until the next begins.
ALTER TABLE reconcile_runs ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reconcile_runs ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reconcile_runs ADD COLUMN drift INTEGER NOT NULL DEFAULT 0;
-- How many people waited for an operator's word when this was last counted.
ALTER TABLE reconcile_runs ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
-- The channel events that should have announced the drift, as a JSON array.
ALTER TABLE reconcile_runs ADD COLUMN missed TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(missed));

-- Who was on the pages of passes that ran out of calls, kept until one of them has seen the last page.
CREATE TABLE listed_people (
  chain_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  part INTEGER NOT NULL,
  directory_id TEXT NOT NULL REFERENCES directories (id),
  ids TEXT NOT NULL CHECK (json_valid(ids)),
  PRIMARY KEY (chain_id, run_id, part)
) STRICT, WITHOUT ROWID;

-- Channels that were replaced because they did not do what they are for.
ALTER TABLE directories ADD COLUMN suspect_channels INTEGER NOT NULL DEFAULT 0;
-- When a pass last did its part, to the last page or to its last call; before that, when the first one began.
ALTER TABLE directories ADD COLUMN last_pass_ms INTEGER;

-- What needs a person, one row for each condition that lasts or has not been told to be over.
CREATE TABLE alerts (
  directory_id TEXT NOT NULL REFERENCES directories (id),
  condition TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  told_ms INTEGER,
  ended_ms INTEGER,
  -- When a cron began to send the message that is due; NULL = nobody is sending it.
  claimed_ms INTEGER,
  PRIMARY KEY (directory_id, condition)
) STRICT, WITHOUT ROWID;
