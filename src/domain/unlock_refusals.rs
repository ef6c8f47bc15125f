//! Refuses an unlock that must not be done, before anything changes and whatever flags are given.

use super::customer::Customer;
use super::customer_facts::CustomerFacts;
use super::error::{Error, Reason, Result};
use super::obstacle::{Obstacle, Right, Unreadable};
use super::refusals::refusal;
use super::user::{ResetTarget, UserSnapshot};

/// Checks that the user is locked after failed attempts, and that this agent may lift the lock.
///
/// # Errors
/// Exit 4: a missing right. Exit 7: the user is not locked, must not be touched, or something that decides cannot be read.
pub(super) fn check_is_locked(facts: &CustomerFacts) -> Result<()> {
    let (customer, snapshot) = (&facts.customer, &facts.snapshot);
    if let Some(obstacle) = snapshot.obstacles.iter().find(|obstacle| !is_irrelevant(obstacle)) {
        return Err(unlock_refusal(obstacle, customer));
    }
    if matches!(snapshot.target, ResetTarget::NewUser(_)) {
        let message = format!("{} ({}) has no user, so nobody is locked out.", customer.name, customer.id);
        return Err(Error::refused(Reason::NotLocked, message)
            .hint(format!("Create one with a temporary password: `tellonce reset {}`.", customer.id)));
    }
    match snapshot.known_locked() {
        Some(true) => Ok(()),
        Some(false) => Err(not_locked(customer, snapshot)),
        None => Err(refusal(&Obstacle::Unreadable(hidden_lock(snapshot)), customer)),
    }
}

/// Says that this backend lifts no lock-outs (exit 7).
pub(super) fn lifts_none() -> Error {
    Error::refused(Reason::RefusedByBackend, "This backend lifts no lock-out after failed attempts. It ends by itself.")
        .hint("Have the customer wait until it ends.")
}

/// Whether the obstacle is about passwords alone, or is the lock itself.
const fn is_irrelevant(obstacle: &Obstacle) -> bool {
    match obstacle {
        Obstacle::Locked { .. }
        | Obstacle::WouldNotStick(_)
        | Obstacle::MayNotChoose(_)
        | Obstacle::Unreadable(Unreadable { for_resets_alone: true, .. }) => true,
        Obstacle::MissingRight(right, _) => !matches!(right, Right::Unlock | Right::FindCustomers),
        Obstacle::OwnUser
        | Obstacle::Disabled
        | Obstacle::UserExpired(_)
        | Obstacle::NotYetValid(_)
        | Obstacle::PermanentlyLocked(_)
        | Obstacle::Unreadable(_)
        | Obstacle::External(_)
        | Obstacle::ServiceAccount(_)
        | Obstacle::Protected(_)
        | Obstacle::ProtectionUnreadable(_)
        | Obstacle::UserShared { .. }
        | Obstacle::NewUserIncomplete(_) => false,
    }
}

/// Makes the error of an obstacle. Where that of a reset speaks of passwords, it speaks of the lock-out.
fn unlock_refusal(obstacle: &Obstacle, customer: &Customer) -> Error {
    let who = format!("{} ({})", customer.name, customer.id);
    let message = match obstacle {
        Obstacle::OwnUser => format!("{who} is your own user: nobody lifts their own lock-out here."),
        Obstacle::Disabled => {
            format!("The user of {who} is disabled; without the lock-out they could not sign in either.")
        }
        Obstacle::UserExpired(_) => {
            format!("The user of {who} has expired; without the lock-out they could not sign in either.")
        }
        Obstacle::NotYetValid(_) => {
            format!("The user of {who} is not valid yet; without the lock-out they could not sign in either.")
        }
        Obstacle::External(system) => {
            format!("The password of {who} is kept by another system ({system}); a lock-out is lifted there.")
        }
        Obstacle::Protected(by) => {
            format!("{who} is protected by \"{by}\": agents do not lift the lock-out of such users.")
        }
        Obstacle::UserShared { user, other } => {
            format!("{who} leads to the user {user}, who is {other}: the unlock would be that customer's.")
        }
        _ => return refusal(obstacle, customer),
    };
    let refused = refusal(obstacle, customer);
    let hint = match obstacle {
        Obstacle::OwnUser => Some("Wait until it ends, or ask another agent.".to_owned()),
        Obstacle::External(system) => Some(format!("Look there: {system}.")),
        _ => refused.hint,
    };
    Error { message, hint, ..refused }
}

/// Makes the error of a user who is not locked, with what may help instead.
fn not_locked(customer: &Customer, snapshot: &UserSnapshot) -> Error {
    let (name, id) = (&customer.name, &customer.id);
    let hint = if snapshot.state.change_required {
        format!("They have to choose a new password first. If the temporary one is lost: `tellonce reset {id}`.")
    } else {
        format!("If they do not know their password, issue a temporary one: `tellonce reset {id}`.")
    };
    Error::refused(Reason::NotLocked, format!("{name} ({id}) is not locked out. Nothing was changed.")).hint(hint)
}

/// Returns the value that hides whether the user is locked.
fn hidden_lock(snapshot: &UserSnapshot) -> Unreadable {
    let hidden = snapshot.unread_lock.clone();
    hidden.unwrap_or_else(|| Unreadable::new("the lock", "whether the user is locked", "the right to read it"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;
    use crate::domain::customer::CustomerId;
    use crate::domain::error::Kind;
    use crate::domain::history::History;
    use crate::domain::policy::{Policy, PolicyRead};
    use crate::domain::status::{State, Unread};
    use crate::domain::user::NewUser;
    use crate::domain::user_id::UserId;

    fn facts(obstacles: Vec<Obstacle>, state: State) -> CustomerFacts {
        let customer = Customer { name: "Ada Lovelace".to_owned(), ..Customer::known_by(CustomerId::new("C-1")) };
        let new = NewUser { customer: customer.clone(), username: "ada".to_owned(), new_customer: false };
        let snapshot = UserSnapshot::without_user(new, PolicyRead::Read(Policy::new([])), obstacles);
        let snapshot = UserSnapshot { target: ResetTarget::User(UserId::new("7")), state, ..snapshot };
        CustomerFacts { customer, snapshot, history: History::default(), recovered: Vec::new() }
    }

    fn locked() -> State {
        State { has_user: true, locked: true, ..State::default() }
    }

    fn refused(facts: &CustomerFacts) -> Error {
        check_is_locked(facts).unwrap_err()
    }

    #[test]
    fn what_is_about_passwords_alone_refuses_no_unlock() {
        let for_resets = Unreadable::new("gidNumber", "x", "y").for_resets_alone();
        let rights = [Right::IssueTemporaryPasswords, Right::EndSessions, Right::CreateUsers, Right::MarkPending];
        let obstacles = [
            Obstacle::WouldNotStick("never expires".to_owned()),
            Obstacle::MayNotChoose("denied".to_owned()),
            Obstacle::Unreadable(for_resets),
            Obstacle::Locked { until: None },
        ];
        for obstacle in obstacles.into_iter().chain(rights.map(|right| Obstacle::MissingRight(right, None))) {
            assert!(check_is_locked(&facts(vec![obstacle.clone()], locked())).is_ok(), "{obstacle:?}");
        }
    }

    #[test]
    fn every_other_obstacle_refuses_and_speaks_of_no_password_that_is_set() {
        let other = || "X".to_owned();
        let obstacles = [
            (Obstacle::OwnUser, Reason::OwnUser),
            (Obstacle::Disabled, Reason::Disabled),
            (Obstacle::UserExpired(None), Reason::UserExpired),
            (Obstacle::NotYetValid(None), Reason::NotYetValid),
            (Obstacle::PermanentlyLocked(other()), Reason::PermanentlyLocked),
            (Obstacle::Unreadable(Unreadable::new("a", "b", "c")), Reason::Unreadable),
            (Obstacle::External(other()), Reason::External),
            (Obstacle::ServiceAccount(other()), Reason::External),
            (Obstacle::Protected(other()), Reason::Protected),
            (Obstacle::ProtectionUnreadable(other()), Reason::ProtectionUnreadable),
            (Obstacle::UserShared { user: other(), other: other() }, Reason::UserShared),
            (Obstacle::MissingRight(Right::Unlock, None), Reason::MissingRight),
        ];
        for (obstacle, reason) in obstacles {
            let error = refused(&facts(vec![Obstacle::Locked { until: None }, obstacle.clone()], locked()));
            let kind = if reason == Reason::MissingRight { Kind::NotAllowed } else { Kind::Refused };
            assert_eq!((error.kind, error.reason), (kind, reason), "{obstacle:?}");
            assert!(error.hint.is_some(), "{obstacle:?}");
            let says = error.message_with_hint();
            assert!(!says.contains("temporary password") && !says.contains("reset"), "{says}");
        }
    }

    #[test]
    fn a_lock_that_cannot_be_read_is_not_taken_for_none() {
        let unread = State { has_user: true, unread: Unread { locked: true, ..Unread::default() }, ..State::default() };
        assert_eq!(refused(&facts(Vec::new(), unread)).reason, Reason::Unreadable);
        let mut hidden = facts(Vec::new(), State { has_user: true, ..State::default() });
        hidden.snapshot.unread_lock = Some(Unreadable::new("brute force", "whether", "view-users"));
        let error = refused(&hidden);
        assert_eq!(error.reason, Reason::Unreadable);
        assert!(error.message.contains("brute force") && error.hint.unwrap().contains("view-users"));
    }

    #[test]
    fn who_is_not_locked_is_told_what_helps_instead() {
        let error = refused(&facts(Vec::new(), State { has_user: true, ..State::default() }));
        assert_eq!((error.kind, error.reason), (Kind::Refused, Reason::NotLocked));
        assert_eq!(error.message, "Ada Lovelace (C-1) is not locked out. Nothing was changed.");
        assert!(error.hint.unwrap().contains("tellonce reset C-1"));
        let pending = State { has_user: true, change_required: true, ..State::default() };
        assert!(refused(&facts(Vec::new(), pending)).hint.unwrap().contains("choose a new password first"));
        let mut nobody = facts(Vec::new(), State::default());
        let new = NewUser { customer: nobody.customer.clone(), username: "ada".to_owned(), new_customer: false };
        nobody.snapshot.target = ResetTarget::NewUser(Box::new(new));
        assert!(refused(&nobody).message.contains("has no user"));
    }
}
