//! Records that go off the machine as well, and what happens where they cannot.

use super::*;
use crate::config::Forward;

fn to(script: &str, required: bool) -> AuditSettings {
    let words = ["sh", "-c", script].map(str::to_owned).to_vec();
    AuditSettings { forward: Some(Forward::Command(words)), forward_required: required, ..AuditSettings::default() }
}

#[test]
fn each_record_is_forwarded_as_it_is_exported() {
    let home = home();
    let copy = home.folder.path().join("copy");
    let mut ledger = home.ledger_with(&to(&format!("cat >> '{}'", copy.display()), true));
    reset(&mut ledger, "C-1001");
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), home.lines().join("\n") + "\n");
    assert!(ledger.warnings().take().is_empty());
}

#[test]
fn one_that_is_not_accepted_is_reported_once_and_stops_nothing() {
    let home = home();
    let mut ledger = home.ledger_with(&to("exit 3", false));
    reset(&mut ledger, "C-1001");
    assert_eq!(home.records().len(), 3);
    let warnings = ledger.warnings().take();
    assert!(warnings.len() == 1 && warnings[0].contains("forwarded"), "{warnings:?}");
}

#[test]
fn where_it_is_required_an_intent_that_is_not_accepted_stops_the_reset_and_is_closed() {
    let home = home();
    let error = intend(&mut home.ledger_with(&to("exit 3", true)), "C-1001").unwrap_err();
    assert!(cannot_be_used(&error), "{error}");
    assert_eq!(home.events(), ["intent", "failed"]);
    assert_eq!(home.records()[1].draft.event.changed(), Some(Changed::No));
    assert_eq!(home.history("C-1001").open().count(), 0);
    assert!(home.history("C-1001").recent_resets(time(NOW)).is_empty());
    home.verify(None).unwrap();
}

#[test]
fn where_it_is_required_a_later_record_that_is_not_accepted_is_only_reported() {
    let home = home();
    let stop = home.folder.path().join("stop");
    let mut ledger = home.ledger_with(&to(&format!("! test -e '{}'", stop.display()), true));
    let attempt = intend(&mut ledger, "C-1001").unwrap();
    std::fs::write(&stop, "").unwrap();
    end(&mut ledger, &attempt, was_set()).unwrap();
    end(&mut ledger, &attempt, SHOWN).unwrap();
    assert_eq!(home.records().len(), 3);
    assert_eq!(ledger.warnings().take().len(), 1);
}

#[test]
fn a_refusal_is_forwarded_and_is_returned_also_where_it_cannot_be() {
    let home = home();
    let copy = home.folder.path().join("copy");
    let limits = ResetLimits { per_customer_24h: Some(0), per_agent_1h: None };
    let plan = plan("C-1001", Action::Set);
    for script in [format!("cat >> '{}'", copy.display()), "exit 3".to_owned()] {
        let mut ledger = home.ledger_with(&to(&script, true));
        let refused = wait_for(ledger.intend(&session(), &plan, &asked(&plan), limits)).unwrap().unwrap_err();
        assert_eq!(refused, LimitReached::Customer { count: 0, most: 0 });
    }
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), home.lines()[0].clone() + "\n");
}

#[test]
fn an_intent_counts_as_written_also_where_a_torn_log_was_imported_just_before() {
    let home = home();
    let log = old_log::two_resets();
    std::fs::write(home.folders().audit_log(), [log.text().into_bytes(), vec![b'x'; 9_000]].concat()).unwrap();
    let mut ledger = home.ledger_with(&to("exit 3", false));
    intend(&mut ledger, "C-1002").unwrap();
    assert_eq!(home.records().len(), 6 + 1 + 1);
}

#[test]
fn the_record_of_an_import_is_forwarded_before_the_first_record_and_that_of_a_prune_too() {
    for reads_first in [false, true] {
        let home = home();
        let copy = home.folder.path().join("copy");
        let settings = to(&format!("cat >> '{}'", copy.display()), true);
        old_log::two_resets().write(&home);
        let mut ledger = ledger_in(&home.folders(), &settings, NOW);
        if reads_first {
            assert_eq!(wait_for(ledger.status()).unwrap().records, 7);
            assert_eq!(std::fs::read_to_string(&copy).unwrap(), home.lines()[6].clone() + "\n");
        }
        reset(&mut ledger, "C-1001");
        drop(ledger);
        // The older version had forwarded its lines itself.
        assert_eq!(std::fs::read_to_string(&copy).unwrap(), home.lines()[6..].join("\n") + "\n");

        let later = ledger_in(&home.folders(), &settings, "2026-03-04T12:00:00Z");
        std::fs::remove_file(&copy).unwrap();
        wait_for(later.prune(time("2026-03-02T00:00:00Z"))).unwrap().unwrap();
        assert_eq!(std::fs::read_to_string(&copy).unwrap(), home.lines().join("\n") + "\n");
        assert_eq!(home.events(), ["pruned"]);
        std::fs::remove_file(&copy).unwrap();
        assert_eq!(wait_for(later.prune(time("2026-03-02T00:00:00Z"))).unwrap(), None);
        assert!(!copy.exists(), "nothing was removed, and nothing is forwarded");
    }
}

#[test]
fn where_it_is_required_an_import_or_a_prune_that_is_not_accepted_is_only_reported() {
    let home = home();
    old_log::two_resets().write(&home);
    let ledger = home.ledger_with(&to("exit 3", true));
    assert_eq!(wait_for(ledger.status()).unwrap().records, 7);
    assert!(ledger.warnings().take()[0].contains("forwarded"));
    wait_for(ledger.prune(time("2026-03-01T00:00:00Z"))).unwrap().unwrap();
    assert!(ledger.warnings().take()[0].contains("forwarded"));
    assert_eq!(home.events(), ["imported", "pruned"]);
}
