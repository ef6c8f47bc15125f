//! Rows in bulk on ministack, behind a proxy that keeps a quota of calls as Amazon Cognito does.

use serde_json::Value;

use crate::support::TestEnvironment;
use crate::support::cognito::{CustomerState, Emulator, FIND, Pool, PoolOptions, RESET, Server};
use crate::support::fault_proxy::{Fault, FaultProxy, Rule};

const ROWS: usize = 40;
/// Nobody has the key that belongs to it.
const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

#[test]
#[ignore = "needs Cognito's emulators: TELLONCE_LIVE=cognito"]
fn every_row_is_delivered_beyond_the_quota_and_none_is_refused_below_it() {
    let pool = Pool::with(Server::shared(Emulator::Ministack), &PoolOptions::default());
    let name = |number: usize| format!("row-{number:02}");
    for number in 0..ROWS {
        pool.add(&name(number), &[], CustomerState::Confirmed);
    }
    let agent = pool.agent("bulk", &[FIND, RESET].concat());
    let names: Vec<String> = (0..ROWS).map(name).collect();
    for (rate, quota, may_be_refused) in [(None, 5, true), (Some("12/s"), 25, false)] {
        let proxy = FaultProxy::before(pool.server().url());
        let body = br#"{"__type":"TooManyRequestsException","message":"Rate exceeded"}"#.to_vec();
        proxy.rule(Rule::on("POST", "AdminSetUserPassword", Fault::Answer(400, Vec::new(), body)).beyond(quota));
        let profile = format!("protected = 'none'\n{}{}", pool.proof(), pool.profile_at(proxy.address()));
        let env = TestEnvironment::for_agent_of_pool(&agent, &profile);
        env.write("in.csv", &format!("customer\n{}\n", names.join("\n")));
        let rows = ROWS.to_string();
        let bulk = ["bulk", "in.csv", "--yes", "--expect", &rows, "--out", "out.jsonl", "--seal-to", KEY];
        let rate: Vec<&str> = rate.iter().flat_map(|rate| ["--rate", rate]).collect();
        let ran = env.run(&[&bulk[..], &["--progress", "json"], &rate].concat()).must(0);
        let last: Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
        assert_eq!(last["refused"].as_u64().unwrap() > 0, may_be_refused, "{last}");
        let set = proxy.count("POST", "AdminSetUserPassword") as u64;
        let of_sets = set - ROWS as u64;
        assert!(
            of_sets <= last["refused"].as_u64().unwrap(),
            "a set is sent again only if it was refused: {set} {last}"
        );
        for number in 0..ROWS {
            assert_eq!(pool.user(&name(number))["UserStatus"], "FORCE_CHANGE_PASSWORD", "{number}");
        }
    }
}
