//! A practice profile that tells customers nothing, for tests and benchmarks whose subject is the change alone.

use std::path::Path;

/// Has the practice profile of this home tell customers nothing.
pub fn tell_nobody(home: &Path) {
    let profile = "[profiles.practice]\nbackend = 'practice'\n";
    let messages = "[profiles.practice.messages]\ndesk = 'Practice'\ncall = 'extension 1'\nnotices = false\n";
    std::fs::write(home.join("config.toml"), format!("{profile}{messages}")).unwrap();
}
