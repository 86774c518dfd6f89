-- Roles that can be explained, people that can be found: rules, people by hand, groups, search terms, tokens of the API.

-- Counts the changes of what roles come from besides Google's user: rules, people by hand, group members. A row is
-- written only with roles of the version that is current at that moment. 0 = the first rule has yet to be made.
ALTER TABLE directories ADD COLUMN roles_version INTEGER NOT NULL DEFAULT 0;

CREATE TABLE role_rules (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  directory_id TEXT NOT NULL REFERENCES directories (id),
  -- What of Google's decides, as a JSON object with a `kind`: see src/roles/rule.ts.
  source TEXT NOT NULL CHECK (json_valid(source)),
  -- The role, or a template with {field} or {value}.
  role TEXT NOT NULL,
  -- 'user:<id>', or 'configuration' for the rule that ROLES_SCHEMA stood for.
  made_by TEXT NOT NULL,
  made_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX role_rules_of_a_directory ON role_rules (directory_id);

-- Single people who have a role whatever the rules say, or have it not.
CREATE TABLE roles_by_hand (
  directory_id TEXT NOT NULL REFERENCES directories (id),
  user_id TEXT NOT NULL,
  role TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('added', 'excepted')),
  reason TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  PRIMARY KEY (directory_id, user_id, role)
) STRICT, WITHOUT ROWID;

-- How far everybody's stored roles have been brought to the current version, one row for each directory.
CREATE TABLE role_recomputes (
  directory_id TEXT NOT NULL PRIMARY KEY REFERENCES directories (id),
  -- Counts them: a page of an earlier one moves no cursor.
  run INTEGER NOT NULL,
  -- The people whom it is about, as a JSON array of ids; NULL = everybody.
  scope TEXT CHECK (json_valid(scope)),
  -- Of whom something changed while everybody was being gone through: they are done once more after it.
  also TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(also)),
  -- Everybody up to this id is done.
  after_id TEXT NOT NULL,
  asked_ms INTEGER NOT NULL,
  progress_ms INTEGER NOT NULL,
  -- NULL while it is under way.
  finished_ms INTEGER,
  seen INTEGER NOT NULL DEFAULT 0,
  changed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- The groups that rules name, and what was last read of them.
CREATE TABLE groups (
  directory_id TEXT NOT NULL REFERENCES directories (id),
  -- As the rule names it: an address in lower case, or Google's id.
  group_key TEXT NOT NULL,
  -- Whether the whole customer is a member.
  has_everybody INTEGER NOT NULL DEFAULT 0 CHECK (has_everybody IN (0, 1)),
  -- When its members were last read to the end; NULL = never.
  read_ms INTEGER,
  -- When Google was last asked, and the error code of that; NULL = it answered.
  tried_ms INTEGER,
  problem TEXT,
  -- A reading that is not at its end goes on from here.
  page_token TEXT,
  -- Counts what sign-ins have found: a reading that was under way then is older, and is not believed.
  touched INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (directory_id, group_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE group_members (
  directory_id TEXT NOT NULL REFERENCES directories (id),
  group_key TEXT NOT NULL,
  user_id TEXT NOT NULL,
  PRIMARY KEY (directory_id, user_id, group_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_members_of_a_group ON group_members (directory_id, group_key);

-- Pages of a reading that is under way; at its end they become group_members, all at once.
CREATE TABLE group_pages (
  directory_id TEXT NOT NULL REFERENCES directories (id),
  group_key TEXT NOT NULL,
  page INTEGER NOT NULL,
  ids TEXT NOT NULL CHECK (json_valid(ids)),
  has_everybody INTEGER NOT NULL CHECK (has_everybody IN (0, 1)),
  PRIMARY KEY (directory_id, group_key, page)
) STRICT, WITHOUT ROWID;

-- What somebody is found by: the words of their name and address without case and accents, as a JSON array. Made from the
-- mapped columns, so no event tells of it; the first recompute fills it in for those who are there.
ALTER TABLE users ADD COLUMN words TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(words));

-- 'w:<word>', 'role:<role>', 'in:<org unit>' below the root, 'is:suspended|archived|deleted|admin'. (D1 takes five parts
-- in a compound SELECT.)
CREATE TABLE people_terms (
  directory_id TEXT NOT NULL,
  term TEXT NOT NULL,
  user_id TEXT NOT NULL,
  PRIMARY KEY (directory_id, term, user_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER users_created_have_terms AFTER INSERT ON users
BEGIN
  INSERT INTO people_terms (directory_id, term, user_id)
  SELECT DISTINCT NEW.directory_id, term, NEW.id FROM (
    SELECT 'w:' || value AS term FROM json_each(NEW.words) WHERE value IS NOT NULL
    UNION ALL SELECT 'role:' || value FROM json_each(NEW.roles) WHERE value IS NOT NULL
    UNION ALL SELECT value FROM json_each(json_array(
      iif(NEW.org_unit_path <> '/', 'in:' || NEW.org_unit_path, NULL),
      iif(NEW.status <> 'active', 'is:' || NEW.status, NULL),
      iif(NEW.is_admin = 1, 'is:admin', NULL))) WHERE value IS NOT NULL);
END;

CREATE TRIGGER users_changed_have_terms
AFTER UPDATE OF words, roles, org_unit_path, status, is_admin ON users
WHEN (OLD.words, OLD.roles, OLD.org_unit_path, OLD.status, OLD.is_admin)
  IS NOT (NEW.words, NEW.roles, NEW.org_unit_path, NEW.status, NEW.is_admin)
BEGIN
  DELETE FROM people_terms WHERE directory_id = OLD.directory_id AND user_id = OLD.id AND term IN (
    SELECT 'w:' || value AS term FROM json_each(OLD.words)
    UNION ALL SELECT 'role:' || value FROM json_each(OLD.roles)
    UNION ALL SELECT value FROM json_each(json_array(
      iif(OLD.org_unit_path <> '/', 'in:' || OLD.org_unit_path, NULL),
      iif(OLD.status <> 'active', 'is:' || OLD.status, NULL),
      iif(OLD.is_admin = 1, 'is:admin', NULL))) WHERE value IS NOT NULL)
  AND term NOT IN (
    SELECT 'w:' || value AS term FROM json_each(NEW.words) WHERE value IS NOT NULL
    UNION ALL SELECT 'role:' || value FROM json_each(NEW.roles) WHERE value IS NOT NULL
    UNION ALL SELECT value FROM json_each(json_array(
      iif(NEW.org_unit_path <> '/', 'in:' || NEW.org_unit_path, NULL),
      iif(NEW.status <> 'active', 'is:' || NEW.status, NULL),
      iif(NEW.is_admin = 1, 'is:admin', NULL))) WHERE value IS NOT NULL);
  INSERT INTO people_terms (directory_id, term, user_id)
  SELECT DISTINCT NEW.directory_id, term, NEW.id FROM (
    SELECT 'w:' || value AS term FROM json_each(NEW.words) WHERE value IS NOT NULL
    UNION ALL SELECT 'role:' || value FROM json_each(NEW.roles) WHERE value IS NOT NULL
    UNION ALL SELECT value FROM json_each(json_array(
      iif(NEW.org_unit_path <> '/', 'in:' || NEW.org_unit_path, NULL),
      iif(NEW.status <> 'active', 'is:' || NEW.status, NULL),
      iif(NEW.is_admin = 1, 'is:admin', NULL))) WHERE value IS NOT NULL)
  WHERE true ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER users_swept_have_no_terms AFTER DELETE ON users
BEGIN
  DELETE FROM people_terms WHERE directory_id = OLD.directory_id AND user_id = OLD.id AND term IN (
    SELECT 'w:' || value AS term FROM json_each(OLD.words)
    UNION ALL SELECT 'role:' || value FROM json_each(OLD.roles)
    UNION ALL SELECT value FROM json_each(json_array(
      iif(OLD.org_unit_path <> '/', 'in:' || OLD.org_unit_path, NULL),
      iif(OLD.status <> 'active', 'is:' || OLD.status, NULL),
      iif(OLD.is_admin = 1, 'is:admin', NULL))) WHERE value IS NOT NULL);
  DELETE FROM roles_by_hand WHERE directory_id = OLD.directory_id AND user_id = OLD.id;
END;

INSERT INTO people_terms (directory_id, term, user_id)
SELECT DISTINCT u.directory_id, 'role:' || r.value, u.id FROM users u, json_each(u.roles) r
WHERE r.value IS NOT NULL;

INSERT INTO people_terms (directory_id, term, user_id)
SELECT u.directory_id, t.value, u.id FROM users u, json_each(json_array(
  iif(u.org_unit_path <> '/', 'in:' || u.org_unit_path, NULL),
  iif(u.status <> 'active', 'is:' || u.status, NULL),
  iif(u.is_admin = 1, 'is:admin', NULL))) t WHERE t.value IS NOT NULL;

-- What happened to one person, and since when they have a role.
CREATE INDEX events_by_user ON events (user_id);

-- How long what was pushed took to be stored, without reading anything else.
CREATE INDEX events_of_pushes ON events (directory_id, at_ms, noticed_ms) WHERE cause = 'push';

-- Counts that belong to the outcome, as a JSON object.
ALTER TABLE operator_actions ADD COLUMN result TEXT CHECK (json_valid(result));

-- Bearer tokens of the API. Whoever reads this table can call nothing.
CREATE TABLE api_tokens (
  -- The part of the token that is no secret.
  id TEXT NOT NULL PRIMARY KEY,
  directory_id TEXT NOT NULL REFERENCES directories (id),
  -- SHA-256 of the token, base64url.
  token_hash TEXT NOT NULL CHECK (length(token_hash) = 43),
  name TEXT NOT NULL,
  -- 'users:read', 'events:read', 'passes:read', as a JSON array.
  scopes TEXT NOT NULL CHECK (json_valid(scopes)),
  -- Whose right it borrows: without theirs it opens nothing.
  made_by TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  revoked_ms INTEGER,
  -- To the hour.
  used_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX api_tokens_of_a_directory ON api_tokens (directory_id, made_ms);
