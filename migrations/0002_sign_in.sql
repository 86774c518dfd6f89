-- Sessions that die with the account. What these triggers promise holds for every code path: a session exists
-- only for somebody active, and leaving `active` ends all of them in the same transaction.

CREATE TABLE sessions (
  -- SHA-256 of the token, base64url: whoever reads this table can't sign in with it.
  token_hash TEXT NOT NULL PRIMARY KEY CHECK (length(token_hash) = 43),
  directory_id TEXT NOT NULL REFERENCES directories (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  -- `page`: our own windows. `frame`: under /embed only, in one embedder's partition.
  kind TEXT NOT NULL CHECK (kind IN ('page', 'frame')),
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_ms);

-- What the popup hands to the frame that opened it: one use, a minute, worth nothing without the verifier of
-- `challenge`, which has never left the frame (as in RFC 7636).
CREATE TABLE hand_over_codes (
  code_hash TEXT NOT NULL PRIMARY KEY CHECK (length(code_hash) = 43),
  directory_id TEXT NOT NULL REFERENCES directories (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  challenge TEXT NOT NULL CHECK (length(challenge) = 43),
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX hand_over_codes_by_user ON hand_over_codes (user_id);

-- Whom a directory has just not let in, so that asking again and again costs Google nothing.
CREATE TABLE sign_in_refusals (
  user_id TEXT NOT NULL,
  directory_id TEXT NOT NULL REFERENCES directories (id),
  reason TEXT NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (user_id, directory_id)
) STRICT, WITHOUT ROWID;

-- Which directory holds a domain: one probe, whatever its size. The expression is that of db/sign-in.ts.
CREATE INDEX users_by_domain ON users (lower(substr(email, instr(email, '@') + 1)), directory_id)
WHERE status <> 'deleted';

CREATE TRIGGER sessions_need_an_active_user BEFORE INSERT ON sessions
WHEN NOT EXISTS (SELECT 1 FROM users
                 WHERE id = NEW.user_id AND directory_id = NEW.directory_id AND status = 'active')
BEGIN
  SELECT RAISE(ABORT, 'a session needs an active user');
END;

CREATE TRIGGER sessions_are_never_changed BEFORE UPDATE ON sessions
BEGIN
  SELECT RAISE(ABORT, 'a session is never changed');
END;

CREATE TRIGGER hand_over_codes_need_an_active_user BEFORE INSERT ON hand_over_codes
WHEN NOT EXISTS (SELECT 1 FROM users
                 WHERE id = NEW.user_id AND directory_id = NEW.directory_id AND status = 'active')
BEGIN
  SELECT RAISE(ABORT, 'a code needs an active user');
END;

CREATE TRIGGER hand_over_codes_are_never_changed BEFORE UPDATE ON hand_over_codes
BEGIN
  SELECT RAISE(ABORT, 'a code is never changed');
END;

CREATE TRIGGER sessions_die_with_the_account AFTER UPDATE OF status ON users
WHEN OLD.status = 'active' AND NEW.status <> 'active'
BEGIN
  DELETE FROM sessions WHERE user_id = NEW.id;
  DELETE FROM hand_over_codes WHERE user_id = NEW.id;
END;
