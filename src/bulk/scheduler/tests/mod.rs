#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

mod plan;
mod properties;
mod simulation;

use std::time::Duration;

use plan::{Did, Fate, Plan, Trace};
use simulation::run;

use super::*;
use crate::bulk::outcome::RowOutcome;
use crate::domain::{Kind, Reason};

/// A run of these rows without any limit but the backend's, which takes four calls and is there all the time.
fn plan(fates: &[Fate]) -> Plan {
    let rules = Rules { limit: None, rate: None, abort_after: 20, wait: Duration::from_secs(20) };
    let rows = fates.iter().map(|fate| (*fate, 40, 10)).collect();
    Plan { rows, limit: 4, rules, outages: Vec::new(), signal: None, unreadable: None }
}

fn many(fate: Fate, rows: usize) -> Vec<Fate> {
    vec![fate; rows]
}

fn count(trace: &Trace, is: impl Fn(&Did) -> bool) -> usize {
    trace.steps.iter().filter(|step| is(&step.did)).count()
}

fn stopped_for(trace: &Trace) -> Option<Reason> {
    trace.ended.stopped.as_ref().map(|failure| failure.reason)
}

#[test]
fn a_slow_backend_has_as_many_rows_as_it_takes_all_the_time() {
    let trace = run(&plan(&many(Fate::Delivered, 40)));
    assert!(trace.ended.stopped.is_none() && !trace.ended.limited);
    assert_eq!((trace.done, trace.failed, trace.ends.len()), (40, 0, 40));
    let most = trace.steps.iter().map(|step| step.load.at_backend + step.starting).max();
    assert_eq!(most, Some(8), "two rows for each call");
    let took = trace.steps.last().unwrap().now;
    assert!(took <= Duration::from_millis(5 * 50), "eight at a time, fifty milliseconds each: {took:?}");
}

#[test]
fn a_row_that_fails_alone_is_given_up_and_the_others_end() {
    let mut fates = many(Fate::Delivered, 100);
    fates[3] = Fate::NeverTaken;
    fates[5] = Fate::BusyFirst(9);
    let trace = run(&plan(&fates));
    assert!(trace.ended.stopped.is_none());
    assert_eq!(count(&trace, |did| matches!(did, Did::GiveUp(_))), 1);
    assert_eq!((trace.ends[&3], trace.ends[&5]), ((1, RowOutcome::Failed), (1, RowOutcome::Delivered)));
    assert_eq!((trace.done, trace.failed), (100, 1));
}

#[test]
fn a_backend_that_stops_for_good_stops_the_run_once_it_was_waited_for() {
    let plan = Plan { outages: vec![(120, u64::MAX)], ..plan(&many(Fate::Delivered, 40)) };
    let trace = run(&plan);
    assert_eq!(stopped_for(&trace), Some(Reason::BackendUnavailable));
    assert!(trace.ended.stopped.unwrap().message.starts_with("The backend was waited for 20 seconds."));
    let took = trace.steps.last().unwrap().now;
    assert!((20..25).contains(&took.as_secs()), "{took:?}");
    assert!((1..40).contains(&trace.done), "{}", trace.done);
}

#[test]
fn what_was_delivered_before_an_outage_is_looked_at_once_more() {
    let plan = Plan { outages: vec![(120, 4000)], ..plan(&many(Fate::Delivered, 40)) };
    let trace = run(&plan);
    assert!(trace.ended.stopped.is_none());
    assert_eq!(count(&trace, |did| *did == Did::Doubt), 1);
    assert_eq!(count(&trace, |did| *did == Did::LookAgain), 2, "the second time none is in doubt");
    assert!(!trace.looks.is_empty() && trace.looks.len() < 40, "{:?}", trace.looks);
    assert_eq!((trace.done, trace.ends.len()), (40, 40), "a row that is looked at again counts once");
}

#[test]
fn a_limit_ends_the_first_pass_and_leaves_the_rest_of_the_input() {
    let mut plan = plan(&many(Fate::Delivered, 30));
    plan.rules.limit = Some(7);
    let trace = run(&plan);
    assert!(trace.ended.stopped.is_none() && trace.ended.limited);
    assert_eq!(trace.done, 7);
}

#[test]
fn many_failures_one_after_the_other_stop_the_run() {
    let mut plan = plan(&many(Fate::Refused, 60));
    plan.rules.abort_after = 10;
    let trace = run(&plan);
    assert_eq!(stopped_for(&trace), Some(Reason::TooManyFailures));
    assert!((10..30).contains(&trace.failed), "what was in flight is finished: {}", trace.failed);
}

#[test]
fn a_signal_lets_what_is_in_flight_end_and_a_row_that_hangs_is_dropped() {
    let mut plan = Plan { signal: Some(60), ..plan(&many(Fate::Delivered, 40)) };
    let trace = run(&plan);
    assert_eq!(trace.ended.stopped.map(|failure| failure.kind), Some(Kind::Interrupted(15)));
    assert!(trace.steps.last().unwrap().now < Duration::from_millis(200));
    plan.rows[0].1 = 3_600_000;
    let trace = run(&plan);
    let last = trace.steps.last().unwrap();
    let since = last.stopping.unwrap();
    assert!(since < Duration::from_millis(60) + LOOK_EVERY && last.now == since + FINISH_WITHIN, "{last:?}");
    assert!(!trace.ends.contains_key(&0));
}

#[test]
fn a_failed_record_and_an_input_that_cannot_be_read_stop_the_run() {
    let mut fates = many(Fate::Delivered, 40);
    fates[9] = Fate::Fatal;
    assert_eq!(stopped_for(&run(&plan(&fates))), Some(Reason::AuditUnavailable));
    let plan = Plan { unreadable: Some(9), ..plan(&many(Fate::Delivered, 40)) };
    let trace = run(&plan);
    assert_eq!(trace.ended.stopped.map(|failure| failure.kind), Some(Kind::Usage));
    assert_eq!(trace.done, 9, "what was in flight is finished");
}
