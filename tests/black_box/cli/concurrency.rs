//! In loops, and at once: standard input is left alone, one audit chain, only the newest works.

use crate::support::TestEnvironment;

#[test]
fn a_loop_keeps_its_standard_input() {
    let env = TestEnvironment::signed_in("sam");
    let ran = env
        .shell("printf 'C-1001\\nC-1004\\nC-1005\\n' | while read -r id; do \"$T\" reset \"$id\" --yes --reveal stdout | cat; done")
        .must(0);
    assert_eq!(ran.stdout.lines().count(), 3, "{ran:?}");
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn many_at_once_keep_one_chain() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    env.shell("seq 1016 1027 | grep -v 1018 | xargs -P 8 -I N sh -c '\"$T\" reset C-N --yes --reveal stdout | cat' | sort > all; test $(uniq all | wc -l) = 11").must(0);
    let verified = env.run(&["audit", "verify", "-o", "json"]).must(0).json();
    assert_eq!(verified["records"], 33);
}

#[test]
fn two_of_one_customer_end_well_defined() {
    let env = TestEnvironment::signed_in("sam");
    env.shell("for n in 1 2 3 4; do \"$T\" reset C-1001 --yes --reveal stdout > >(cat > out.$n) 2> err.$n & done; wait; sleep 0.2; cat out.* > all").must(0);
    let shown = std::fs::read_to_string(env.path().join("all")).unwrap();
    let working: Vec<&str> =
        shown.lines().filter(|password| env.sign_in("ada.lovelace", password) == "change_required").collect();
    assert!(!shown.is_empty() && working.len() <= 1, "{working:?} of {shown}");
    let records = env.records();
    assert_eq!(records.iter().filter(|record| record["event"] == "intent").count(), 4);
    let ends = records.iter().filter(|record| matches!(record["event"].as_str(), Some("delivery" | "failed"))).count();
    assert_eq!(ends, 4, "each has its end");
    env.run(&["audit", "verify"]).must(0);
}
