//! A proxy throttles, fails, cuts, delays, and loses the answers of what was applied.

use super::bench::Bench;
use crate::support::fault_proxy::{Fault, Gate, Rule, SET, read, set};
use crate::support::keycloak::Entered;

const ROWS: usize = 12;

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_run_of_sixty_rows_and_each_password_is_tried_on_the_servers_own_pages() {
    let bench = Bench::new(60);
    bench.with_faults(Vec::new(), &[]).must(0);
    bench.settled();
    for (username, password) in bench.last() {
        let entered = bench.realm.browser().sign_in(&username, &password);
        assert!(matches!(entered, Entered::ChangeRequired(_)), "{username}: {entered:?}");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_server_that_throttles_is_taken_slower_and_every_row_is_delivered_at_the_first_go() {
    for (name, rules) in [
        ("429 with a time", vec![Rule::on("*", "/admin/realms/", Fault::too_many(1)).after(9).times(6)]),
        ("429 without one", vec![Rule::on("*", "/admin/realms/", Fault::status(429)).after(9).times(6)]),
        ("503 with a time", vec![set(Fault::Answer(503, vec!["retry-after: 1".into()], Vec::new())).times(3)]),
        ("reads meet 500 and 503", vec![read(Fault::status(500)).after(7).times(3), read(Fault::status(503)).times(3)]),
        ("reads are cut", vec![read(Fault::Cut).after(5).times(5)]),
        ("sessions cannot be ended at once", vec![Rule::on("POST", "/logout", Fault::too_many(1)).times(5)]),
        ("the read-back fails", vec![Rule::on("GET", "/credentials", Fault::status(500)).after(1).times(6)]),
    ] {
        let bench = Bench::new(ROWS);
        let ran = bench.with_faults(rules, &[]);
        assert_eq!(ran.code, 0, "{name}: {ran:?}");
        assert!(Bench::slowest(&ran) < 4, "{name}: {ran:?}");
        assert!(bench.rows().iter().all(|row| row["supersedes"].is_null()), "{name}: nothing was done twice");
        bench.settled();
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_lost_answer_is_reported_as_such_and_the_row_gets_a_fresh_password_when_the_run_is_resumed() {
    for (name, fault, applied) in [
        ("cut before", Fault::Cut, false),
        ("cut after", Fault::Cut, true),
        ("500 before", Fault::status(500), false),
        ("500 after", Fault::status(500), true),
        ("503 after", Fault::status(503), true),
    ] {
        let bench = Bench::new(ROWS);
        let rule = set(fault).after(2).times(3);
        let ran = bench.with_faults(vec![if applied { rule.applied() } else { rule }], &[]);
        assert_eq!(ran.code, 9, "{name}: {ran:?}");
        assert!(ran.stderr.contains("bulk --resume"), "{name}: {ran:?}");
        let told = |rows: &[serde_json::Value]| rows.iter().filter(|row| row["outcome"] == "not_delivered").count();
        assert_eq!((told(&bench.rows()), bench.delivered()), (3, ROWS - 3), "{name}");
        let expected = if applied { "yes" } else { "unknown" };
        for row in bench.rows().iter().filter(|row| row["outcome"] == "not_delivered") {
            assert_eq!((&row["changed"], &row["exit_code"]), (&expected.into(), &9.into()), "{name}: {row}");
        }
        bench.until_done();
        let again = bench.rows().iter().filter(|row| row["supersedes"].is_string()).count();
        assert_eq!(again, 3, "{name}: the fresh ones are marked");
        bench.settled();
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn delays_are_waited_for_and_one_that_is_too_long_is_a_lost_answer() {
    let bench = Bench::new(ROWS);
    let (short, long) = (Gate::default(), Gate::default());
    let rules =
        vec![read(Fault::Hold(short.clone())).after(5).times(3), set(Fault::Hold(long.clone())).applied().times(1)];
    for rule in rules {
        bench.proxy.rule(rule);
    }
    let child = bench.start(&[]);
    bench.proxy.wait_for("PUT", SET, 1);
    short.open();
    let ran = crate::support::CommandOutput::from(child.wait_with_output().unwrap()).must(9);
    assert!(ran.stderr.contains("bulk --resume"), "{ran:?}");
    assert_eq!(bench.delivered(), ROWS - 1);
    long.open();
    bench.until_done();
    bench.settled();
}
