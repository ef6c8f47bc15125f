//! The age that a sweep measures, and whom it looks up by their immutable id.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use tellonce::domain::{
    ClockSource, Customer, CustomerId, Due, Error, ListedPassword, Outstanding, Pending, PendingList, Reason,
    ResetRequest, ResetTarget, Services, Stamp, UserId, UserProfile, WithdrawalRequest, due, reset, withdraw,
};

use super::scripted::{Script, Scripted};
use crate::support::conformance::{MovedClock, Player, Revealed, SharedClock, guards, wait_for, with_services_of};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// One that this tool issued, at this time of the server.
fn issued_at(id: &str, at: Timestamp) -> Pending {
    Pending {
        customer: Customer::known_by(CustomerId::new(id)),
        user: UserId::new(id),
        immutable_id: None,
        stamp: None,
        issued_at: Some(at),
        marked: true,
        withdrawn: false,
        unreadable: None,
    }
}

/// What is older than two hours where this machine's clock is so far ahead of the true time.
fn due_after_two_hours(local_ahead: Duration, server_time: Option<Timestamp>, pending: Vec<Pending>) -> Due {
    let folder = tempfile::tempdir().unwrap();
    let clock = MovedClock::default();
    clock.move_on(local_ahead);
    let clock: SharedClock = Arc::new(clock);
    let session = Scripted::new(Script { pending, server_time, ..Script::default() }).session();
    let (guards, mut player) = (guards(), Player::confirming(""));
    let found = with_services_of(folder.path(), clock, &guards, &mut player, async |services: &mut Services<'_>| {
        due(services, &session, Duration::from_hours(2)).await
    });
    wait_for(found).unwrap()
}

#[test]
fn a_clock_that_is_ahead_makes_no_fresh_password_old() {
    let now = Timestamp::now();
    let ids = |due: &Due| due.pending.iter().map(|item| item.customer.id.to_string()).collect::<Vec<_>>();
    let pending = || vec![issued_at("fresh", now - HOUR), issued_at("old", now - 3 * HOUR)];
    let three_hours = Duration::from_hours(3);
    let found = due_after_two_hours(three_hours, Some(now), pending());
    assert_eq!((ids(&found), found.clock), (vec!["old".to_owned()], ClockSource::Server));
    // A clock that is behind hides none that is old.
    let found = due_after_two_hours(Duration::ZERO, Some(now + 3 * HOUR), vec![issued_at("old", now)]);
    assert_eq!((ids(&found), found.clock), (vec!["old".to_owned()], ClockSource::Server));
    // Without the server's clock there is only this machine's, and the result says so.
    let found = due_after_two_hours(three_hours, None, pending());
    assert_eq!((ids(&found), found.clock), (vec!["fresh".to_owned(), "old".to_owned()], ClockSource::Local));
    let found = due_after_two_hours(Duration::ZERO, None, pending());
    assert_eq!((ids(&found), found.clock), (vec!["old".to_owned()], ClockSource::Local));
}

/// Issues a temporary password for the user 7, and returns what is due afterwards, with the lookups of the backend.
fn due_after_an_issue(immutable_id: Option<&str>, later: Script, older_than: Duration) -> (Due, usize) {
    let folder = tempfile::tempdir().unwrap();
    let clock: SharedClock = Arc::new(MovedClock::default());
    let (guards, mut player) = (guards(), Player::confirming(""));
    let issuing = Scripted::new(Script { immutable_id: immutable_id.map(str::to_owned), ..Script::default() });
    let looking = Scripted::new(later);
    let found = with_services_of(folder.path(), clock, &guards, &mut player, async |services: &mut Services<'_>| {
        let request = ResetRequest { customer: "ada".into(), ..ResetRequest::default() };
        reset(services, &issuing.session(), &mut Revealed::default(), request).await.unwrap();
        due(services, &looking.session(), older_than).await
    });
    let due = wait_for(found).unwrap();
    let lookups = looking.calls().into_iter().filter(|call| *call == "find_by_immutable_id").count();
    (due, lookups)
}

fn known_as(immutable_id: &str) -> UserProfile {
    let (name, email) = (None, None);
    UserProfile { id: UserId::new("renamed"), username: None, name, email, immutable_id: Some(immutable_id.to_owned()) }
}

#[test]
fn whom_the_backend_does_not_list_is_looked_up_by_the_immutable_id() {
    let (due, lookups) = due_after_an_issue(Some("id-42"), Script::default(), Duration::ZERO);
    let [gone] = &due.unlisted.not_found[..] else { panic!("{due:?}") };
    assert_eq!((gone.user.as_str(), gone.issued_by.as_str(), lookups), ("id-42", "sam", 1));
    assert!(due.unlisted.finished.is_empty());
    let script = Script { users: vec![known_as("id-42")], ..Script::default() };
    let (due, _) = due_after_an_issue(Some("id-42"), script, Duration::ZERO);
    assert_eq!((due.unlisted.not_found.len(), due.unlisted.finished.len()), (0, 1), "the user is there");
}

#[test]
fn neither_the_listed_nor_the_fresh_nor_those_without_an_immutable_id_are_looked_up() {
    let listed = Pending { immutable_id: Some("id-42".to_owned()), ..issued_at("renamed", Timestamp::now() + HOUR) };
    let listed = Script { pending: vec![listed], ..Script::default() };
    for (immutable_id, script, older_than) in [
        (Some("id-42"), listed, Duration::ZERO),
        (Some("id-42"), Script::default(), Duration::from_hours(2)),
        (None, Script::default(), Duration::ZERO),
        (Some("uid=ada"), Script::default(), Duration::ZERO),
    ] {
        let (due, lookups) = due_after_an_issue(immutable_id, script, older_than);
        let unlisted = &due.unlisted;
        assert_eq!((unlisted.not_found.len(), unlisted.finished.len(), lookups), (0, 0, 0), "{immutable_id:?}");
    }
}

#[test]
fn users_are_read_several_at_a_time_and_in_their_order() {
    for concurrency in [1, 4] {
        let ids: Vec<String> = (1..=10).map(|number| format!("C-{number}")).collect();
        let pending = ids.iter().map(|id| issued_at(id, Timestamp::now())).collect();
        let backend = Scripted::new(Script { pending, concurrency, ..Script::default() });
        let (folder, session) = (tempfile::tempdir().unwrap(), backend.session());
        let (guards, mut player) = (guards(), Player::confirming(""));
        let clock: SharedClock = Arc::new(MovedClock::default());
        let found =
            with_services_of(folder.path(), clock, &guards, &mut player, async |services: &mut Services<'_>| {
                let list = PendingList::read(services, &session, None).await?;
                PendingList::read_users(&session, list.passwords).await
            });
        let read = wait_for(found).unwrap();
        let order: Vec<String> = read.iter().map(|(password, _)| password.pending.customer.id.to_string()).collect();
        let of_each = read.iter().map(|(_, snapshot)| match &snapshot.as_ref().unwrap().target {
            ResetTarget::User(id) => id.as_str().to_owned(),
            ResetTarget::NewUser(_) => String::new(),
        });
        assert_eq!((&order, of_each.collect::<Vec<_>>()), (&ids, ids.clone()), "each with its own");
        assert_eq!(backend.most_at_once(), if concurrency == 1 { 0 } else { concurrency });
    }
}

#[test]
fn whom_the_backend_does_not_list_is_looked_up_several_at_a_time_and_in_order() {
    let ids = ["id-1", "id-2", "id-3"];
    let looking = Scripted::new(Script { concurrency: 2, users: vec![known_as("id-2")], ..Script::default() });
    let (folder, guards, mut player) = (tempfile::tempdir().unwrap(), guards(), Player::confirming(""));
    let clock: SharedClock = Arc::new(MovedClock::default());
    let found = with_services_of(folder.path(), clock, &guards, &mut player, async |services: &mut Services<'_>| {
        for id in ids {
            let issuing = Scripted::new(Script { immutable_id: Some(id.to_owned()), ..Script::default() });
            let request = ResetRequest { customer: "ada".into(), ..ResetRequest::default() };
            reset(services, &issuing.session(), &mut Revealed::default(), request).await.unwrap();
        }
        due(services, &looking.session(), Duration::ZERO).await
    });
    let unlisted = wait_for(found).unwrap().unlisted;
    let users = |found: &[Outstanding]| found.iter().map(|one| one.user.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(
        (users(&unlisted.not_found), users(&unlisted.finished)),
        (vec!["id-1".to_owned(), "id-3".to_owned()], vec!["id-2".to_owned()])
    );
    assert_eq!(looking.most_at_once(), 2);
}

#[test]
fn an_agent_who_may_not_search_by_the_id_takes_nobody_for_gone() {
    let lookup_fails: fn() -> Error = || Error::refused(Reason::Unreadable, "entryUUID cannot be read");
    let script = Script { lookup_fails: Some(lookup_fails), ..Script::default() };
    let (due, _) = due_after_an_issue(Some("id-42"), script, Duration::ZERO);
    assert!(due.unlisted.not_found.is_empty() && due.unlisted.finished.is_empty());
    assert!(due.unlisted.refusal.unwrap().to_string().contains("entryUUID"));
}

/// Issues a temporary password for the user 7, withdraws it, and lists one that was set at this time of a server.
fn listed_after_a_withdrawal(server_ahead: SignedDuration, set_after: SignedDuration) -> ListedPassword {
    let folder = tempfile::tempdir().unwrap();
    let clock: SharedClock = Arc::new(MovedClock::default());
    let (guards, mut player) = (guards(), Player::confirming(""));
    let found = with_services_of(folder.path(), clock, &guards, &mut player, async |services: &mut Services<'_>| {
        let session = Scripted::new(Script::default()).session();
        let request = ResetRequest { customer: "ada".into(), ..ResetRequest::default() };
        reset(services, &session, &mut Revealed::default(), request).await.unwrap();
        let request = WithdrawalRequest { customer: "ada".into(), ..WithdrawalRequest::default() };
        withdraw(services, &session, request).await.unwrap();
        let server_time = Timestamp::now() + server_ahead;
        let set_at = server_time + set_after;
        let stamp = Some(Stamp { at: None, version: Some(9) });
        let unmarked = Pending { stamp, marked: false, ..issued_at("7", set_at) };
        let script = Script { pending: vec![unmarked], server_time: Some(server_time), ..Script::default() };
        PendingList::read(services, &Scripted::new(script).session(), None).await
    });
    wait_for(found).unwrap().passwords.pop().unwrap()
}

/// A directory shows no difference between a withdrawn password and one that somebody issued.
#[test]
fn the_ledger_knows_a_withdrawn_password_by_the_time_of_the_withdrawal() {
    for server_ahead in [SignedDuration::ZERO, 3 * HOUR, -3 * HOUR] {
        let listed = listed_after_a_withdrawal(server_ahead, SignedDuration::ZERO);
        assert!(listed.pending.withdrawn && listed.is_ours, "{listed:?}");
        assert_eq!(listed.issued_by.as_deref(), Some("sam"));
        let listed = listed_after_a_withdrawal(server_ahead, HOUR / 4);
        assert!(!listed.pending.withdrawn && !listed.is_ours, "somebody else set it afterwards: {listed:?}");
        assert_eq!(listed.issued_by, None);
    }
}

/// The list may lack a password that is issued while it is read, and its user is not done with it.
#[test]
fn what_is_issued_while_the_list_is_read_is_not_taken_for_done() {
    let issue_and_list = |issued_after: Duration| {
        let folder = tempfile::tempdir().unwrap();
        let (issuing, listing) = (Arc::new(MovedClock::default()), Arc::new(MovedClock::default()));
        issuing.move_on(issued_after);
        listing.move_on(Duration::from_hours(1));
        let script = Script { immutable_id: Some("id-42".to_owned()), ..Script::default() };
        let later = Script {
            users: vec![known_as("id-42")],
            clock_while_listing: Some(Arc::clone(&listing)),
            ..Script::default()
        };
        let (guards, mut player) = (guards(), Player::confirming(""));
        let issue =
            with_services_of(folder.path(), issuing, &guards, &mut player, async |services: &mut Services<'_>| {
                let request = ResetRequest { customer: "ada".into(), ..ResetRequest::default() };
                reset(services, &Scripted::new(script).session(), &mut Revealed::default(), request).await
            });
        wait_for(issue).unwrap();
        let list =
            with_services_of(folder.path(), listing, &guards, &mut player, async |services: &mut Services<'_>| {
                due(services, &Scripted::new(later).session(), Duration::ZERO).await
            });
        wait_for(list).unwrap().unlisted.finished.len()
    };
    assert_eq!(issue_and_list(Duration::from_hours(2)), 0);
    assert_eq!(issue_and_list(Duration::ZERO), 1, "the control: it was issued before");
}
