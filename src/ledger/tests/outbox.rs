//! What customers are told: queued with the record of the change, taken, and finished.

use super::double::Double;
use super::*;
use crate::domain::{Channel, Contact, Language};
use crate::ledger::{NoticeEnd, WaitingNotice};

const ADDRESS: &str = "ada.private@example.org";
const NUMBER: &str = "+44 20 7946 0018";

/// A plan whose customer is told at an address and a number.
fn told(action: Action) -> Plan {
    let notified = vec![Contact::new(Channel::Email, ADDRESS), Contact::new(Channel::Phone, NUMBER)];
    Plan { notified, language: Some("de".parse::<Language>().unwrap()), ..plan("C-1001", action) }
}

fn waiting(home: &Home) -> Vec<WaitingNotice> {
    wait_for(home.ledger().waiting_notices()).unwrap()
}

fn count(home: &Home) -> usize {
    waiting(home).len()
}

/// Begins a change whose customer is to be told.
fn begins(ledger: &mut Ledger, action: Action) -> AttemptId {
    let plan = told(action);
    intend_plan(ledger, &session(), &plan, &asked(&plan)).unwrap()
}

/// Queues the two notices of one reset. Returns its attempt.
fn queued(home: &Home) -> AttemptId {
    let mut ledger = home.ledger();
    let attempt = begins(&mut ledger, Action::Set);
    end(&mut ledger, &attempt, was_set()).unwrap();
    end(&mut ledger, &attempt, SHOWN).unwrap();
    attempt
}

/// Whether the text is in a file of the ledger.
fn has(home: &Home, name: &str, text: &str) -> bool {
    let bytes = std::fs::read(home.folder.path().join(name)).unwrap_or_default();
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn notices_are_queued_with_the_set_and_not_before() {
    let home = home();
    let mut ledger = home.ledger();
    let attempt = begins(&mut ledger, Action::Set);
    assert_eq!(count(&home), 0);
    assert!(!has(&home, "ledger.db-wal", ADDRESS), "an intent has no address");
    end(&mut ledger, &attempt, was_set()).unwrap();
    let mut all = waiting(&home);
    end(&mut ledger, &attempt, SHOWN).unwrap();
    assert_eq!(waiting(&home), all, "a delivery queues nothing more");
    all.sort_by(|one, other| one.notice.address.cmp(&other.notice.address));
    assert_eq!(all.len(), 2);
    for (waiting, (channel, address)) in all.iter().zip([(Channel::Phone, NUMBER), (Channel::Email, ADDRESS)]) {
        let notice = &waiting.notice;
        assert_eq!((notice.channel, notice.address.as_str()), (channel, address));
        assert_eq!((notice.attempt.as_str(), notice.action.as_str()), (attempt.as_str(), "set"));
        assert_eq!((notice.profile.as_str(), notice.agent.as_str()), ("practice", "sam"));
        assert_eq!(notice.language.as_deref(), Some("de"));
        assert_eq!((waiting.at, waiting.tries, waiting.next_at), (time(NOW), 0, time(NOW)));
        assert_ne!(notice.id, notice.attempt, "a notice has an id of its own");
    }
    assert_ne!(all[0].notice.id, all[1].notice.id);
}

#[test]
fn each_change_is_told_once_and_what_changed_nothing_is_not_told() {
    let withdrawn = || AttemptOutcome::Withdrawn { sessions: SessionsEnded::All };
    for (action, outcomes, told) in [
        (Action::Set, vec![was_set(), SHOWN], 2),
        (Action::CreateAndSet, vec![was_set(), SHOWN], 2),
        (Action::Set, vec![was_set(), AttemptOutcome::Delivered(Delivery::NotDelivered)], 2),
        (Action::Set, vec![failed(Changed::Yes)], 2),
        (Action::Set, vec![was_set(), failed(Changed::Yes)], 2),
        (Action::Set, vec![failed(Changed::No)], 0),
        (Action::Set, vec![failed(Changed::Unknown)], 0),
        (Action::Withdraw, vec![withdrawn()], 2),
        (Action::Unlock, vec![AttemptOutcome::Unlocked], 2),
        (Action::Set, vec![], 0),
    ] {
        let home = home();
        let mut ledger = home.ledger();
        let attempt = begins(&mut ledger, action);
        for outcome in &outcomes {
            end(&mut ledger, &attempt, outcome.clone()).unwrap();
        }
        assert_eq!(count(&home), told, "{action:?} {outcomes:?}");
    }
}

#[test]
fn an_intent_that_is_refused_tells_nobody() {
    let home = home();
    let plan = told(Action::Set);
    let limits = ResetLimits { per_customer_24h: Some(0), per_agent_1h: None };
    let refused = wait_for(home.ledger().intend(&session(), &plan, &asked(&plan), limits)).unwrap();
    assert!(refused.is_err());
    assert_eq!(count(&home), 0);
}

#[test]
fn a_change_whose_record_had_to_wait_is_told_once_that_is_appended() {
    let home = home();
    let double = Rc::new(Double::of(home.store()));
    let mut ledger = home.ledger_on(Rc::clone(&double) as Rc<dyn RecordStore>);
    let attempt = begins(&mut ledger, Action::Set);
    double.fails.set(true);
    assert!(end(&mut ledger, &attempt, was_set()).is_err(), "the set is not recorded, so that the attempt fails");
    assert!(end(&mut ledger, &attempt, failed(Changed::Yes)).is_err());
    drop(ledger);
    let spool = home.folders().ledger_spool();
    let file = spool.join(Home::names_in(spool.clone()).remove(0));
    let text = std::fs::read(&file).unwrap();

    assert_eq!(count(&home), 2, "the next command queues them");
    assert_eq!(home.events(), ["intent", "failed"]);
    assert!(Home::names_in(spool).is_empty(), "with the file, the addresses are gone");
    std::fs::write(&file, text).unwrap(); // as if the process had ended before it removed the file
    assert_eq!(count(&home), 2);
}

#[test]
fn a_file_of_the_spool_from_before_there_were_notices_is_read() {
    let home = home();
    let mut ledger = home.ledger();
    let attempt = intend(&mut ledger, "C-1001").unwrap();
    home.refuse_records();
    assert!(end(&mut ledger, &attempt, failed(Changed::Yes)).is_err());
    home.accept_records();
    let spool = home.folders().ledger_spool();
    let text = std::fs::read_to_string(spool.join(Home::names_in(spool.clone()).remove(0))).unwrap();
    assert!(!text.contains("notices"), "one without notices is as it was: {text}");
    assert_eq!(count(&home), 0);
    assert_eq!(home.events(), ["intent", "failed"]);
}

#[test]
fn the_end_of_a_notice_is_recorded_masked_and_takes_the_address_out_of_the_file() {
    let home = home();
    let attempt = queued(&home);
    let ledger = home.ledger();
    let taken = wait_for(ledger.take_notices("practice", 10)).unwrap();
    let (mails, calls): (Vec<_>, Vec<_>) = taken.into_iter().partition(|it| it.notice.channel == Channel::Email);
    wait_for(ledger.finish_notice(&mails[0].notice, NoticeEnd::Sent)).unwrap();
    wait_for(ledger.finish_notice(&calls[0].notice, NoticeEnd::Failed("No route to ***18.".to_owned()))).unwrap();
    assert_eq!(count(&home), 0);
    let records = home.records();
    let ends = &records[records.len() - 2..];
    let of_attempt = attempt.to_string();
    let sent = Event::NoticeSent {
        of_attempt: of_attempt.clone(),
        channel: Channel::Email,
        to: "a***@example.org".to_owned(),
    };
    let why = "No route to ***18.".to_owned();
    let failed = Event::NoticeFailed { of_attempt, channel: Channel::Phone, to: "***18".to_owned(), why };
    assert_eq!([&ends[0].draft.event, &ends[1].draft.event], [&sent, &failed]);
    for (record, notice) in ends.iter().zip([&mails[0].notice, &calls[0].notice]) {
        assert_eq!(record.draft.attempt, notice.id);
        assert_eq!((record.draft.customer.as_deref(), record.draft.user.as_deref()), (Some("C-1001"), Some("1")));
    }
    assert_eq!(home.history("C-1001").attempts.len(), 1, "the end of a notice is no attempt");

    assert!(has(&home, "ledger.db-wal", ADDRESS), "the log keeps the pages of before, as the documentation says");
    home.database().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    for text in [ADDRESS, NUMBER, "ada.private", "7946"] {
        assert!(!has(&home, "ledger.db", text) && !has(&home, "ledger.db-wal", text), "{text}");
    }
    assert!(has(&home, "ledger.db", "a***@example.org"), "what is searched can be found");
    home.verify(None).unwrap();
}

#[test]
fn a_notice_that_another_process_finished_is_not_finished_again() {
    let home = home();
    queued(&home);
    let (one, other) = (home.ledger(), home.ledger());
    let taken = wait_for(one.take_notices("practice", 1)).unwrap().remove(0);
    wait_for(one.finish_notice(&taken.notice, NoticeEnd::Sent)).unwrap();
    let before = home.stored();
    wait_for(other.finish_notice(&taken.notice, NoticeEnd::Failed("late".to_owned()))).unwrap();
    assert_eq!(home.stored(), before);
    assert_eq!(count(&home), 1);
}

#[test]
fn two_processes_take_each_notice_once_and_again_when_it_is_due() {
    let home = home();
    queued(&home);
    let take = |at: &str, most| wait_for(home.ledger_at(at).take_notices("practice", most)).unwrap();
    assert!(wait_for(home.ledger().take_notices("acme", 10)).unwrap().is_empty(), "another profile's");
    let (first, second) = (take(NOW, 1), take(NOW, 10));
    assert_eq!((first.len(), second.len(), take(NOW, 10).len()), (1, 1, 0));
    assert_ne!(first[0].notice.id, second[0].notice.id);
    assert_eq!((first[0].tries, first[0].next_at), (1, time("2026-03-01T12:01:00Z")));
    assert!(take("2026-03-01T12:00:59Z", 10).is_empty());
    let again = take("2026-03-01T12:01:00Z", 10);
    assert_eq!(again.len(), 2, "a process that ended before it was finished leaves it to others");
    assert_eq!((again[0].tries, again[0].next_at), (2, time("2026-03-01T12:06:00Z")));
    assert_eq!(again[0].at, time(NOW), "when it was queued stays");
}

#[test]
fn a_notice_outlives_the_records_of_its_attempt() {
    let home = home();
    let attempt = queued(&home);
    let later = home.ledger_at("2026-03-04T12:00:00Z");
    wait_for(later.prune(time("2026-03-03T12:00:00Z"))).unwrap().unwrap();
    assert_eq!(count(&home), 2);
    let taken = wait_for(later.take_notices("practice", 1)).unwrap().remove(0);
    assert!(taken.is_overdue(time("2026-03-04T12:00:00Z")));
    wait_for(later.finish_notice(&taken.notice, NoticeEnd::Failed("too late".to_owned()))).unwrap();
    let record = home.records().pop().unwrap();
    let Event::NoticeFailed { of_attempt, .. } = record.draft.event else { panic!("no end") };
    assert_eq!((of_attempt.as_str(), record.draft.customer), (attempt.as_str(), None));
    home.verify(None).unwrap();
}

#[test]
fn a_ledger_that_is_not_there_has_no_notices_and_is_not_made() {
    let home = home();
    assert_eq!(count(&home), 0);
    assert!(wait_for(home.ledger().take_notices("practice", 10)).unwrap().is_empty());
    assert!(!home.path().exists());
}

#[test]
fn more_notices_than_a_page_are_all_listed_the_longest_waiting_first() {
    let home = home();
    let store = home.store();
    let notice = |index: usize| crate::ledger::QueuedNotice {
        id: format!("{:03}", (index * 7) % 230),
        attempt: "a".to_owned(),
        action: "set".to_owned(),
        profile: "practice".to_owned(),
        agent: "sam".to_owned(),
        channel: Channel::Email,
        address: format!("{index}@example.com"),
        language: None,
    };
    let first = Append { notices: vec![notice(229)], ..Append::from(draft("aa01", intent())) };
    append(&store_in(&home.folders(), "2026-03-01T11:00:00Z"), first);
    append(&store, Append { notices: (0..229).map(notice).collect(), ..Append::from(draft("aa02", intent())) });
    let all = waiting(&home);
    assert_eq!((all.len(), all[0].notice.address.as_str()), (230, "229@example.com"));
}

#[test]
fn a_channel_that_is_neither_mail_nor_telephone_is_damage_and_nothing_is_sent() {
    let home = home();
    queued(&home);
    home.database().execute("UPDATE outbox SET channel = 'fax' WHERE channel = 'phone'", []).unwrap();
    let listed = wait_for(home.ledger().waiting_notices()).unwrap_err();
    let taken = wait_for(home.ledger().take_notices("practice", 10)).unwrap_err();
    for error in [listed, taken] {
        assert!(cannot_be_used(&error) && error.message.contains("neither phone nor email"), "{error}");
        assert!(error.hint.as_ref().unwrap().contains("Move it aside"), "{error:?}");
    }
    let tries: u32 = home.database().query_row("SELECT sum(tries) FROM outbox", [], |row| row.get(0)).unwrap();
    assert_eq!(tries, 0, "none was taken");
}
