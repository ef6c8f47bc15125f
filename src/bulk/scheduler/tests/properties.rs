//! What holds of every run, on a backend that is slow, throttles, fails, or stops.

use std::time::Duration;

use proptest::prelude::*;

use super::plan::{Did, Fate, Plan, Step};
use super::simulation::run;
use crate::bulk::scheduler::{FINISH_WITHIN, LOOK_EVERY, Rules};

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        12 => Just(Fate::Delivered),
        2 => Just(Fate::Refused),
        1 => Just(Fate::Duplicate),
        1 => Just(Fate::Unusable),
        1 => Just(Fate::DoneBefore),
        2 => (1_u8..8).prop_map(Fate::BusyFirst),
        1 => Just(Fate::NeverTaken),
    ]
}

fn rules() -> impl Strategy<Value = Rules> {
    let limit = prop_oneof![3 => Just(None), 1 => (0_u64..40).prop_map(Some)];
    let rate = prop_oneof![3 => Just(None), 1 => (1.0..200.0).prop_map(Some)];
    let rules = (limit, rate, 1_u64..30, 1_u64..20);
    rules.prop_map(|(limit, rate, abort_after, wait)| Rules {
        limit,
        rate,
        abort_after,
        wait: Duration::from_secs(wait),
    })
}

/// A backend that is there, one that is gone for a while, and one that is gone for good.
fn outages() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let outage = (0_u64..3000, prop_oneof![4 => 1_u64..8000, 1 => Just(u64::MAX / 2)]);
    proptest::collection::vec(outage.prop_map(|(from, length)| (from, from + length)), 0..3)
}

fn plans() -> impl Strategy<Value = Plan> {
    let row = (fate(), 1_u64..300, 0_u64..60);
    let rows = proptest::collection::vec(row, 0..60);
    let fatal = proptest::option::weighted(0.1, 0_usize..60);
    let signal = proptest::option::weighted(0.25, 0_u64..4000);
    let unreadable = proptest::option::weighted(0.1, 0_usize..60);
    let plan = (rows, 1_usize..7, rules(), outages(), (signal, unreadable, fatal));
    plan.prop_map(|(mut rows, limit, rules, outages, (signal, unreadable, fatal))| {
        if let Some(row) = fatal.and_then(|fatal| rows.get_mut(fatal)) {
            row.0 = Fate::Fatal;
        }
        Plan { rows, limit, rules, outages, signal, unreadable }
    })
}

/// Rows in flight, at most, and rows at the backend, at most: ADR 0016.
fn most(step: &Step) -> (usize, usize) {
    let limit = step.load.limit;
    (limit * if step.load.is_saturated { 8 } else { 4 }, limit * 2)
}

fn has_room(step: &Step) -> bool {
    let (in_flight, at_backend) = most(step);
    step.in_flight < in_flight && step.load.at_backend + step.starting < at_backend
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_more_rows_are_in_flight_than_the_window_allows(plan in plans()) {
        for step in run(&plan).steps {
            if matches!(step.did, Did::Start(_) | Did::Reject(_)) {
                prop_assert!(has_room(&step), "{step:?}");
                prop_assert!(step.load.closed_for.is_zero() && step.now >= step.next_start, "{step:?}");
            }
        }
    }

    #[test]
    fn never_idle_while_there_is_work_and_room(plan in plans()) {
        for step in run(&plan).steps {
            let has_work = step.held > 0 || step.has_input;
            let Did::Wait(until) = step.did else { continue };
            if step.stopping.is_some() || !has_work || !has_room(&step) {
                continue;
            }
            let may_start = (step.now + step.load.closed_for).max(step.next_start);
            prop_assert!(step.now < may_start, "a row could start: {step:?}");
            prop_assert!(until <= may_start, "it wakes too late: {step:?}");
        }
    }

    #[test]
    fn every_row_ends_exactly_once(plan in plans()) {
        let trace = run(&plan);
        let finished = trace.ended.stopped.is_none();
        let mut begun = 0;
        for (line, (fate, ..)) in (0_u64..).zip(&plan.rows) {
            let ends = trace.ends.get(&line).map_or(0, |(ends, _)| *ends);
            let looks = trace.looks.get(&line).copied().unwrap_or_default();
            begun += u64::from(ends > 0);
            if *fate == Fate::DoneBefore {
                prop_assert_eq!(ends, 0, "line {} was done before", line);
            } else if finished && !trace.ended.limited {
                prop_assert_eq!(ends, 1 + looks, "line {}", line);
            } else {
                prop_assert!(ends <= 1 + looks, "line {line}: {ends}");
            }
        }
        if finished && trace.ended.limited {
            prop_assert_eq!(Some(begun), plan.rules.limit);
        }
        if finished {
            let passed = plan.rows.iter().filter(|(fate, ..)| *fate == Fate::DoneBefore).count() as u64;
            prop_assert!((begun..=begun + passed).contains(&trace.done), "{}: {begun} ended", trace.done);
        }
    }

    #[test]
    fn after_a_stop_no_row_starts(plan in plans()) {
        let trace = run(&plan);
        let mut cancelled = 0;
        for step in &trace.steps {
            cancelled += usize::from(step.did == Did::Cancel);
            let begins = matches!(step.did, Did::Start(_) | Did::Reject(_) | Did::Read | Did::LookAgain);
            prop_assert!(!(begins && step.stopping.is_some()), "{step:?}");
            let signalled = plan.signal.is_some_and(|at| step.now >= Duration::from_millis(at));
            prop_assert!(!(begins && signalled), "{step:?}");
        }
        prop_assert_eq!(cancelled, usize::from(trace.ended.stopped.is_some()));
    }

    #[test]
    fn a_row_is_read_only_when_it_can_start_at_once(plan in plans()) {
        let mut window = 0;
        for step in run(&plan).steps {
            window = window.max(step.load.limit * 8);
            prop_assert!(step.held + step.in_flight <= window, "rows in memory: {step:?}");
            if step.did == Did::Read {
                prop_assert!(step.held == 0 && has_room(&step), "{step:?}");
            }
        }
    }

    #[test]
    fn every_wait_ends_and_a_run_ends_with_its_last_row(plan in plans()) {
        let trace = run(&plan); // which has a bound of its own
        for step in &trace.steps {
            if let Did::Wait(until) = step.did {
                prop_assert!(until > step.now && until <= step.now + LOOK_EVERY, "{step:?}");
            }
        }
        let last = trace.steps.last().unwrap();
        let given_up = last.stopping.is_some_and(|since| last.now >= since + FINISH_WITHIN);
        prop_assert!(last.in_flight == 0 || given_up, "{last:?}");
        prop_assert!(trace.ended.stopped.is_some() || last.held == 0, "{last:?}");
    }
}
