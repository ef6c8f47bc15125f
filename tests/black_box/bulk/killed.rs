//! SIGKILL at random moments, resumed until done: nobody is left with a password that no one was told.
//!
//! Eight times in an ordinary test run, fifty times in `cargo ci-ignored`, and as often as `TELLONCE_KILLS` says:
//! `TELLONCE_KILLS=1000 cargo test --test black_box killed -- --ignored`.

use std::process::Stdio;
use std::time::Duration;

use tellonce::domain::ports::RandomSource;
use tellonce::platform::SystemRandom;

use super::fixture::Fixture;

/// Starts or resumes the run, and ends it after a while; whether it had come to its end by itself.
fn sit_for(fixture: &Fixture, arguments: &[&str], milliseconds: u64) -> bool {
    let mut command = fixture.env.command(&[]);
    let mut child = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(milliseconds)); // the moment is what is drawn at random
    let ended = child.try_wait().unwrap();
    let _ = child.kill();
    child.wait().unwrap();
    ended.is_some_and(|ended| ended.success())
}

/// Kills one run of this many rows until it is done, or this often before it may end, and returns how often.
fn killed_until_done(rows: u64, most: u32, format: &str) -> u32 {
    let fixture = Fixture::new(rows + 60);
    fixture.input(rows);
    let (expected, key, out) = (rows.to_string(), fixture.public(), format!("out.{format}"));
    let first = ["in.csv", "--yes", "--expect", &expected, "--out", &out, "--seal-to", &key];
    let mut kills = 0;
    let draw = |most: u64| {
        let mut bytes = [0; 4];
        SystemRandom.fill(&mut bytes).unwrap();
        u64::from(u32::from_le_bytes(bytes)) % most
    };
    while fixture.bulk(&["list", "-o", "json"]).json()["runs"].as_array().unwrap().is_empty() {
        let _ = std::fs::remove_file(fixture.path(&out)); // killed before the run began
        if sit_for(&fixture, &Fixture::arguments(&first), 100 + draw(500)) {
            return kills;
        }
        kills += 1;
    }
    let run = fixture.run_id();
    let resume = ["--resume", &run, "--yes"];
    // Each time a little longer, and not for ever: on a slow machine the run would not come to its end otherwise.
    while kills < most && !sit_for(&fixture, &Fixture::arguments(&resume), 50 + draw(900 + 20 * u64::from(kills))) {
        kills += 1;
    }
    if kills >= most {
        fixture.bulk(&resume).must(0);
    }
    fixture.env.run(&["audit", "verify"]).must(0);
    if format == "jsonl" {
        let last = fixture.last(&out);
        assert_eq!(last.len() as u64, rows, "none is lost");
        for (username, password) in last {
            assert_eq!(fixture.env.sign_in(&username, &password), "change_required", "{username}");
        }
    }
    kills
}

/// Kills runs of this many rows, each this often at most, until there were enough kills and both formats of the output.
fn kill_runs(wanted: u32, rows: u64, most: u32) {
    let mut kills = 0;
    let mut runs = 0;
    while kills < wanted || runs < 2 {
        kills += killed_until_done(rows, most, if runs % 3 == 1 { "csv" } else { "jsonl" });
        runs += 1;
    }
    #[allow(clippy::print_stdout, reason = "how often is worth knowing")]
    let () = println!("{kills} kills in {runs} runs of {rows} rows");
}

#[test]
fn every_customer_ends_with_one_password_that_works_the_last_one_delivered() {
    kill_runs(8, 60, 4);
}

#[test]
#[ignore = "needs a minute for fifty kills of runs of 200 rows"]
fn every_customer_of_a_long_run_ends_with_one_password_that_works_the_last_one_delivered() {
    let wanted = std::env::var("TELLONCE_KILLS").map_or(50, |kills| kills.parse().unwrap());
    kill_runs(wanted, 200, 25);
}
