//! The tables and indexes. A file whose `user_version` is newer than [`VERSION`] is not touched.

/// The `application_id` of a practice directory: "toin" in ASCII.
pub(super) const APPLICATION: i32 = 0x746f_696e;
/// The version of these tables.
pub(super) const VERSION: i32 = 2;

/// Creates the tables.
///
/// Times are milliseconds since 1970 (UTC), booleans 0 and 1. Passwords are stored as Argon2id hashes, tokens as SHA-256.
pub(super) const TABLES: &str = "
CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE policy_rule(name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE agent(name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, customer INTEGER) WITHOUT ROWID;
CREATE TABLE agent_session(token_hash BLOB PRIMARY KEY, agent TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE throttle(name_hash BLOB PRIMARY KEY, failures INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE customer(
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE COLLATE NOCASE,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  email TEXT COLLATE NOCASE,
  phone TEXT,
  first_folded TEXT NOT NULL,
  last_folded TEXT NOT NULL,
  language TEXT
);
CREATE TABLE user(
  customer INTEGER PRIMARY KEY REFERENCES customer(number),
  username TEXT NOT NULL UNIQUE COLLATE NOCASE,
  hash TEXT,
  external TEXT,
  disabled INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  locked_until INTEGER NOT NULL DEFAULT 0,
  change_required INTEGER NOT NULL DEFAULT 0,
  withdrawn INTEGER NOT NULL DEFAULT 0,
  issued_at INTEGER,
  expires_at INTEGER,
  issued_by TEXT,
  mark TEXT,
  version INTEGER NOT NULL DEFAULT 1,
  set_at INTEGER NOT NULL,
  chosen_at INTEGER
);
CREATE TABLE user_group(customer INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY(customer, name)) WITHOUT ROWID;
CREATE TABLE password_history(customer INTEGER NOT NULL, version INTEGER NOT NULL, hash TEXT NOT NULL, temporary INTEGER NOT NULL, PRIMARY KEY(customer, version)) WITHOUT ROWID;
CREATE TABLE customer_session(token_hash BLOB PRIMARY KEY, customer INTEGER NOT NULL, started_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE reset_token(token_hash BLOB PRIMARY KEY, customer INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE mail(
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  channel TEXT NOT NULL DEFAULT 'email',
  kind TEXT NOT NULL DEFAULT 'self_service',
  message_id TEXT
);

-- Parts of names, usernames and addresses, three letters and more (FTS5's trigram tokenizer).
CREATE VIRTUAL TABLE search USING fts5(text, content='', contentless_delete=1, tokenize=\"trigram case_sensitive 0 remove_diacritics 1\");
";

/// Creates the table of further addresses and numbers, and of changes.
pub(super) const CONTACTS: &str = "CREATE TABLE contact(customer INTEGER NOT NULL, channel TEXT NOT NULL, address TEXT NOT NULL, changed_at INTEGER NOT NULL, replaced_at INTEGER, PRIMARY KEY(customer, channel, address)) WITHOUT ROWID;";

/// Keeps one message of each id.
pub(super) const MAIL_INDEX: &str = "CREATE UNIQUE INDEX mail_message ON mail(message_id);";

/// Creates the indexes after the rows, which is faster, and merges the trigram index, which speeds up searches.
pub(super) const INDEXES: &str = "
CREATE INDEX customer_email ON customer(email);
CREATE INDEX customer_first ON customer(first_folded, last_folded);
CREATE INDEX customer_last ON customer(last_folded);
CREATE INDEX customer_session_of ON customer_session(customer);
CREATE INDEX user_pending ON user(customer) WHERE change_required = 1;
INSERT INTO search(search) VALUES('optimize');
";
