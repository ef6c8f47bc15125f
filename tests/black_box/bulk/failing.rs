//! Outputs that take no more, sessions that end, a second process, a customer who was quicker.

use super::fixture::{FIRST, Fixture};

#[test]
fn a_reader_that_goes_away_stops_it_and_the_rest_follows() {
    let fixture = Fixture::new(100);
    fixture.input(30);
    let ran = fixture.env.shell(
        "set +o pipefail; { \"$T\" bulk in.csv --yes --expect 30 --reveal stdout; echo $? > code; } | head -3 > first",
    );
    assert_eq!(ran.code, 0);
    assert_eq!(std::fs::read_to_string(fixture.path("code")).unwrap().trim(), "8", "{ran:?}");
    let run = fixture.run_id();
    let rest = fixture.env.shell(&format!("\"$T\" bulk --resume {run} --yes | cat")).must(0).stdout;
    let first = std::fs::read_to_string(fixture.path("first")).unwrap();
    let mut last = std::collections::HashMap::new();
    for line in first.lines().chain(rest.lines()) {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(password) = row["temporary_password"].as_str() {
            last.insert(row["customer"]["username"].as_str().unwrap().to_owned(), password.to_owned());
        }
    }
    for (username, password) in &last {
        assert_eq!(fixture.env.sign_in(username, password), "change_required", "{username}");
    }
    assert!(rest.contains("\"supersedes\":\""), "what was cut is marked");
}

#[test]
fn a_full_disk_stops_it_and_it_goes_on_when_there_is_room() {
    let fixture = Fixture::new(100);
    fixture.input(30);
    let key = fixture.public();
    // The limit (in KiB) is for every file; the directory is larger already and is written in place.
    let run = format!(
        "trap '' XFSZ; ulimit -f 400; \"$T\" bulk in.csv --yes --expect 30 --out out.jsonl --seal-to {key}; echo $? > code"
    );
    let ran = fixture.env.shell(&run.replace("400", "16"));
    let code = std::fs::read_to_string(fixture.path("code")).unwrap_or_default();
    assert!(["8", "9"].contains(&code.trim()) || ran.code != 0, "{ran:?}");
    let runs = fixture.bulk(&["list", "-o", "json"]).json();
    if runs["runs"].as_array().unwrap().is_empty() {
        let _ = std::fs::remove_file(fixture.path("out.jsonl"));
        fixture.sealed("out.jsonl", 30, &[]).must(0);
    } else {
        fixture.bulk(&["--resume", &fixture.run_id(), "--yes"]).must(0);
    }
    let last = fixture.last("out.jsonl");
    assert_eq!(last.len(), 30);
    for (username, password) in last {
        assert_eq!(fixture.env.sign_in(&username, &password), "change_required", "{username}");
    }
    fixture.env.run(&["audit", "verify"]).must(0);
}

#[test]
fn a_journal_that_is_full_stops_it_and_it_goes_on_when_there_is_room() {
    let fixture = Fixture::new(100);
    fixture.input(40);
    let begin = format!(
        "\"$T\" bulk in.csv --yes --expect 40 --concurrency 1 --out out.jsonl --seal-to {} & while ! grep -q delivered out.jsonl 2>/dev/null; do :; done; kill -TERM $!; wait $!",
        fixture.public()
    );
    fixture.env.shell(&begin);
    let run = fixture.run_id();
    // The journal's write-ahead log is near the limit (in KiB) and does not begin anew while somebody reads. That of the
    // ledger does before it is that long.
    let journal = fixture.path(&format!("bulk/{run}/journal.db"));
    let [filling, reading] = [&journal; 2].map(|path| rusqlite::Connection::open(path).unwrap());
    filling.execute_batch("INSERT INTO run VALUES('filler', zeroblob(960000));").unwrap();
    reading.execute_batch("BEGIN; SELECT count(*) FROM run;").unwrap();
    let resume = format!("trap '' XFSZ; ulimit -f 1024; \"$T\" bulk --resume {run} --yes");
    let ran = fixture.env.shell(&resume);
    assert!([8, 9].contains(&ran.code), "{ran:?}");
    assert!(ran.stderr.contains("The journal of the run cannot be used"), "{ran:?}");
    assert!((2..40).contains(&fixture.rows("out.jsonl").len()), "whole rows stay, and no half one");
    drop([filling, reading]);
    fixture.bulk(&["--resume", &run, "--yes"]).must(0);
    every_one_works(&fixture, 40);
}

#[test]
fn an_output_that_is_full_in_the_middle_stops_it_and_the_rest_follows() {
    let fixture = Fixture::new(100);
    fixture.input(30);
    // It begins near the limit (in KiB), so it is the first file that grows above it.
    std::fs::File::create(fixture.path("out")).unwrap().set_len(1_490_000).unwrap();
    let run = "trap '' XFSZ; ulimit -f 1460; \"$T\" bulk in.csv --yes --expect 30 --reveal stdout --allow-plaintext-file >> out";
    let ran = fixture.env.shell(run);
    assert!([8, 9].contains(&ran.code), "{ran:?}");
    assert!(ran.stderr.contains("stdout takes no more rows"), "{ran:?}");
    let rows = |fixture: &Fixture| -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(fixture.path("out")).unwrap();
        text.trim_start_matches('\0').lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    assert!((2..30).contains(&rows(&fixture).len()), "whole rows stay, and no half one");
    fixture.env.shell(&format!("\"$T\" bulk --resume {} --yes >> out", fixture.run_id())).must(0);
    let word = |row: &serde_json::Value, key: &str| row[key].as_str().map(str::to_owned);
    let last: std::collections::HashMap<_, _> = rows(&fixture)
        .iter()
        .filter_map(|row| word(&row["customer"], "username").zip(word(row, "temporary_password")))
        .collect();
    assert_eq!(last.len(), 30, "none is lost");
    for (username, password) in last {
        assert_eq!(fixture.env.sign_in(&username, &password), "change_required", "{username}");
    }
    fixture.env.run(&["audit", "verify"]).must(0);
}

#[test]
fn a_descriptor_that_is_full_stops_it_at_the_first_row() {
    let fixture = Fixture::new(100);
    fixture.input(40);
    let ran = fixture.env.shell("\"$T\" bulk in.csv --yes --expect 40 --reveal fd:3 3>/dev/full");
    assert!([8, 9].contains(&ran.code), "{ran:?}");
    assert!(ran.stderr.contains("fd:3 takes no more rows") && ran.stderr.contains("--reveal fd:3"), "{ran:?}");
    let begun = fixture.env.records().iter().filter(|record| record["event"] == "intent").count();
    assert!(begun < 40, "it did not go through all of them");
    let run = fixture.run_id();
    let rest =
        fixture.env.shell(&format!("\"$T\" bulk --resume {run} --yes --reveal fd:3 3>&1 >/dev/null | cat")).must(0);
    for line in rest.stdout.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let username = row["customer"]["username"].as_str().unwrap();
        let password = row["temporary_password"].as_str().unwrap();
        assert_eq!(fixture.env.sign_in(username, password), "change_required", "{username}");
    }
    assert_eq!(rest.stdout.lines().count(), 40);
    fixture.env.run(&["audit", "verify"]).must(0);
}

fn every_one_works(fixture: &Fixture, rows: usize) {
    let last = fixture.last("out.jsonl");
    assert_eq!(last.len(), rows, "none is lost");
    for (username, password) in last {
        assert_eq!(fixture.env.sign_in(&username, &password), "change_required", "{username}");
    }
    fixture.env.run(&["audit", "verify"]).must(0);
}

#[test]
fn a_session_that_ends_stops_it_and_it_goes_on_after_a_new_sign_in() {
    let fixture = Fixture::new(100);
    fixture.input(40);
    let key = fixture.public();
    let ran = fixture.env.shell(&format!(
        "\"$T\" bulk in.csv --yes --expect 40 --rate 20 --out out.jsonl --seal-to {key} & while ! grep -q delivered out.jsonl 2>/dev/null; do :; done; \"$T\" logout; wait $!; echo $? > code"
    ));
    assert_eq!(std::fs::read_to_string(fixture.path("code")).unwrap().trim(), "8", "{ran:?}");
    fixture.env.sign_agent_in("sam");
    fixture.bulk(&["--resume", &fixture.run_id(), "--yes"]).must(0);
    assert_eq!(fixture.last("out.jsonl").len(), 40);
}

#[test]
fn two_processes_do_not_run_one_journal_and_one_signal_finishes_what_is_in_flight() {
    let fixture = Fixture::new(100);
    fixture.input(40);
    let key = fixture.public();
    let ran = fixture.env.shell(&format!(
        "\"$T\" bulk in.csv --yes --expect 40 --rate 10 --out out.jsonl --seal-to {key} & while ! grep -q delivered out.jsonl 2>/dev/null; do :; done; \"$T\" bulk --resume 2 --yes ; echo $? > second; kill -TERM $!; wait $!; echo $? > code"
    ));
    let read = |name: &str| std::fs::read_to_string(fixture.path(name)).unwrap().trim().to_owned();
    assert_eq!((read("second"), read("code")), ("8".to_owned(), "143".to_owned()), "{ran:?}");
    assert!(ran.stderr.contains("bulk --resume"), "{ran:?}");
    let shown = fixture.bulk(&["show", &fixture.run_id(), "-o", "json"]).json();
    assert_eq!((&shown["state"], shown["failed"].as_u64()), (&"stopped".into(), Some(0)));
    fixture.bulk(&["--resume", &fixture.run_id(), "--yes"]).must(0);
    assert_eq!(fixture.last("out.jsonl").len(), 40);
}

#[test]
fn an_input_that_changed_since_is_noticed() {
    let fixture = Fixture::new(60);
    fixture.input(4);
    fixture.sealed("out.jsonl", 4, &["--limit", "2"]).must(0);
    fixture.input(5);
    let ran = fixture.bulk(&["--resume", &fixture.run_id(), "--yes"]).must(2);
    assert!(ran.stderr.contains("in.csv"), "{ran:?}");
    fixture.input(4);
    fixture.bulk(&["--resume", &fixture.run_id(), "--yes"]).must(0);
}

#[test]
fn who_has_signed_in_since_is_not_locked_out_again() {
    let fixture = Fixture::new(60);
    fixture.input(1);
    let ran = fixture.bulk(&["in.csv", "--yes", "--expect", "1", "--reveal", "stdout"]).must(0);
    let row: serde_json::Value = serde_json::from_str(ran.stdout.trim()).unwrap();
    let (username, password) =
        (row["customer"]["username"].as_str().unwrap(), row["temporary_password"].as_str().unwrap());
    let run = fixture.run_id();
    // As if it had been killed between the pipe and the journal.
    let journal = rusqlite::Connection::open(fixture.path("bulk").join(&run).join("journal.db")).unwrap();
    journal.execute_batch("UPDATE row SET state = 2, outcome = NULL").unwrap();
    drop(journal);
    fixture.env.choose(username, password, "Quite-my-own-17").must(0);
    let again = fixture.bulk(&["--resume", &run, "--yes"]).must(0);
    let row: serde_json::Value = serde_json::from_str(again.stdout.trim()).unwrap();
    assert_eq!(row["outcome"], "signed_in_since");
    assert_eq!(fixture.env.sign_in(username, "Quite-my-own-17"), "signed_in");
    assert_eq!(fixture.env.status(&format!("C-{FIRST}"))["status"], "active");
}
