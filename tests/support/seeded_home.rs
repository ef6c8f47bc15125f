//! Homes in which an agent is signed in to the practice directory: made once by the tool, then copied for each test.
//!
//! The tool hashes three passwords for each such home, which is most of what a short test would cost.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::tell_nobody::tell_nobody;
use super::{PRACTICE, TestEnvironment};

/// What a home begins with.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Seed {
    agent: String,
    /// How many customers there are, if not the samples alone.
    customers: Option<u64>,
}

/// A file or folder of a home: its path there, its permissions, and the content of a file.
type Entry = (PathBuf, Permissions, Option<Vec<u8>>);

static SEEDED: Mutex<BTreeMap<Seed, Vec<Entry>>> = Mutex::new(BTreeMap::new());

impl TestEnvironment {
    /// Creates a home in which this sample agent is signed in to the practice directory.
    pub fn signed_in(agent: &str) -> Self {
        Self::seeded(&Seed { agent: agent.to_owned(), customers: None })
    }

    /// Creates the same, with a practice profile that tells customers nothing: each record is one of the command's own.
    pub fn signed_in_telling_nobody(agent: &str) -> Self {
        let environment = Self::signed_in(agent);
        environment.tell_nobody();
        environment
    }

    /// Has the practice profile tell customers nothing.
    pub fn tell_nobody(&self) {
        tell_nobody(self.path());
    }

    /// Creates the same with this many customers.
    pub fn signed_in_with_customers(agent: &str, customers: u64) -> Self {
        Self::seeded(&Seed { agent: agent.to_owned(), customers: Some(customers) })
    }

    fn seeded(seed: &Seed) -> Self {
        let environment = Self::new();
        let mut seeded = SEEDED.lock().unwrap();
        if let Some(entries) = seeded.get(seed) {
            for entry in entries {
                write_entry(environment.path(), entry);
            }
            return environment;
        }
        if let Some(customers) = seed.customers {
            let start_over = ["practice", "start-over", "--yes", "--customers", &customers.to_string()];
            environment.run(&[&PRACTICE[..], &start_over].concat()).must(0);
        }
        environment.sign_agent_in(&seed.agent);
        let mut entries = Vec::new();
        read_entries(environment.path(), Path::new(""), &mut entries);
        seeded.insert(seed.clone(), entries);
        environment
    }
}

/// Reads everything below a folder of the home; a folder comes before what is in it.
fn read_entries(home: &Path, folder: &Path, entries: &mut Vec<Entry>) {
    for found in std::fs::read_dir(home.join(folder)).unwrap() {
        let found = found.unwrap();
        let path = folder.join(found.file_name());
        let metadata = found.metadata().unwrap();
        let content = metadata.is_file().then(|| std::fs::read(found.path()).unwrap());
        let is_folder = content.is_none();
        entries.push((path.clone(), metadata.permissions(), content));
        if is_folder {
            read_entries(home, &path, entries);
        }
    }
}

fn write_entry(home: &Path, (path, permissions, content): &Entry) {
    let path = home.join(path);
    match content {
        Some(content) => std::fs::write(&path, content).unwrap(),
        None => std::fs::create_dir(&path).unwrap(),
    }
    std::fs::set_permissions(&path, permissions.clone()).unwrap();
}
