/** Tables of the vault. Secrets are stored sealed or hashed; nothing here is ever copied into the log. */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS person_keys (
  person TEXT PRIMARY KEY,
  wrapped BLOB                      -- NULL is the tombstone
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS credentials (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS credentials_account ON credentials (account);
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY,
  workspace TEXT NOT NULL,
  account TEXT NOT NULL,
  role TEXT NOT NULL,
  kind TEXT NOT NULL,
  act TEXT,
  act_session TEXT,
  credential TEXT,
  judged TEXT NOT NULL,
  generation INTEGER NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  refresh_hash TEXT,
  previous_refresh_hash TEXT,
  rotated_at TEXT,
  used INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  refresh_expires_at TEXT NOT NULL,
  last_used_at TEXT NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS sessions_account ON sessions (account);
CREATE INDEX IF NOT EXISTS sessions_act ON sessions (act_session) WHERE act_session IS NOT NULL;
CREATE INDEX IF NOT EXISTS sessions_refresh ON sessions (refresh_hash) WHERE refresh_hash IS NOT NULL;
CREATE INDEX IF NOT EXISTS sessions_previous ON sessions (previous_refresh_hash) WHERE previous_refresh_hash IS NOT NULL;
CREATE TABLE IF NOT EXISTS session_streams (
  stream TEXT NOT NULL,
  session TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (stream, session)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ended_sessions (
  id TEXT PRIMARY KEY,
  at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS api_keys (
  id TEXT PRIMARY KEY,
  workspace TEXT NOT NULL,
  account TEXT NOT NULL,
  role TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  key_hash TEXT NOT NULL UNIQUE,
  judged TEXT NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT,
  last_used_at TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS api_keys_account ON api_keys (account);
CREATE TABLE IF NOT EXISTS api_key_streams (
  stream TEXT NOT NULL,
  key TEXT NOT NULL,
  revision INTEGER NOT NULL,        -- of what was last said of the stream
  barred INTEGER NOT NULL,
  PRIMARY KEY (stream, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS api_key_streams_barred ON api_key_streams (key) WHERE barred = 1;
CREATE TABLE IF NOT EXISTS secrets (
  name TEXT PRIMARY KEY,
  sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
  command_id TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  answer TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_at ON answers (at);
CREATE TABLE IF NOT EXISTS errands (
  key TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  at TEXT NOT NULL,
  done INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS errands_at ON errands (done, at);
CREATE TABLE IF NOT EXISTS failures (
  key TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS failures_key ON failures (key, at);
CREATE INDEX IF NOT EXISTS failures_at ON failures (at);
-- Of a release whose checkpoints named no event: all is done again once.
DROP TABLE IF EXISTS checkpoints;
CREATE TABLE IF NOT EXISTS reaction_checkpoints (
  reaction TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  event_id TEXT
) STRICT, WITHOUT ROWID;
`;
