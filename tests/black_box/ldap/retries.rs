//! Who waits for a busy server: a single reset does it itself, and in a run the run does it, which counts each refusal.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::support::fake_directory::{Dialect, Fake, MODIFY, SEARCH};
use crate::support::{CommandOutput, TestEnvironment, for_each_concurrently};

const LOGIN: [&str; 6] = ["login", "--agent", "uid=agent,dc=example,dc=com", "--password-stdin", "--store", "file"];
const RESET: [&str; 5] = ["reset", "ada", "--yes", "--reveal", "stdout"];
const BULK: [&str; 9] = ["bulk", "-", "--yes", "--expect", "1", "--reveal", "stdout", "--progress", "json"];
const INPUT: &str = "customer\nada\n";
/// busy (RFC 4511 appendix A).
const BUSY: u8 = 51;

/// Which requests are answered with busy.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Busy {
    /// The first two searches of users, and the first change.
    FirstRequests,
    /// The first search of users after the first change.
    FirstReadAfterTheChange,
}

fn signed_in(dialect: Dialect) -> (Fake, TestEnvironment) {
    let fake = Fake::start(dialect);
    let env = fake.environment();
    let login = env.run_with(&LOGIN, "Ag3nts-Password\n");
    assert!(login.is_success(), "{}", login.text());
    (fake, env)
}

/// From now on the server is busy so; the answer counts how often it said so.
fn is_busy(fake: &Fake, busy: Busy) -> Arc<AtomicU64> {
    let said = Arc::new(AtomicU64::new(0));
    let (counted, mut searches, mut changes) = (Arc::clone(&said), 0, 0);
    fake.rule(move |asked, stream| {
        let is_search = asked.tag == SEARCH && asked.base.to_lowercase().contains("ou=customers");
        let refuses = match busy {
            Busy::FirstRequests => (is_search && searches < 2) || (asked.tag == MODIFY && changes == 0),
            Busy::FirstReadAfterTheChange => is_search && changes == 1 && counted.load(Ordering::SeqCst) == 0,
        };
        searches += u32::from(is_search);
        changes += u32::from(asked.tag == MODIFY);
        if refuses {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(&asked.done(BUSY));
        }
        refuses
    });
    said
}

/// How many refusals the run counted.
fn refused(ended: &CommandOutput) -> u64 {
    let last = ended.stderr.lines().rfind(|line| line.contains("\"refused\":")).unwrap();
    serde_json::from_str::<serde_json::Value>(last).unwrap()["refused"].as_u64().unwrap()
}

#[test]
fn a_reset_waits_for_a_busy_server_itself_and_a_run_does_it_for_its_rows() {
    for_each_concurrently(Dialect::BOTH, |dialect| {
        let (fake, env) = signed_in(dialect);
        let said = is_busy(&fake, Busy::FirstRequests);
        let issued = env.run(&RESET);
        assert!(issued.is_success(), "{dialect:?}: {}", issued.text());
        assert_eq!(said.load(Ordering::SeqCst), 3, "{dialect:?}");
        let said = is_busy(&fake, Busy::FirstRequests);
        let ended = env.run_with(&BULK, INPUT);
        assert!(ended.is_success(), "{dialect:?}: {}", ended.text());
        assert!(ended.text().contains("\"outcome\":\"delivered\""), "{dialect:?}: {}", ended.text());
        assert_eq!((said.load(Ordering::SeqCst), refused(&ended)), (3, 3), "{dialect:?}: {}", ended.text());
    });
}

#[test]
fn a_read_that_follows_a_change_is_repeated_in_a_run_as_well() {
    let (fake, env) = signed_in(Dialect::OpenLdap);
    let said = is_busy(&fake, Busy::FirstReadAfterTheChange);
    let ended = env.run_with(&BULK, INPUT);
    assert!(ended.is_success(), "{}", ended.text());
    assert!(ended.text().contains("\"outcome\":\"delivered\""), "{}", ended.text());
    assert_eq!(
        (said.load(Ordering::SeqCst), refused(&ended)),
        (1, 0),
        "the run could not repeat the set: {}",
        ended.text()
    );
}
