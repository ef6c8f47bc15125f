//! What was done, counted from the ledger.

use serde_json::{Value, json};

use crate::support::{PRACTICE, TestEnvironment, assert_object, assert_screen};

const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

fn report(env: &TestEnvironment, more: &[&str]) -> Value {
    env.run(&[&["report", "-o", "json"], more].concat()).must(0).json()
}

/// A day at the desk: resets by two agents, a creation, a withdrawal, a failure, and two rows of a bulk run.
fn a_day(env: &TestEnvironment) {
    env.reset("C-1001", &["--verified", "called back", "--reason", "=1+1"]).must(0);
    env.reset("C-1002", &["--reason", "new here"]).must(0);
    env.run(&[&PRACTICE[..], &["withdraw", "C-1001", "--yes", "--reason", "wrong caller"]].concat()).must(0);
    env.sign_agent_in("kim");
    env.issue("C-1004");
    env.write("in.csv", "customer\nC-1005\nC-1016\n");
    let bulk = ["bulk", "in.csv", "--yes", "--expect", "2", "--out", "out.jsonl", "--seal-to", KEY];
    env.run(&[&PRACTICE[..], &bulk].concat()).must(0);
}

#[test]
fn each_agent_has_a_row_and_the_most_resets_come_first() {
    let env = TestEnvironment::signed_in("sam");
    a_day(&env);
    env.run(&["logout"]).must(0); // it needs no session
    assert_object!(env, "report", report(&env, &[]));
    assert_screen!(env, "report_table", env.run(&["report"]).must(0).stdout);
}

#[test]
fn groups_are_customers_days_and_reasons() {
    let env = TestEnvironment::signed_in("sam").with_variable("TZ", "<+14>-14");
    a_day(&env);
    let groups = |by: &str| {
        let report = report(&env, &["--by", by]);
        assert_eq!((&report["by"], &report["totals"]["resets"]), (&by.into(), &5.into()));
        let groups = report["groups"].as_array().unwrap();
        groups.iter().map(|group| (group["group"].clone(), group["resets"].as_u64().unwrap())).collect::<Vec<_>>()
    };
    let customers = groups("customer");
    assert_eq!(customers.len(), 5, "{customers:?}");
    assert!(customers.contains(&("C-1001".into(), 1)), "{customers:?}");
    let today = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(14);
    assert_eq!(groups("day"), [(today.strftime("%F").to_string().into(), 5)], "the day of the time zone");
    let reasons = groups("reason");
    let expected = [(Value::Null, 3), ("=1+1".into(), 1), ("new here".into(), 1), ("wrong caller".into(), 0)];
    assert_eq!(reasons, expected);
}

#[test]
fn csv_has_no_formulas() {
    let env = TestEnvironment::signed_in("sam");
    a_day(&env);
    let text = env.run(&["report", "--by", "reason", "--format", "csv"]).must(0).stdout;
    let lines: Vec<&str> = text.lines().collect();
    let header = "reason,resets,created,delivered,not_delivered,unknown,withdrawn,unlocked,failed,refused,verified,attested,notices_failed,bulk_rows";
    assert_eq!(
        lines[..3],
        [header, "no reason,3,0,3,0,0,0,0,0,0,0,0,0,2", "'=1+1,1,0,1,0,0,0,0,0,0,0,1,0,0"],
        "{text}"
    );
    assert_eq!(lines.len(), 5, "{text}");
    env.run(&["report", "--format", "csv", "-o", "json"]).must(2);
}

#[test]
fn since_is_a_duration_or_a_time() {
    let env = TestEnvironment::signed_in("sam");
    env.issue("C-1001");
    let resets = |since: &str| report(&env, &["--since", since])["totals"]["resets"].clone();
    assert_eq!((resets("1h"), resets("2 days"), resets("2020-01-01T00:00:00Z")), (1.into(), 1.into(), 1.into()));
    assert_eq!((resets("0"), resets("2999-01-01T00:00:00Z")), (0.into(), 0.into()));
    env.run(&["report", "--since", "soon"]).must_say(2, "is not a duration");
    env.run(&["report", "--since", "99999999d"]).must_say(2, "too long ago");
}

#[test]
fn an_empty_ledger_is_said_in_a_sentence() {
    let env = TestEnvironment::new();
    let said = env.run(&["report"]).must(0);
    assert!(said.stderr.contains("The ledger has no reset, withdrawal or unlock since"), "{said:?}");
    assert_eq!(said.stdout, "");
    assert_eq!(report(&env, &[])["groups"], json!([]));
    assert!(!env.ledger().exists(), "a report makes no ledger");
}

#[test]
fn of_several_at_once_only_one_fits_into_a_limit_of_one() {
    let profile = "backend = 'practice'\nmax_resets_per_customer_24h = 1\nprotected = 'none'";
    let env = TestEnvironment::with_profile(profile);
    env.run_with(&["login", "--agent", "sam", "--password-stdin", "--store", "file"], "practice\n").must(0);
    // Of eight at once one fits in. The others are refused before the question, or by the transaction.
    for round in 1..=3 {
        let one = format!("\"$T\" --profile live reset C-{} --yes --reveal stdout | cat", 1029 + round);
        env.shell(&format!("for n in 1 2 3 4 5 6 7 8; do {{ {one}; }} 2>/dev/null & done; wait"));
        let totals = &report(&env, &[])["totals"];
        assert_eq!(
            (&totals["resets"], &totals["refused"], &totals["failed"]),
            (&round.into(), &(7 * round).into(), &0.into())
        );
    }
}

#[test]
fn each_refusal_by_a_limit_is_recorded_and_what_only_looks_records_none() {
    for limit in ["max_resets_per_customer_24h", "max_resets_per_agent_1h"] {
        let env = TestEnvironment::with_profile(&format!("backend = 'practice'\n{limit} = 1\nprotected = 'none'"));
        env.run_with(&["login", "--agent", "sam", "--password-stdin", "--store", "file"], "practice\n").must(0);
        let reset = ["reset", "C-1001", "--yes", "--reveal", "stdout", "--ticket", "T-1"];
        env.run(&reset).must(0);
        let before = env.records().len();
        env.run(&["show", "C-1001"]).must(0);
        env.write("in.csv", "customer\nC-1001\n");
        let dry_run = env.run(&["bulk", "in.csv", "--dry-run"]);
        assert!(limit == "max_resets_per_agent_1h" || dry_run.stdout.contains("this profile allows 1"), "{dry_run:?}");
        assert_eq!(env.records().len(), before, "{limit}");
        for refusals in 1..=2 {
            env.run(&reset).must_say(7, "this profile allows 1");
            let records = env.records();
            assert_eq!(records.len(), before + refusals, "{limit}");
            let record = records.last().unwrap();
            assert_eq!((&record["event"], &record["customer"]), (&"refused".into(), &"C-1001".into()), "{record}");
            assert_eq!((&record["action"], &record["ticket"]), (&"set".into(), &"T-1".into()), "{record}");
            assert_eq!((&record["count"], &record["most"]), (&1.into(), &1.into()), "{record}");
            assert_eq!(report(&env, &[])["totals"]["refused"], refusals, "{limit}");
        }
        env.run(&["audit", "verify"]).must(0);
    }
}

#[test]
fn a_row_that_a_limit_refuses_is_recorded_once_however_often_it_is_tried() {
    let env =
        TestEnvironment::with_profile("backend = 'practice'\nmax_resets_per_customer_24h = 1\nprotected = 'none'");
    env.run_with(&["login", "--agent", "sam", "--password-stdin", "--store", "file"], "practice\n").must(0);
    env.write("in.csv", "customer\nC-1004\nC-1005\n");
    for customer in ["C-1004", "C-1005"] {
        env.run(&["reset", customer, "--yes", "--reveal", "stdout"]).must(0);
    }
    env.run(&["bulk", "in.csv", "--yes", "--expect", "2", "--out", "out.jsonl", "--seal-to", KEY]).must(10);
    let refused = || env.records().iter().filter(|record| record["event"] == "refused").count();
    assert_eq!(refused(), 2);
    // The machine went down before the rows were in the output.
    env.write("out.jsonl", "");
    let run = env.run(&["bulk", "list", "-o", "json"]).must(0).json()["runs"][0]["run"].as_str().unwrap().to_owned();
    let journal = rusqlite::Connection::open(env.path().join("bulk").join(&run).join("journal.db")).unwrap();
    journal.execute("UPDATE row SET state = 1, outcome = NULL, exit_code = NULL", []).unwrap();
    drop(journal);
    env.run(&["bulk", "--resume", &run, "--yes"]).must(10);
    let rows = env.read("out.jsonl").lines().filter(|row| row.contains("refused")).count();
    assert_eq!((rows, refused()), (2, 2));
    assert_eq!(report(&env, &[])["totals"]["refused"], 2);
}

#[test]
fn a_row_that_was_retried_counts_once() {
    let env = TestEnvironment::signed_in("sam");
    env.write("in.csv", "customer\nC-1004\nC-1005\nC-1016\n");
    let bulk = ["bulk", "in.csv", "--yes", "--expect", "3", "--out", "out.jsonl", "--seal-to", KEY];
    env.run(&[&PRACTICE[..], &bulk].concat()).must(0);
    // The machine went down before the last row was in the output, and before the journal had its end.
    let output = env.read("out.jsonl");
    let rows: Vec<&str> = output.split_inclusive('\n').collect();
    env.write("out.jsonl", &rows[..2].concat());
    let cut_off: Value = serde_json::from_str(rows[2]).unwrap();
    let run = env.run(&["bulk", "list", "-o", "json"]).must(0).json()["runs"][0]["run"].as_str().unwrap().to_owned();
    let journal = rusqlite::Connection::open(env.path().join("bulk").join(&run).join("journal.db")).unwrap();
    let begun = "UPDATE row SET state = 1, outcome = NULL, exit_code = NULL WHERE line = ?1";
    assert_eq!(journal.execute(begun, [cut_off["line"].as_u64().unwrap()]), Ok(1));
    drop(journal);
    env.run(&[&PRACTICE[..], &["bulk", "--resume", &run, "--yes"]].concat()).must(0);
    let intents = env.records().iter().filter(|record| record["event"] == "intent").count();
    let totals = &report(&env, &[])["totals"];
    assert_eq!((intents, &totals["resets"], &totals["bulk_rows"]), (4, &3.into(), &3.into()), "{totals}");
    assert_eq!((&totals["delivered"], &totals["unknown"]), (&3.into(), &0.into()), "{totals}");
}
