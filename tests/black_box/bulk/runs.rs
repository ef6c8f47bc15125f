//! What a run does, and what it refuses before anything changes.

use serde_json::Value;

use super::fixture::{FIRST, Fixture};

#[test]
fn each_row_is_delivered_sealed_and_works_and_is_in_the_audit_log() {
    let fixture = Fixture::new(60);
    fixture.input(5);
    let report = fixture.sealed("out.jsonl", 5, &["-o", "json"]).must(0).json();
    assert_eq!((&report["schema"], &report["outcomes"]["delivered"]), (&"tellonce.bulk/v1".into(), &5.into()));
    let last = fixture.last("out.jsonl");
    assert_eq!(last.len(), 5);
    for (username, password) in last {
        assert_eq!(fixture.env.sign_in(&username, &password), "change_required");
    }
    let run = fixture.run_id();
    let records = fixture.env.records();
    assert!(records.iter().all(|record| record["run"] == run.as_str()));
    let events: Vec<_> = records.iter().map(|record| record["event"].as_str().unwrap()).collect();
    assert_eq!((events[0], events[events.len() - 1], events.len()), ("bulk_started", "bulk_ended", 17));
    fixture.env.run(&["audit", "verify"]).must(0);
    let shown = fixture.bulk(&["show", &run, "-o", "json"]).must(0).json();
    assert_eq!((&shown["state"], &shown["delivered"]), (&"finished".into(), &5.into()));
}

#[test]
fn what_cannot_be_reset_is_reported_in_its_row_and_the_others_go_on() {
    let fixture = Fixture::new(60);
    let input = "\u{feff}Customer;Note\nC-1001;=1+1\nada@example.com;again\nC-1003;disabled\nnobody;none\nmary@example.com;two\nC-1040;\"two\nlines\"\nC-1041\n";
    std::fs::write(fixture.path("in.csv"), input).unwrap();
    fixture.sealed("out.jsonl", 7, &[]).must(10);
    let mut rows = fixture.rows("out.jsonl");
    rows.sort_by_key(|row| row["line"].as_u64());
    let told: Vec<(u64, &str, u64)> = rows
        .iter()
        .map(|row| {
            (row["line"].as_u64().unwrap(), row["outcome"].as_str().unwrap(), row["exit_code"].as_u64().unwrap())
        })
        .collect();
    let expected = [
        (2, "delivered", 0),
        (3, "duplicate", 0),
        (4, "refused", 7),
        (5, "not_found", 3),
        (6, "ambiguous", 5),
        (7, "delivered", 0),
        (9, "unusable", 2),
    ];
    assert!(told == expected || (told[0].1, told[1].1) == ("duplicate", "delivered"), "{told:?}");
    assert_eq!(rows.iter().filter(|row| row["changed"] == "yes").count(), 2);
    let who = |at: usize| (rows[at]["customer"]["id"].as_str(), rows[at]["customer"]["username"].as_str());
    for (at, id, username) in
        [(0, "C-1001", "ada.lovelace"), (1, "C-1001", "ada.lovelace"), (2, "C-1003", "alan.turing")]
    {
        assert_eq!(who(at), (Some(id), Some(username)), "a row that was refused says whom it means, too");
    }
}

#[test]
fn what_is_missing_or_wrong_is_refused_before_anything_changes() {
    let fixture = Fixture::new(60);
    fixture.input(3);
    let key = fixture.public();
    let yes = ["in.csv", "--yes", "--expect", "3"];
    fixture.bulk(&yes).must(2);
    fixture.bulk(&[&yes[..], &["--out", "out.csv"]].concat()).must(2);
    fixture.bulk(&[&yes[..], &["--out", "out.csv", "--seal-to", "age1nonsense"]].concat()).must(2);
    fixture.bulk(&["in.csv", "--yes", "--out", "out.csv", "--seal-to", &key]).must(2);
    fixture.bulk(&["in.csv", "--yes", "--expect", "4", "--out", "out.csv", "--seal-to", &key]).must(2);
    std::fs::write(fixture.path("there.csv"), "mine").unwrap();
    fixture.sealed("there.csv", 3, &[]).must(2);
    fixture.bulk(&["missing.csv", "--yes", "--expect", "3", "--out", "out.csv", "--seal-to", &key]).must(2);
    let broken = format!("{}\nC-1,too,many\n", std::fs::read_to_string(fixture.path("in.csv")).unwrap());
    std::fs::write(fixture.path("in.csv"), broken).unwrap();
    fixture.sealed("out.csv", 4, &["--strict"]).must(2);
    assert_eq!(std::fs::read_to_string(fixture.path("there.csv")).unwrap(), "mine");
    assert!(!fixture.path("out.csv").exists());
    assert!(fixture.env.records().is_empty());
}

#[test]
fn in_clear_only_where_it_is_asked_for() {
    let fixture = Fixture::new(60);
    fixture.input(3);
    let all = ["in.csv", "--yes", "--expect", "3", "--reveal", "stdout"];
    let ran = fixture.bulk(&all).must(0);
    for line in ran.stdout.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let username = row["customer"]["username"].as_str().unwrap();
        let password = row["temporary_password"].as_str().unwrap();
        assert_eq!(fixture.env.sign_in(username, password), "change_required");
    }
    assert_eq!(ran.stdout.lines().count(), 3);
    fixture.env.shell("\"$T\" bulk in.csv --yes --expect 3 --reveal stdout > file").must(2);
    fixture.env.shell("\"$T\" bulk in.csv --yes --expect 3 --reveal stdout --allow-plaintext-file > file").must(0);
}

#[test]
fn a_limit_stops_and_the_next_ones_follow() {
    let fixture = Fixture::new(60);
    fixture.input(7);
    fixture.sealed("out.csv", 7, &["--limit", "3"]).must(0);
    let run = fixture.run_id();
    assert_eq!(fixture.bulk(&["show", &run, "-o", "json"]).json()["delivered"], 3);
    fixture.bulk(&["--resume", &run, "--yes"]).must(0);
    fixture.bulk(&["--resume", &run, "--yes"]).must(0);
    let shown = fixture.bulk(&["show", &run, "-o", "json"]).json();
    assert_eq!((&shown["delivered"], &shown["state"]), (&7.into(), &"finished".into()));
}

#[test]
fn many_failures_in_a_row_stop_it() {
    let fixture = Fixture::new(40);
    let rows = (0..50).map(|number| format!("nobody-{number}")).collect::<Vec<_>>().join("\n");
    std::fs::write(fixture.path("in.csv"), format!("customer\n{rows}")).unwrap();
    let ran = fixture.sealed("out.jsonl", 50, &["--abort-after", "5"]).must(8);
    assert!(ran.stderr.contains("--resume"), "{ran:?}");
    assert!((5..50).contains(&fixture.rows("out.jsonl").len()));
}

#[test]
fn a_dry_run_changes_nothing() {
    let fixture = Fixture::new(60);
    std::fs::write(fixture.path("in.csv"), "customer\nC-1001\nC-1003\nnobody\nC-1001\n").unwrap();
    let ran = fixture.bulk(&["in.csv", "--dry-run", "-o", "json"]).must(10);
    let would: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words: Vec<&str> = would.iter().map(|row| row["would"].as_str().unwrap()).collect();
    assert_eq!(words, ["set", "refused", "not_found", "duplicate"]);
    let customers: Vec<Option<&str>> = would.iter().map(|row| row["customer"].as_str()).collect();
    assert_eq!(customers, [Some("C-1001"), Some("C-1003"), None, Some("C-1001")], "who it is, where that is known");
    assert!(would.iter().zip(["C-1001", "C-1003", "nobody", "C-1001"]).all(|(row, given)| row["given"] == given));
    assert!(fixture.env.records().is_empty());
    assert_eq!(fixture.bulk(&["list", "-o", "json"]).json()["runs"].as_array().unwrap().len(), 0);
}

#[test]
fn a_dry_run_says_what_a_run_then_does() {
    let fixture = Fixture::new(60);
    let profile = "[profiles.practice]\nbackend = 'practice'\nrequire = ['ticket']\n";
    std::fs::write(fixture.path("config.toml"), profile).unwrap();
    let rows = "customer,ticket,recipient\nC-1001,,\nC-1001,T-1,\nC-1004,T-2,\n\"\",T-3,\nC-1005,T-4,age1no\n";
    std::fs::write(fixture.path("in.csv"), rows).unwrap();
    let dry = fixture.bulk(&["in.csv", "--dry-run", "-o", "json"]).must(10);
    let would: Vec<Value> = dry.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    fixture.sealed("out.jsonl", 5, &["--concurrency", "1"]).must(10);
    let mut did = fixture.rows("out.jsonl");
    did.sort_by_key(|row| row["line"].as_u64());
    for (would, did) in would.iter().zip(&did) {
        let does = would["would"].as_str().unwrap().replace("set", "delivered");
        assert_eq!(
            (does.as_str(), &would["exit_code"]),
            (did["outcome"].as_str().unwrap(), &did["exit_code"]),
            "{did}"
        );
        assert_eq!(would["message"], did["message"]);
        assert_eq!(would["customer"], did["customer"]["id"]);
    }
    assert_eq!(would[1]["would"], "duplicate", "{would:?}");
}

#[test]
fn standard_input_is_kept_for_the_run_alone() {
    let fixture = Fixture::new(60);
    let key = fixture.public();
    let arguments = Fixture::arguments(&["-", "--yes", "--expect", "2", "--out", "out.jsonl", "--seal-to", &key]);
    let input = format!("{{\"customer\":\"C-{FIRST}\",\"ticket\":5}}\n\n{{\"customer\":\"C-{}\"}}\n", FIRST + 1);
    fixture.env.run_with(&arguments, &input).must(0);
    assert_eq!(fixture.last("out.jsonl").len(), 2);
    let folder = fixture.path("bulk").join(fixture.run_id());
    assert!(folder.join("journal.db").exists() && !folder.join("input").exists());
}
