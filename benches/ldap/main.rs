//! What a reset and a bulk run over LDAP cost beside the bare operations on the same server: see benches/README.md.
//!
//! `TELLONCE_LIVE=openldap,active-directory cargo bench --bench ldap`; a server that is not named is left out.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark may stop at what it does not expect, and prints what it found"
)]
#![allow(unreachable_pub, reason = "`pub` marks what another file of this program uses")]

mod attributes;
mod bare;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::cell::Cell;
use std::process::Command;
use std::time::{Duration, Instant};

use bare::{BARE, BareClient, customer, populate, reset_alone, reset_many};
use support::TestEnvironment;
use support::ldap::{Kind, Server};

/// The recipient that a run seals its passwords to.
const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/// How much is done.
#[derive(Clone, Copy)]
struct Size {
    /// Single resets of each sort.
    single: usize,
    /// Customers reset by the usual tool.
    usual: usize,
    /// Rows of a bulk run.
    rows: usize,
    /// Bulk runs, each with customers of its own, between two runs of the bare operations.
    turns: usize,
}

const FULL: Size = Size { single: 25, usual: 5, rows: 1000, turns: 5 };
const QUICK: Size = Size { single: 5, usual: 3, rows: 20, turns: 1 };

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, bare, number] = &arguments[..]
        && bare == BARE
    {
        return run(reset_alone(&BareClient::of_environment(), number.parse().unwrap()));
    }
    let live = std::env::var("TELLONCE_LIVE").unwrap_or_default();
    let size = if arguments.iter().any(|argument| argument == "--quick") { QUICK } else { FULL };
    if live.contains("openldap") {
        for hash in ["{ARGON2}", "{SSHA}"] {
            let settings = [("SLAPD_CROWD", "11100"), ("SLAPD_HASH", hash), ("SLAPD_LIMITS", "size=unlimited")];
            measure(&Server::start_with(Kind::OpenLdap, &settings), &format!("slapd {hash}"), 8, size);
        }
    }
    if live.contains("active-directory") {
        let domain = Server::start(Kind::ActiveDirectory);
        let size = Size { rows: size.rows / 2, ..size }; // a domain takes longer for each
        run(populate(&domain, 3 * size.single + size.usual + (2 * size.turns + 1) * size.rows));
        measure(&domain, "Samba", 4, size);
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Takes the measures on one server, and prints them.
fn measure(server: &Server, name: &str, at_once: usize, size: Size) {
    let next = Cell::new(0);
    let fresh = || {
        next.set(next.get() + 1);
        next.get()
    };
    let env = server.environment();
    assert!(env.login.is_success(), "{}", env.login.text());
    let client = BareClient::of(server);
    let (mut tool, mut process, mut within) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..size.single {
        let (one, other, who) = (fresh(), fresh(), customer(fresh()));
        process.push(timed(|| client.process(one)));
        tool.push(timed(|| assert!(env.reset(&who, &[]).is_success())));
        within.push(timed(|| run(reset_alone(&client, other))));
    }
    let (tool, process, within) = (median(tool), median(process), median(within));
    println!(
        "{name}: a reset {tool:.1?}; a process that connects, binds and does the bare operations {process:.1?}: {:.2}; \
         the same within a process {within:.1?}: {:.2}",
        ratio(tool, process),
        ratio(tool, within)
    );
    let usual: Vec<Duration> = (0..size.usual).map(|_| usual_tool(server, &customer(fresh()))).collect();
    let usual = median(usual);
    println!("{name}: the usual tool per customer {usual:.1?}: {:.1} times as long as a reset", ratio(usual, tool));
    let load = || {
        let numbers: Vec<usize> = (0..size.rows).map(|_| fresh()).collect();
        timed(|| run(reset_many(&client, &numbers, at_once)))
    };
    let mut before = load();
    let mut ratios: Vec<f64> = (0..size.turns)
        .map(|turn| {
            let customers: Vec<String> = (0..size.rows).map(|_| customer(fresh())).collect();
            let bulk = bulk(&env, &customers, turn);
            let after = load();
            let reached = ratio(before + after, 2 * bulk);
            println!(
                "{name}: {} rows, bare {before:.2?}, in bulk {bulk:.2?}, bare {after:.2?}: {reached:.2}",
                size.rows
            );
            before = after;
            reached
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "{name}: in bulk {:.2} of the pace of the bare operations, {at_once} at once (median; {:.2} to {:.2})",
        ratios[ratios.len() / 2],
        ratios[0],
        ratios[ratios.len() - 1]
    );
}

/// Runs a bulk job for these customers, its passwords sealed.
fn bulk(env: &TestEnvironment, customers: &[String], turn: usize) -> Duration {
    let (input, out) = (env.file("in.csv"), env.file(&format!("out-{turn}.jsonl")));
    std::fs::write(&input, format!("customer\n{}\n", customers.join("\n"))).unwrap();
    let (input, out, rows) = (input.to_str().unwrap(), out.to_str().unwrap(), customers.len().to_string());
    let all = ["bulk", input, "--yes", "--expect", &rows, "--out", out, "--seal-to", KEY];
    timed(|| {
        let ended = env.run(&all);
        assert!(ended.is_success(), "{}", ended.text());
    })
}

/// What people do today, a process per customer: `ldappasswd` and `ldapmodify`, or `samba-tool user setpassword`.
fn usual_tool(server: &Server, who: &str) -> Duration {
    let dn = server.dn(who);
    timed(|| match server.kind {
        Kind::OpenLdap => {
            let (agent, password) = (server.value("AGENT"), server.value("AGENT_PW"));
            let set = server.tool("ldappasswd", agent, password, &["-s", "Kd4m-7XpR-tqWn-again", &dn], "");
            assert!(set.is_success(), "{set:?}");
            let mark = format!("dn: {dn}\nchangetype: modify\nreplace: pwdReset\npwdReset: TRUE\n");
            let marked = server.tool("ldapmodify", agent, password, &[], &mark);
            assert!(marked.is_success(), "{}", marked.text());
        }
        Kind::ActiveDirectory => {
            let set = Command::new("samba-tool")
                .args(["user", "setpassword", who, "--newpassword=Kd4m-7XpR-tqWn-again", "--must-change-at-next-login"])
                .args(["-s", server.value("SMBCONF")]) // as root on the local database: the fastest that it can be
                .output()
                .unwrap();
            assert!(set.status.success(), "{set:?}");
        }
    })
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
