//! What an agent looks at is recorded where `[audit] views` asks for it.

use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::TestEnvironment;

fn with_views() -> TestEnvironment {
    let env = TestEnvironment::signed_in("sam");
    env.write("config.toml", "[audit]\nviews = true\n");
    env
}

fn views(env: &TestEnvironment) -> Vec<Value> {
    env.records().into_iter().filter(|record| record["event"] == "viewed").collect()
}

#[test]
fn nothing_is_recorded_of_what_is_looked_at_by_default() {
    let env = TestEnvironment::signed_in("sam");
    for arguments in [["find", "lovelace"], ["show", "C-1001"], ["status", "C-1001"]] {
        env.run(&arguments).must(0);
    }
    env.write("config.toml", "[audit]\nviews = false\n");
    env.run(&["show", "C-1001"]).must(0);
    assert!(env.records().is_empty());
    assert!(!env.ledger().exists());
}

#[test]
fn each_look_is_recorded_with_who_saw_whom() {
    let env = with_views();
    env.run(&["show", "C-1001"]).must(0);
    env.run(&["status", "ada@example.com", "-o", "json"]).must(0);
    env.run(&["show", "C-1002"]).must(0);
    env.run(&["find", "mary", "--limit", "1"]).must(0);
    let total = env.run(&["find", "mary", "-o", "json"]).must(0).json()["total"].clone();
    let records = env.records();
    let of = |index: usize, name: &str| records[index][name].clone();
    assert_eq!(records.len(), 5, "{records:?}");
    for (index, command) in ["show", "status", "show", "find", "find"].into_iter().enumerate() {
        assert_eq!((of(index, "event"), of(index, "command")), ("viewed".into(), command.into()));
        assert_eq!(
            (of(index, "agent"), of(index, "backend"), of(index, "action")),
            ("sam".into(), "practice".into(), "view".into())
        );
        assert!(of(index, "backend_id").is_string());
    }
    env.issue("C-1001");
    let reset = env.records().into_iter().find(|record| record["event"] == "set").unwrap();
    for name in ["backend_id", "customer", "user", "username"] {
        assert_eq!(of(0, name), reset[name], "as other records name them");
        assert_eq!(of(1, name), reset[name], "as other records name them");
    }
    assert_eq!((of(2, "customer"), of(2, "user")), ("C-1002".into(), Value::Null), "there is no user yet");
    assert_eq!(
        (of(3, "text"), of(3, "found")),
        ("mary".into(), total.clone()),
        "all that match, not all that are shown"
    );
    assert_eq!((of(4, "customer"), of(4, "found")), (Value::Null, total));
    let list = env.run(&["audit", "list", "--action", "view"]).must(0).stdout;
    for words in ["viewed (show)", "viewed (status)", "find \"mary\": "] {
        assert!(list.contains(words), "{words}: {list}");
    }
    env.run(&["audit", "verify"]).must(0);
    assert_eq!(env.status("C-1001")["issued_by"], "sam", "views do not hide who issued");
}

#[test]
fn a_watch_is_one_look() {
    let env = with_views();
    env.issue("C-1001");
    env.run(&["status", "C-1001", "--watch", "--timeout", "5s"]).must(8);
    assert_eq!(views(&env).len(), 1);
}

#[test]
fn addresses_are_masked_and_one_alone_has_its_pseudonym() {
    let env = with_views();
    for text in ["Ada@example.com", "ada@example.com", "mail of ada@example.com"] {
        env.run(&["find", text]).must(0);
    }
    let texts: Vec<String> = views(&env).iter().map(|record| record["text"].as_str().unwrap().to_owned()).collect();
    assert!(texts[0].starts_with("a***@example.com#") && texts[0] == texts[1], "{texts:?}");
    assert_eq!(texts[2], "mail of a***@example.com");
    let export = env.run(&["audit", "export"]).must(0).stdout.to_lowercase();
    assert!(!export.contains("ada@"), "{export}");
}

#[test]
fn nothing_is_shown_where_it_cannot_be_recorded() {
    let env = with_views();
    symlink("/dev/zero", env.ledger()).unwrap();
    for arguments in [["find", "lovelace"], ["show", "C-1001"], ["status", "C-1001"]] {
        let refused = env.run(&arguments).must(8);
        assert_eq!(refused.stdout, "");
        assert!(!refused.stderr.contains("Lovelace"), "{refused:?}");
        let error = env.run(&[&arguments[..], &["-o", "json"]].concat()).must(8).error();
        assert_eq!((error["reason"].as_str(), error["changed"].as_str()), (Some("audit_unavailable"), Some("no")));
    }
    std::fs::remove_file(env.ledger()).unwrap();
    env.run(&["find", "lovelace"]).must_say(0, "Lovelace"); // the control
}

#[test]
fn what_ends_before_a_customer_is_shown_is_no_view() {
    let env = with_views();
    env.run(&["show", "mary@example.com"]).must(5);
    env.run(&["status", "nobody@example.com"]).must(3);
    env.run(&["--profile", "practice", "reset", "C-1001", "--reveal", "stdout"]).must(2);
    env.write("in.csv", "customer\nC-1001\n");
    env.run(&["--profile", "practice", "bulk", "in.csv", "--dry-run"]).must(0);
    assert!(env.records().is_empty());
}

#[test]
fn a_view_that_cannot_be_forwarded_is_a_warning() {
    let env = with_views();
    let forward =
        "forward = { command = ['sh', '-c', 'cat >> forwarded; exit $(cat code)'] }\nforward_required = true\n";
    env.write("config.toml", &format!("[audit]\nviews = true\n{forward}"));
    env.write("code", "3");
    let shown = env.run(&["show", "C-1001"]).must(0);
    assert!(shown.stderr.contains("forwarded") && shown.stdout.contains("Lovelace"), "{shown:?}");
    env.write("code", "0");
    assert!(!env.run(&["show", "C-1001"]).must(0).stderr.contains("forwarded"));
    assert_eq!(env.read("forwarded").matches("\"viewed\"").count(), 2);
}

#[test]
fn a_wrong_value_is_refused_with_its_line() {
    let env = TestEnvironment::with_config("[audit]\nviews = 'yes'\n");
    env.run(&["find", "ada"]).must_say(2, "line 2");
}
