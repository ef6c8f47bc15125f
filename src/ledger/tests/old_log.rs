//! An `audit.jsonl`, as earlier versions wrote it.

use sha2::{Digest, Sha256};

use super::*;

/// An `audit.jsonl`, line by line.
pub(super) struct OldLog {
    pub(super) lines: Vec<String>,
    prev: String,
}

impl OldLog {
    pub(super) fn new() -> Self {
        Self { lines: Vec::new(), prev: Hash::BEFORE_THE_FIRST.to_string() }
    }

    /// Adds a record of an attempt. `more` has further fields, as they stand in JSON.
    pub(super) fn add(&mut self, at: &str, (attempt, event): (&str, &str), customer: &str, more: &str) {
        let prev = &self.prev;
        let object = format!(
            r#"{{"v":1,"at":"{at}","attempt":"{attempt}","event":"{event}","agent":"sam","system_user":"sam (uid 1000)","profile":"practice","backend":"practice","customer":"{customer}","user":"1","action":"set","ticket":"T-7","reason":null,"verified":null{more},"prev":"{prev}"}}"#
        );
        let hash = Hash::of(Sha256::new().chain_update(&object)).to_string();
        self.lines.push(format!(r#"{},"hash":"{hash}"}}"#, object.strip_suffix('}').unwrap()));
        self.prev = hash;
    }

    /// Adds the three records of a reset that went well.
    pub(super) fn add_reset(&mut self, at: &str, attempt: &str, customer: &str) {
        self.add(at, (attempt, "intent"), customer, r#","consent":"asked","unlock":false"#);
        self.add(at, (attempt, "set"), customer, r#","stamp":{"at":null,"version":2},"proved":true"#);
        self.add(at, (attempt, "delivery"), customer, r#","delivery":"shown""#);
    }

    pub(super) fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    /// Writes the log where the ledger looks for it.
    pub(super) fn write(&self, home: &Home) {
        std::fs::write(home.folders().audit_log(), self.text()).unwrap();
    }
}

/// A log of two resets of customers C-1001 and C-1002.
pub(super) fn two_resets() -> OldLog {
    let mut log = OldLog::new();
    log.add_reset("2026-02-28T13:00:00Z", "aa01", "C-1001");
    log.add_reset("2026-02-28T14:00:00Z", "aa02", "C-1002");
    log
}

/// Where the log lies after it was imported.
pub(super) fn imported_file(home: &Home) -> PathBuf {
    home.folder.path().join("audit.jsonl.imported")
}
