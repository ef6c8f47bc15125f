//! Rows in bulk at the pool's quota of calls: what is throttled goes slower, and no row is lost or done twice.

use std::collections::HashMap;

use age::x25519::Identity;
use serde_json::Value;

use crate::support::fake_cognito::{FakeCognito, FakeUser, refusal};
use crate::support::fault_proxy::{Fault, FaultProxy, Rule};
use crate::support::{CommandOutput, TestEnvironment, for_each_concurrently};

const SET: &str = "AdminSetUserPassword";
const ROWS: usize = 30;

/// A pool of customers behind a proxy, and an agent with a file of them.
struct Bench {
    pool: FakeCognito,
    proxy: FaultProxy,
    env: TestEnvironment,
    key: Identity,
}

fn name(number: usize) -> String {
    format!("row-{number:02}")
}

fn too_many() -> Fault {
    Fault::Answer(400, Vec::new(), refusal("TooManyRequestsException", "Rate exceeded"))
}

impl Bench {
    fn with(rule: Rule) -> Self {
        let pool = FakeCognito::start();
        (0..ROWS).for_each(|number| pool.add(FakeUser::new(&name(number))));
        let proxy = FaultProxy::before(pool.address());
        proxy.rule(rule);
        let env = TestEnvironment::for_agent_of_fake_cognito(proxy.address());
        let names: Vec<String> = (0..ROWS).map(name).collect();
        env.write("in.csv", &format!("customer\n{}\n", names.join("\n")));
        let key = Identity::generate();
        Self { pool, proxy, env, key }
    }

    fn run(&self, more: &[&str]) -> CommandOutput {
        let (key, rows) = (self.key.to_public().to_string(), ROWS.to_string());
        let bulk = ["bulk", "in.csv", "--yes", "--expect", &rows, "--out", "out.jsonl", "--seal-to", &key];
        self.env.run(&[&bulk[..], &["--progress", "json"], more].concat())
    }

    /// The passwords that were delivered, the last of each customer.
    fn delivered(&self) -> HashMap<String, String> {
        let rows = self.env.read("out.jsonl");
        let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let opened = |row: &Value| {
            let sealed = row["sealed"].as_str().unwrap();
            String::from_utf8(age::decrypt(&self.key, sealed.as_bytes()).unwrap()).unwrap()
        };
        rows.filter(|row| row["outcome"] == "delivered")
            .map(|row| (row["customer"]["username"].as_str().unwrap().to_owned(), opened(&row)))
            .collect()
    }

    /// Every row was delivered, its password is in force, and so many sets were applied.
    #[track_caller]
    fn is_whole(&self, sets: usize, what: &str) {
        let delivered = self.delivered();
        assert_eq!(delivered.len(), ROWS, "{what}: {delivered:?}");
        for (customer, password) in &delivered {
            assert_eq!(self.pool.user(customer).password.as_ref(), Some(password), "{what}: {customer}");
        }
        assert_eq!(self.pool.inputs(SET).len(), sets, "{what}");
    }
}

/// How many calls were refused for pace.
fn refused(ran: &CommandOutput) -> u64 {
    let last: Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    last["refused"].as_u64().unwrap_or_else(|| panic!("{ran:?}"))
}

#[test]
fn beyond_the_quota_the_run_goes_slower_and_every_row_is_delivered() {
    for_each_concurrently([SET, "AdminGetUser", "AdminUserGlobalSignOut", "InitiateAuth"], |call| {
        let bench = Bench::with(Rule::on("POST", call, too_many()).beyond(8));
        let ran = bench.run(&[]);
        assert_eq!(ran.code, 0, "{call}: {ran:?}");
        // A call after the set is sent again within it, and is not counted.
        assert!(bench.proxy.count("POST", call) > bench.pool.inputs(call).len(), "{call}: the control");
        assert!(call != SET || refused(&ran) > 0, "{call}: {ran:?}");
        bench.is_whole(ROWS, call);
        let records = bench.env.run(&["-o", "json", "audit", "list"]).must(0).json();
        let sets = records["records"].as_array().unwrap().iter().filter(|record| record["event"] == "set");
        let proved = sets.filter(|record| record["proved"] == true).count();
        assert_eq!(proved, ROWS, "{call}: each was tried by a sign-in: {records}");
    });
}

#[test]
fn with_a_rate_below_the_quota_nothing_is_refused() {
    let bench = Bench::with(Rule::on("POST", SET, too_many()).beyond(20));
    let ran = bench.run(&["--rate", "10/s"]).must(0);
    assert_eq!(refused(&ran), 0, "{ran:?}");
    bench.is_whole(ROWS, "--rate");
}

#[test]
fn a_row_whose_answer_was_lost_gets_a_fresh_password_when_the_run_is_resumed() {
    for_each_concurrently([("cut", Fault::Cut), ("500", Fault::status(500))], |(what, fault)| {
        let bench = Bench::with(Rule::on("POST", SET, fault).applied().after(4).times(3));
        let ran = bench.run(&[]).must(9);
        assert!(ran.stderr.contains("bulk --resume"), "{what}: {ran:?}");
        assert_eq!(bench.delivered().len(), ROWS - 3, "{what}");
        let runs = bench.env.run(&["-o", "json", "bulk", "list"]).must(0).json();
        let run = runs["runs"][0]["run"].as_str().unwrap().to_owned();
        bench.env.run(&["bulk", "--resume", &run, "--yes"]).must(0);
        bench.is_whole(ROWS + 3, what);
    });
}
