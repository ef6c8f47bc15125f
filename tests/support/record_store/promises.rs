//! The promises of a store, each with the check that tries it.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

use super::bench::{Bench, StoreFactory, run};
use super::{Checked, Failure};
use super::{
    agent_limit, appending, attempts, codes, customer_limit, idempotence, limits, outbox, outstanding, paging, queries,
    racing, retention, rows, verifications, whole,
};

type Check = for<'b> fn(&'b Bench<'b>) -> Pin<Box<dyn Future<Output = Checked> + 'b>>;

struct Promise {
    name: &'static str,
    words: &'static str,
    check: Check,
}

/// A promise that a store does not keep.
pub struct BrokenPromise {
    /// The check that failed.
    pub name: &'static str,
    words: &'static str,
    found: String,
}

impl fmt::Display for BrokenPromise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, words, found } = self;
        write!(f, "The store breaks the promise \"{words}\" ({name}):\n  {found}")
    }
}

macro_rules! promises {
    ($($room:ident :: $check:ident: $words:literal,)*) => {
        &[$(Promise {
            name: concat!(stringify!($room), "::", stringify!($check)),
            words: $words,
            check: |bench| Box::pin($room::$check(bench)),
        }),*]
    };
}

const PROMISES: &[Promise] = promises! {
    appending::returns_each_record: "an append returns each record, in the order of the drafts",
    appending::keeps_the_order: "records are kept in the order in which they were appended",
    appending::numbers_without_gaps: "numbers begin at 1 and have no gap, whichever handle appends",
    appending::gives_the_time: "a record has the time of its append",
    appending::time_never_falls: "a record's time is never before that of the record before",
    appending::names_the_writer: "a record names the process that wrote it",
    appending::chains: "each record has the hash of the one before, and its own hash is of that and the exact body",
    appending::keeps_bodies_exactly: "a body is kept byte by byte",
    appending::shows_other_handles: "an acknowledged record is there for every handle, also after its own was closed",
    idempotence::same_event_once: "an attempt has each event once, and a second append returns the first record",
    idempotence::within_one_append: "an attempt has each event once, also within one append",
    idempotence::other_events_are_new: "another event, or another attempt, is another record",
    idempotence::refusal_stands: "a refusal is returned again, even if the intent would fit in now",
    idempotence::comes_before_limits: "an intent that is there is returned before any limit is checked",
    limits::refuses_when_reached: "a limit that is reached appends a refusal in place of the draft",
    limits::first_that_is_reached: "each limit is checked, and the first that is reached refuses",
    limits::counts_the_same_append: "a limit counts the records before it in the same append",
    customer_limit::last_24_hours: "the limit of a customer counts the last 24 hours, and no reset that is 24 hours old",
    customer_limit::what_may_have_changed: "a limit counts attempts that changed something or may have, and no others",
    customer_limit::late_end_decides: "an end of the attempt's own decides over what a later command found",
    customer_limit::resets_only: "a limit counts the intents of resets, and no other action",
    customer_limit::by_user_or_customer: "the limit of a customer finds them by each id of user and customer, and counts once",
    customer_limit::one_backend_only: "the limit of a customer counts no other backend's resets",
    rows::retries_count_once: "a row of a bulk run counts once, however often it was retried",
    rows::except_this_row: "the row that is going on does not count, and every other does",
    agent_limit::last_hour: "the limit of an agent counts the last hour, and no reset that is an hour old",
    agent_limit::one_agent_at_one_backend: "the limit of an agent counts no other agent, and no other backend",
    agent_limit::without_bulk_runs: "the limit of an agent leaves the rows of bulk runs out",
    agent_limit::told_beforehand: "the resets of an agent since a time are counted as the limit counts them",
    codes::last_hour: "the limit of codes counts the last hour, and no code that is an hour old",
    codes::wrong_ones_of_24_hours: "the limit of wrong codes counts the last 24 hours, and no try that is 24 hours old",
    codes::by_user_or_customer: "codes and tries are counted by each id of user and customer, at that backend alone",
    codes::codes_alone: "the limit of codes counts codes and nothing else, also one that was not sent",
    codes::right_ones_do_not_count: "a try counts as wrong unless its attempt has a verification",
    codes::a_refusal_is_all_that_is_left: "a code or a try that a limit refuses leaves its refusal, and no record of itself",
    codes::as_many_as_the_limit_says: "of many codes or tries at once, as many get through as the limit says",
    verifications::used_once: "one intent uses a verification, and a second is refused and recorded",
    verifications::used_once_within_one_append: "a verification is used once, also within one append",
    verifications::used_by_one_of_many: "of many intents with one verification at once, exactly one gets through",
    verifications::in_time: "a verification is used before its time runs out, and not at that time",
    verifications::theirs_alone: "a verification is used by its agent for its user, purpose and backend alone",
    verifications::of_a_customer_without_a_user: "a verification of a customer without a user is used while there is no user",
    verifications::not_by_a_refused_intent: "an intent that another limit refuses uses no verification",
    verifications::sent_again: "an intent that is sent again is returned, and does not find its own verification used",
    verifications::forgotten_with_the_record: "a prune forgets a use with the record of its intent, and no other",
    outbox::queued_with_the_record: "notices are queued with their record, once, and not with a refusal",
    outbox::taken_once: "a notice that is due is taken by one of many at once",
    outbox::put_off_and_given_again: "a notice that was taken is put off, longer each time, and then given again",
    outbox::longest_due_first: "notices are taken by profile, the longest due first, no more than wanted",
    outbox::finished_once: "a notice is removed and its end appended together, and once",
    outbox::pages_by_id: "the notices that wait come in pages, by id",
    outbox::stays_through_a_prune: "a prune leaves the notices that wait",
    attempts::open_until_the_end: "an attempt is open from its intent to its end",
    attempts::refused_is_not_open: "an attempt that was refused is not open",
    attempts::lease_is_live: "a lease is live while its process runs, and no longer",
    attempts::unknown_lease_is_not_live: "a lease that nobody has is not live, whatever a record calls it",
    outstanding::until_it_ends: "a password is outstanding from its set to a later set, its withdrawal or its settlement",
    outstanding::withdrawal_begun_before: "a withdrawal ends no password that was issued after it began",
    outstanding::pages: "what is outstanding at some backends comes in pages, by number",
    queries::history: "a query of a subject finds every record of the user or the customer at that backend",
    queries::each_field: "each field of a query leaves out what does not match, and nothing else",
    queries::fields_together: "the fields of a query hold together",
    queries::since_and_until: "a query is from `since` on and before `until`",
    paging::by_number: "a page has the records after a number, by number, and no more than wanted",
    paging::every_record_once: "pages of any size have every record once",
    paging::while_others_append: "pages have every record once while others append",
    paging::after_the_end: "a page after the end has no record",
    retention::empty_store: "a store without records says so",
    retention::head_is_the_newest: "the head is the newest record",
    retention::removes_what_is_older: "a prune removes the records before the time and leaves a checkpoint",
    retention::says_who_removed: "a prune appends the record of what it removed",
    retention::nothing_to_remove: "a prune with nothing to remove changes nothing",
    retention::keeps_open_attempts: "a prune keeps an attempt without an end, and all that follows",
    retention::numbers_go_on: "numbers, hashes and times go on after a prune",
    retention::prunes_again: "a prune goes on where an earlier one ended",
    whole::verifies: "the chain verifies, and finds a head that is there and none that is not",
    whole::verifies_after_prune: "the chain verifies from the checkpoint on",
    whole::receipts_come_back: "a record that was acknowledged comes back with its number and hash",
    whole::one_pseudonym_key: "the key of pseudonyms is one secret for all handles and all of the store's life",
    whole::finds_no_faults: "a sound store has no faults",
    racing::one_gets_through: "of many at once, exactly one gets through a limit of one",
    racing::one_agent_gets_through: "of many resets by one agent at once, as many get through as the limit says",
    racing::one_record_of_an_event: "of many that append the same event at once, all get the same record",
    racing::no_record_is_lost: "what many append at once is all there, in one chain",
    racing::appends_are_whole: "no reader ever sees a part of one append",
    racing::one_key_at_first_use: "many that use a new store at once get the same key",
    racing::prunes_beside_appends: "a prune loses nothing that is appended meanwhile, and every verification holds",
};

impl Promise {
    fn try_on(&self, factory: &dyn StoreFactory) -> Option<BrokenPromise> {
        let tried = catch_unwind(AssertUnwindSafe(|| {
            let bench = Bench::new(factory);
            run((self.check)(&bench))
        }));
        let found = match tried {
            Ok(Ok(())) => return None,
            Ok(Err(Failure(words))) => words,
            Err(panic) => format!("it panicked: {}", message_of(&*panic)),
        };
        Some(BrokenPromise { name: self.name, words: self.words, found })
    }
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}

/// Tries every promise on fresh stores. Returns those that are broken.
pub fn broken_promises(factory: &dyn StoreFactory) -> Vec<BrokenPromise> {
    PROMISES.iter().filter_map(|promise| promise.try_on(factory)).collect()
}

/// Asserts that a store keeps every promise.
#[track_caller]
pub fn assert_keeps_every_promise(factory: &dyn StoreFactory) {
    let broken: Vec<String> = broken_promises(factory).iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
