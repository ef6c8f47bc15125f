//! The conformance suite on the store on `SQLite`, on a store in memory, and on stores with a defect.

use std::sync::Arc;

use async_trait::async_trait;
use tellonce::domain::Result;
use tellonce::ledger::{Now, SqliteStore, Writer};

use super::fixture::files;
use crate::support::memory_store::{Defect, MemoryStores};
use crate::support::record_store::{Handle, StoreData, StoreFactory, assert_keeps_every_promise, broken_promises};

/// Makes stores in folders of their own.
struct SqliteStores;

/// A folder with the files of a store.
struct SqliteFolder {
    folder: tempfile::TempDir,
    now: Now,
    writer: Writer,
}

impl StoreFactory for SqliteStores {
    fn make(&self, now: Now, writer: Writer) -> Box<dyn StoreData> {
        Box::new(SqliteFolder { folder: tempfile::tempdir().unwrap(), now, writer })
    }
}

#[async_trait(?Send)]
impl StoreData for SqliteFolder {
    async fn open(&self) -> Result<Handle> {
        let store = SqliteStore::new(files(self.folder.path()), self.writer.clone(), Arc::clone(&self.now));
        Ok(Box::new(store))
    }
}

#[test]
fn the_store_on_sqlite_keeps_every_promise() {
    assert_keeps_every_promise(&SqliteStores);
}

#[test]
fn a_store_in_memory_keeps_every_promise() {
    assert_keeps_every_promise(&MemoryStores::default());
}

/// Each defect, and the promises that it is meant to break. It may break others beside them.
const DEFECTS: &[(Defect, &[&str])] = &[
    (Defect::LosesRecords, &["whole::receipts_come_back", "racing::no_record_is_lost"]),
    (Defect::Reorders, &["appending::keeps_the_order"]),
    (Defect::AppendsInParts, &["racing::appends_are_whole"]),
    (Defect::ForgetsIdempotence, &["idempotence::same_event_once", "idempotence::within_one_append"]),
    (Defect::ForgetsRefusals, &["idempotence::refusal_stands"]),
    (Defect::LetsTimeFall, &["appending::time_never_falls"]),
    (Defect::CountsOutside, &["racing::one_gets_through", "racing::one_agent_gets_through"]),
    (Defect::IgnoresExcept, &["rows::except_this_row"]),
    (Defect::CountsRetries, &["rows::retries_count_once"]),
    (Defect::CountsTheBoundary, &["customer_limit::last_24_hours", "agent_limit::last_hour"]),
    (Defect::CountsFailures, &["customer_limit::what_may_have_changed"]),
    (Defect::LetsRecoveryWin, &["customer_limit::late_end_decides"]),
    (Defect::CountsOtherBackends, &["customer_limit::one_backend_only", "agent_limit::one_agent_at_one_backend"]),
    (Defect::WrongHash, &["appending::chains", "whole::verifies"]),
    (Defect::RewritesBodies, &["appending::keeps_bodies_exactly", "whole::verifies"]),
    (Defect::ForgetsOpenAttempts, &["attempts::open_until_the_end"]),
    (Defect::ForgetsWhatWasIssued, &["outstanding::until_it_ends", "outstanding::pages"]),
    (Defect::KeepsLeases, &["attempts::lease_is_live"]),
    (Defect::PruneCutsOpenAttempts, &["retention::keeps_open_attempts"]),
    (Defect::PruneStartsNumbersAgain, &["retention::numbers_go_on"]),
    (Defect::PruneLeavesNoCheckpoint, &["retention::removes_what_is_older", "whole::verifies_after_prune"]),
    (Defect::PagesSkipOne, &["paging::every_record_once", "paging::while_others_append"]),
    (Defect::UntilIsInclusive, &["queries::since_and_until"]),
    (Defect::ChangesTheKey, &["whole::one_pseudonym_key", "racing::one_key_at_first_use"]),
    (Defect::CountsRightCodes, &["codes::right_ones_do_not_count"]),
    (
        Defect::UsesVerificationsTwice,
        &[
            "verifications::used_once",
            "verifications::used_once_within_one_append",
            "verifications::used_by_one_of_many",
        ],
    ),
    (Defect::IgnoresTheAgent, &["verifications::theirs_alone"]),
    (Defect::IgnoresThePurpose, &["verifications::theirs_alone"]),
    (Defect::LetsOldVerificationsThrough, &["verifications::in_time"]),
    (Defect::QueuesInSpiteOfRefusals, &["outbox::queued_with_the_record"]),
    (Defect::HandsNoticesToTwo, &["outbox::taken_once", "outbox::put_off_and_given_again"]),
    (Defect::NeverGivesNoticesAgain, &["outbox::put_off_and_given_again"]),
    (Defect::LosesTheEndOfNotices, &["outbox::finished_once"]),
];

#[test]
fn a_store_with_a_defect_fails_at_the_promise_that_it_breaks() {
    let mut wrong = Vec::new();
    for (defect, promises) in DEFECTS {
        let broken = broken_promises(&MemoryStores { defect: Some(*defect) });
        let names: Vec<&str> = broken.iter().map(|broken| broken.name).collect();
        if !promises.iter().all(|promise| names.contains(promise)) {
            wrong.push(format!("{defect:?} is to break {promises:?}, and breaks {names:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
