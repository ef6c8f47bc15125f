//! What the records say of a customer's attempts, and of those whose end is missing.

use super::double::Double;
use super::*;
use crate::domain::{End, Finding};
use crate::ledger::abandoned_attempts;

fn ends(history: &History) -> Vec<Option<End>> {
    history.attempts.iter().map(|attempt| attempt.end).collect()
}

/// The attempts that nobody is at, as a new process sees it.
fn abandoned(home: &Home) -> Vec<String> {
    let found = wait_for(abandoned_attempts(&home.store())).unwrap();
    found.into_iter().map(|record| record.draft.attempt).collect()
}

#[test]
fn every_way_an_attempt_ends_is_read_as_it_was_written() {
    let home = home();
    let mut ledger = home.ledger();
    let outcomes = [
        SHOWN,
        AttemptOutcome::Delivered(Delivery::TimedOut),
        AttemptOutcome::Delivered(Delivery::NotDelivered),
        AttemptOutcome::Failed { reason: Reason::Superseded, changed: Changed::Unknown, stamp: Some(stamp(4)) },
        failed(Changed::No),
        AttemptOutcome::Withdrawn { sessions: SessionsEnded::All },
        AttemptOutcome::Unlocked,
    ];
    for outcome in outcomes {
        let attempt = intend(&mut ledger, "C-1001").unwrap();
        end(&mut ledger, &attempt, outcome).unwrap();
    }
    let history = home.history("C-1001");
    assert_eq!(
        ends(&history),
        [
            Some(End::Delivered(Delivery::Shown)),
            Some(End::Delivered(Delivery::TimedOut)),
            Some(End::Delivered(Delivery::NotDelivered)),
            Some(End::Failed(Changed::Unknown)),
            Some(End::Failed(Changed::No)),
            Some(End::Withdrawn),
            Some(End::Unlocked),
        ]
    );
    assert_eq!(history.recent_resets(time(NOW)).len(), 6, "one of them changed nothing");
    assert!(matches!(&home.records()[7].draft.event, Event::Failed { failure, .. } if failure == "superseded"));
    assert!(abandoned(&home).is_empty());
}

#[test]
fn a_history_that_is_longer_than_a_page_is_read_to_its_end() {
    let (home, pages) = (home(), 2);
    let store = home.store();
    let intents =
        (0..pages * crate::ledger::pages::PAGE).map(|number| draft(&format!("{number:016x}"), intent()).into());
    wait_for(store.append(intents.collect())).unwrap();
    assert_eq!(home.history("C-1001").attempts.len(), pages * crate::ledger::pages::PAGE, "the pages are full");
    append(&store, draft("the newest", intent()));
    let history = home.history("C-1001");
    assert_eq!(history.attempts.len(), pages * crate::ledger::pages::PAGE + 1);
    assert_eq!(history.attempts.last().unwrap().id.as_str(), "the newest");
}

#[test]
fn the_stamp_of_a_set_names_who_issued_it() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    let history = home.history("C-1001");
    assert_eq!(history.attempts[0].set, Some(Some(stamp(2))));
    assert_eq!(history.issued_by(Some(&stamp(2))), Some("sam"));
    assert_eq!(history.issued_by(Some(&stamp(3))), None);
}

#[test]
fn another_customer_or_backend_is_another_history() {
    let home = home();
    let mut ledger = home.ledger();
    reset(&mut ledger, "C-1001");
    reset(&mut ledger, "C-100");
    reset(&mut ledger, "odd \"quoted\\ é\u{202e}");
    assert_eq!(home.history("C-100").attempts.len(), 1);
    assert_eq!(home.history("odd \"quoted\\ é\u{202e}").attempts.len(), 1);
    assert!(home.history("C-1002").attempts.is_empty());
    let attempts_at =
        |session: &Session| wait_for(ledger.history(session, &customer_called("C-1001"), None)).unwrap().attempts.len();
    assert_eq!(attempts_at(&stub::session_at("sam", "practice", "practice:other")), 0);
    assert_eq!(attempts_at(&stub::session_at("sam", "acme", "practice:test")), 1, "another profile of one backend");
}

#[test]
fn a_user_is_known_by_the_id_that_no_rename_changes_whatever_the_customer_is_called() {
    let home = home();
    let user = |id: &str| crate::domain::UserProfile {
        id: UserId::new(id),
        username: Some("ada.lovelace".into()),
        name: None,
        email: None,
        immutable_id: Some("4f1c".into()),
    };
    let mut plan = plan("C-1001", Action::Set);
    plan.user = Some(user("uid=ada,ou=people"));
    intend_plan(&mut home.ledger(), &session(), &plan, &asked(&plan)).unwrap();
    assert_eq!(home.records()[0].draft.user.as_deref(), Some("4f1c"));
    let renamed = user("uid=ada.king,ou=people");
    let found = |customer: &str, user| {
        wait_for(home.ledger().history(&session(), &customer_called(customer), user)).unwrap().attempts.len()
    };
    assert_eq!(found("C-renamed", Some(&renamed)), 1);
    assert_eq!(found("C-1001", None), 1);
    assert_eq!(found("C-renamed", None), 0);
}

#[test]
fn an_attempt_that_a_process_is_at_is_not_open_and_one_it_left_is() {
    let home = home();
    let mut ledger = home.ledger();
    let attempt = intend(&mut ledger, "C-1001").unwrap();
    let history = home.history("C-1001");
    assert!(history.attempts[0].in_progress && history.open().count() == 0);
    assert!(abandoned(&home).is_empty());
    let own = wait_for(ledger.history(&session(), &customer_called("C-1001"), None)).unwrap();
    assert!(own.attempts[0].in_progress);

    drop(ledger); // as a process that ends without a word
    let history = home.history("C-1001");
    assert!(!history.attempts[0].in_progress && history.open().count() == 1);
    assert_eq!(abandoned(&home), [attempt.as_str()]);
}

#[test]
fn a_lease_that_a_crash_left_behind_is_removed_and_does_not_count() {
    let home = home();
    let mut ledger = home.ledger();
    intend(&mut ledger, "C-1001").unwrap();
    let leases = Home::names_in(home.folders().leases());
    assert_eq!(leases.len(), 1);
    drop(ledger);
    let left = home.folders().leases().join(&leases[0]);
    assert!(!left.exists());
    std::fs::write(&left, "").unwrap();
    assert_eq!(home.history("C-1001").open().count(), 1);
    assert!(!left.exists());
}

#[test]
fn a_lease_in_a_record_names_no_path() {
    let home = home();
    let victim = home.folder.path().join("victim.lock");
    std::fs::write(&victim, "").unwrap();
    let store = home.store();
    wait_for(store.lease()).unwrap();
    for lease in ["", "../victim", "/etc/passwd", "a/b", "zz"] {
        assert!(!wait_for(store.is_live(lease)).unwrap(), "{lease}");
    }
    assert!(victim.exists());
}

#[test]
fn a_lease_whose_file_somebody_took_away_is_made_anew() {
    let home = home();
    let mut ledger = home.ledger();
    intend(&mut ledger, "C-1001").unwrap();
    std::fs::remove_dir_all(home.folders().leases()).unwrap();
    intend(&mut ledger, "C-1002").unwrap();
    for customer in ["C-1001", "C-1002"] {
        assert!(home.history(customer).attempts[0].in_progress, "{customer}");
    }
}

#[test]
fn what_was_found_out_closes_the_attempt() {
    let home = home();
    let mut ledger = home.ledger();
    let plan = plan("C-1001", Action::CreateAndSet);
    let attempt = intend_plan(&mut ledger, &session(), &plan, &asked(&plan)).unwrap();
    drop(ledger);
    let finding = Finding { attempt, changed: Changed::Yes, stamp: Some(stamp(2)) };
    let kim = stub::session("kim", "practice");
    wait_for(home.ledger().recovered(&kim, &customer_called("C-1001").id, &finding)).unwrap();
    let history = home.history("C-1001");
    assert_eq!(ends(&history), [Some(End::Recovered(Changed::Yes))]);
    assert_eq!(history.issued_by(Some(&stamp(2))), Some("sam"), "who issued it, not who found out");
    let draft = home.records().remove(1).draft;
    assert_eq!((draft.agent.as_str(), draft.action.as_deref()), ("kim", Some("create_and_set")));
    assert_eq!((draft.customer.as_deref(), draft.user.as_deref()), (Some("C-1001"), Some("1")));
    assert!(abandoned(&home).is_empty());
}

#[test]
fn what_was_found_out_too_late_does_not_change_how_it_ended() {
    let home = home();
    let attempt = reset(&mut home.ledger(), "C-1001");
    let finding = Finding { attempt, changed: Changed::Unknown, stamp: None };
    wait_for(home.ledger().recovered(&session(), &customer_called("C-1001").id, &finding)).unwrap();
    assert_eq!(ends(&home.history("C-1001")), [Some(End::Delivered(Delivery::Shown))]);
}

#[test]
fn an_end_that_comes_after_it_was_recovered_stands() {
    let home = home();
    let mut ledger = home.ledger();
    let attempt = intend(&mut ledger, "C-1001").unwrap();
    let finding = Finding { attempt: attempt.clone(), changed: Changed::No, stamp: None };
    wait_for(home.ledger().recovered(&session(), &customer_called("C-1001").id, &finding)).unwrap();
    end(&mut ledger, &attempt, SHOWN).unwrap();
    assert_eq!(ends(&home.history("C-1001")), [Some(End::Delivered(Delivery::Shown))]);
    assert_eq!(home.verify(None).unwrap().records, 3);
}

#[test]
fn an_attempt_that_ends_while_the_ledger_is_being_read_is_not_open() {
    let home = home();
    for (reads_history, customer) in [(true, "C-1001"), (false, "C-1002")] {
        let mut ledger = home.ledger();
        let attempt = intend(&mut ledger, customer).unwrap();
        let double = Double::of(home.store());
        let delivery = Draft { customer: Some(customer.into()), ..draft(attempt.as_str(), DELIVERED) };
        *double.appended_before_leases.borrow_mut() = Some(delivery);
        if reads_history {
            let reader = home.ledger_on(Rc::new(double));
            let history = wait_for(reader.history(&session(), &customer_called(customer), None)).unwrap();
            assert_eq!(ends(&history), [Some(End::Delivered(Delivery::Shown))]);
            assert_eq!(history.open().count(), 0);
        } else {
            assert!(wait_for(abandoned_attempts(&double)).unwrap().is_empty());
        }
    }
}

#[test]
fn a_customer_who_was_new_is_known_by_the_address_that_they_were_entered_with() {
    let home = home();
    intend(&mut home.ledger(), "ada@example.com").unwrap();
    assert_eq!(home.history("7f3e").attempts.len(), 1);
    let other = Customer { email: Some("grace@example.com".into()), ..customer_called("7f3e") };
    assert!(wait_for(home.ledger().history(&session(), &other, None)).unwrap().attempts.is_empty());
}
