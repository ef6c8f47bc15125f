//! A reset that was cut short: the ledger knows who issued the password, whoever found that out.

use crate::fail_point::ADA;
use crate::support::TestEnvironment;

#[test]
fn what_a_later_command_found_out_is_outstanding_since_the_intent() {
    for (point, events, issued_by) in [
        ("record_set:before:kill", ["intent", "recovered yes"].as_slice(), 0),
        ("record_set:after:kill", &["intent", "set", "recovered yes"], 1),
        ("mark:after:fail", &["intent", "failed yes"], 1),
    ] {
        let env = TestEnvironment::signed_in_telling_nobody("sam");
        env.reset_ada(Some(point));
        env.sign_agent_in("kim");
        env.show(ADA);
        assert_eq!(env.events(ADA), events, "{point}");
        let records = env.records_of(ADA);
        let directory = rusqlite::Connection::open(env.file("practice.db")).unwrap();
        directory.execute("DELETE FROM user WHERE customer = 1", []).unwrap();
        let sweep = ["withdraw", "--all", "--older-than", "0s", "--yes"];
        let swept = env.run_at(&sweep, None);
        assert_eq!(swept.code, 10, "{point}: {}", swept.stderr);
        let gone = &swept.json()["not_found"][0];
        assert_eq!(
            (&gone["issued_by"], &gone["issued_at"]),
            (&"sam".into(), &records[issued_by]["at"]),
            "{point}: {gone}"
        );
        assert_eq!(env.run_at(&sweep, None).code, 0, "{point}");
        env.run(&["audit", "verify"]).must(0);
    }
}
