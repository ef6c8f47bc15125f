//! The log of a bulk run: rows share a thread that writes, and the files that say that somebody is at an attempt.

use super::*;
use crate::ledger::RunAuditLog;

/// What the run is called here.
const RUN: &str = "20260301-120000-0000";

fn run_in(home: &Home) -> RunAuditLog {
    let clock = Arc::new(Fixed(NOW.parse().unwrap()));
    let index = home.folder.path().join("index.db");
    RunAuditLog::new(&home.folders(), AuditSettings::default(), clock, Box::new(Counting), RUN, &index).unwrap()
}

fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Writes the intent of a row whose line is its customer's number.
async fn intend_row(log: &RunAuditLog, line: u64) -> AttemptId {
    let plan = plan(&format!("C-{line}"), Action::Set);
    log.row(line).intend(&session(), &plan, &not_asked(&plan)).await.unwrap().attempt().clone()
}

async fn end_row(log: &RunAuditLog, line: u64, attempt: &AttemptId) -> Result<()> {
    log.row(line).outcome(attempt, AttemptOutcome::Delivered(Delivery::Shown)).await
}

/// The names of the lock files.
fn locks(home: &Home) -> Vec<String> {
    let entries = std::fs::read_dir(home.folders().attempts()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Whether somebody is at the customer's last attempt, as another process sees it.
fn in_progress(home: &Home, customer: &str) -> bool {
    home.history(customer).attempts.last().unwrap().in_progress
}

#[test]
fn a_row_takes_over_the_lock_of_one_that_is_at_its_end() {
    let home = home();
    let log = run_in(&home);
    wait_for(async {
        let (first, second) = (intend_row(&log, 1).await, intend_row(&log, 2).await);
        assert!(in_progress(&home, "C-1") && in_progress(&home, "C-2"));
        end_row(&log, 1, &first).await.unwrap();
        assert!(!in_progress(&home, "C-1") && in_progress(&home, "C-2"));
        let third = intend_row(&log, 3).await;
        assert!(in_progress(&home, "C-2") && in_progress(&home, "C-3"));
        let mut held = [&second, &third].map(|intent| format!("{intent}.lock"));
        let mut files = locks(&home);
        held.sort();
        files.sort();
        assert_eq!(files, held, "no more files than rows at once, each with the name of its attempt");
        end_row(&log, 2, &second).await.unwrap();
    });
    drop(log); // as a process that ends without a word on the third row
    assert!(!in_progress(&home, "C-3") && home.history("C-3").open().count() == 1);
    assert!(locks(&home).is_empty());
}

#[test]
fn a_lock_file_that_somebody_took_away_is_made_anew() {
    let home = home();
    let log = run_in(&home);
    wait_for(async {
        let first = intend_row(&log, 1).await;
        end_row(&log, 1, &first).await.unwrap();
        std::fs::remove_dir_all(home.folders().attempts()).unwrap();
        let second = intend_row(&log, 2).await;
        assert!(in_progress(&home, "C-2"));
        end_row(&log, 2, &second).await.unwrap();
    });
}

#[test]
fn a_row_whose_end_cannot_be_written_does_not_look_as_if_somebody_were_at_it() {
    let home = home();
    let log = run_in(&home);
    let kept = home.path().with_extension("kept");
    wait_for(async {
        let first = intend_row(&log, 1).await;
        std::fs::rename(home.path(), &kept).unwrap();
        std::fs::create_dir(home.path()).unwrap();
        end_row(&log, 1, &first).await.unwrap_err();
        std::fs::remove_dir(home.path()).unwrap();
        std::fs::rename(&kept, home.path()).unwrap();
        assert!(!in_progress(&home, "C-1") && home.history("C-1").open().count() == 1);
        assert!(locks(&home).is_empty());
    });
}
