//! The tables of the ledger, and the triggers that let nothing but the next record in.

/// Marks the file as a ledger of this tool: "tlnc".
pub(super) const APPLICATION_ID: i32 = 0x746c_6e63;
/// The version of the tables that this version of the tool reads and writes.
///
/// Version 2 adds used verifications and the outbox to version 1.
pub(super) const SCHEMA_VERSION: i32 = 2;
/// The objects that version 1 had. An update makes the others alone: a rule of version 1 that somebody removed stays away,
/// so that `audit verify` still finds it.
pub(super) const OBJECTS_OF_VERSION_1: [&str; 26] = [
    "record",
    "record_attempt",
    "record_user",
    "record_customer",
    "record_agent",
    "record_run",
    "record_unreadable",
    "record_imported",
    "record_receipt",
    "open_attempt",
    "issued",
    "issued_number",
    "checkpoint",
    "meta",
    "record_never_changes",
    "record_stays",
    "record_is_next",
    "attempt_begins",
    "attempt_ends",
    "password_is_issued",
    "password_is_withdrawn",
    "password_is_settled",
    "issue_goes_with_its_record",
    "checkpoint_never_changes",
    "checkpoint_stays",
    "checkpoint_is_a_record",
];

/// Each object of the schema: its name, and the statement that makes it.
///
/// The columns of a record repeat what its body says, so that records are found; `audit verify` compares them. `at` is
/// in microseconds since 1970 and never falls with the number.
pub(super) const OBJECTS: &[(&str, &str)] = &[
    (
        "record",
        "CREATE TABLE record(
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  attempt TEXT, event TEXT NOT NULL, backend_id TEXT, user_id TEXT, customer TEXT,
  agent TEXT, action TEXT, run TEXT, line INTEGER, changed TEXT,
  prev BLOB NOT NULL, hash BLOB NOT NULL, body NOT NULL
)",
    ),
    ("record_attempt", "CREATE INDEX record_attempt ON record(attempt, event)"),
    ("record_user", "CREATE INDEX record_user ON record(user_id, at) WHERE user_id IS NOT NULL"),
    ("record_customer", "CREATE INDEX record_customer ON record(customer, at) WHERE customer IS NOT NULL"),
    ("record_agent", "CREATE INDEX record_agent ON record(agent, at) WHERE event = 'intent' AND run IS NULL"),
    ("record_run", "CREATE INDEX record_run ON record(run) WHERE event = 'bulk_started'"),
    ("record_unreadable", "CREATE INDEX record_unreadable ON record(event) WHERE event = 'unreadable'"),
    ("record_imported", "CREATE INDEX record_imported ON record(event) WHERE event = 'imported'"),
    ("record_receipt", "CREATE INDEX record_receipt ON record(event) WHERE event = 'receipt_missing'"),
    ("record_notice_failed", "CREATE INDEX record_notice_failed ON record(event) WHERE event = 'notice_failed'"),
    ("open_attempt", "CREATE TABLE open_attempt(attempt TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID"),
    (
        "issued",
        "CREATE TABLE issued(
  backend_id TEXT NOT NULL, user_id TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY(backend_id, user_id)
) WITHOUT ROWID",
    ),
    ("issued_number", "CREATE INDEX issued_number ON issued(number)"),
    (
        "used_verification",
        "CREATE TABLE used_verification(verification TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID",
    ),
    ("used_verification_number", "CREATE INDEX used_verification_number ON used_verification(number)"),
    // Addresses are in this table alone, and leave it as messages are sent. They reach it by the spool if the record that
    // they belong to could not be appended at once.
    (
        "outbox",
        "CREATE TABLE outbox(
  id TEXT PRIMARY KEY, attempt TEXT NOT NULL, action TEXT NOT NULL, profile TEXT NOT NULL, agent TEXT NOT NULL,
  channel TEXT NOT NULL, address TEXT NOT NULL, language TEXT,
  at INTEGER NOT NULL, tries INTEGER NOT NULL, next_at INTEGER NOT NULL
) WITHOUT ROWID",
    ),
    ("outbox_due", "CREATE INDEX outbox_due ON outbox(profile, next_at)"),
    ("checkpoint", "CREATE TABLE checkpoint(number INTEGER PRIMARY KEY, hash BLOB NOT NULL)"),
    ("meta", "CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"),
    (
        "record_never_changes",
        "CREATE TRIGGER record_never_changes BEFORE UPDATE ON record
BEGIN SELECT raise(ABORT, 'a record never changes'); END",
    ),
    (
        "record_stays",
        "CREATE TRIGGER record_stays BEFORE DELETE ON record
WHEN OLD.number > coalesce((SELECT max(number) FROM checkpoint), 0)
BEGIN SELECT raise(ABORT, 'only records before a checkpoint are removed'); END",
    ),
    (
        "record_is_next",
        "CREATE TRIGGER record_is_next BEFORE INSERT ON record
WHEN NEW.number IS NOT coalesce((SELECT max(number) FROM record), (SELECT max(number) FROM checkpoint), 0) + 1
  OR NEW.prev IS NOT coalesce(
    (SELECT hash FROM record ORDER BY number DESC LIMIT 1),
    (SELECT hash FROM checkpoint ORDER BY number DESC LIMIT 1),
    zeroblob(32))
  OR NEW.at < coalesce((SELECT at FROM record ORDER BY number DESC LIMIT 1), NEW.at)
  OR (NEW.version > 1
    AND EXISTS(SELECT 1 FROM record WHERE attempt = NEW.attempt AND event = NEW.event AND version > 1))
BEGIN SELECT raise(ABORT, 'it is not the next record'); END",
    ),
    (
        "attempt_begins",
        "CREATE TRIGGER attempt_begins AFTER INSERT ON record
WHEN NEW.event = 'intent' AND NOT EXISTS(SELECT 1 FROM record WHERE attempt = NEW.attempt
  AND event IN ('refused', 'delivery', 'withdrawn', 'unlocked', 'failed', 'recovered'))
BEGIN INSERT OR IGNORE INTO open_attempt VALUES(NEW.attempt, NEW.number); END",
    ),
    (
        "attempt_ends",
        "CREATE TRIGGER attempt_ends AFTER INSERT ON record
WHEN NEW.event IN ('refused', 'delivery', 'withdrawn', 'unlocked', 'failed', 'recovered')
BEGIN DELETE FROM open_attempt WHERE attempt = NEW.attempt; END",
    ),
    // A later record of the same attempt is not the issue: another agent may have written it, at another time.
    (
        "password_is_issued",
        "CREATE TRIGGER password_is_issued AFTER INSERT ON record
WHEN NEW.version > 1 AND NEW.backend_id IS NOT NULL AND NEW.user_id IS NOT NULL
  AND (NEW.event = 'set'
    OR (NEW.event IN ('failed', 'recovered') AND NEW.changed = 'yes' AND NEW.action IN ('set', 'create_and_set')
      AND NOT EXISTS(SELECT 1 FROM record WHERE attempt = NEW.attempt AND event = 'set')))
BEGIN INSERT INTO issued VALUES(NEW.backend_id, NEW.user_id, NEW.number)
  ON CONFLICT(backend_id, user_id) DO UPDATE SET number = NEW.number; END",
    ),
    // A password that was issued after the withdrawal's intent is not the one that was withdrawn.
    (
        "password_is_withdrawn",
        "CREATE TRIGGER password_is_withdrawn AFTER INSERT ON record
WHEN NEW.event = 'withdrawn'
  OR (NEW.event IN ('failed', 'recovered') AND NEW.changed = 'yes' AND NEW.action = 'withdraw')
BEGIN DELETE FROM issued WHERE backend_id = NEW.backend_id AND user_id = NEW.user_id
  AND number < (SELECT number FROM record WHERE attempt = NEW.attempt AND event = 'intent'); END",
    ),
    (
        "password_is_settled",
        "CREATE TRIGGER password_is_settled AFTER INSERT ON record WHEN NEW.event = 'settled'
BEGIN DELETE FROM issued WHERE backend_id = NEW.backend_id AND user_id = NEW.user_id
  AND number IN (SELECT number FROM record WHERE attempt = NEW.attempt); END",
    ),
    (
        "issue_goes_with_its_record",
        "CREATE TRIGGER issue_goes_with_its_record AFTER DELETE ON record
BEGIN DELETE FROM issued WHERE number = OLD.number; END",
    ),
    // The key refuses a second intent with the same verification.
    (
        "verification_is_used",
        "CREATE TRIGGER verification_is_used AFTER INSERT ON record
WHEN NEW.event = 'intent' AND NEW.version > 1 AND json_extract(NEW.body, '$.verification.id') IS NOT NULL
BEGIN INSERT INTO used_verification VALUES(json_extract(NEW.body, '$.verification.id'), NEW.number); END",
    ),
    (
        "use_goes_with_its_record",
        "CREATE TRIGGER use_goes_with_its_record AFTER DELETE ON record
BEGIN DELETE FROM used_verification WHERE number = OLD.number; END",
    ),
    (
        "checkpoint_never_changes",
        "CREATE TRIGGER checkpoint_never_changes BEFORE UPDATE ON checkpoint
BEGIN SELECT raise(ABORT, 'a checkpoint never changes'); END",
    ),
    (
        "checkpoint_stays",
        "CREATE TRIGGER checkpoint_stays BEFORE DELETE ON checkpoint
BEGIN SELECT raise(ABORT, 'a checkpoint stays'); END",
    ),
    (
        "checkpoint_is_a_record",
        "CREATE TRIGGER checkpoint_is_a_record BEFORE INSERT ON checkpoint
WHEN NOT EXISTS(SELECT 1 FROM record WHERE number = NEW.number AND hash = NEW.hash)
BEGIN SELECT raise(ABORT, 'a checkpoint is a record that is there'); END",
    ),
];
