//! The words of each refusal: the obstacle, and what to do about it.

use jiff::Timestamp;

use super::customer::Customer;
use super::error::{Error, Kind, Reason};
use super::obstacle::{Obstacle, Right};

/// Makes the error of an obstacle.
pub(crate) fn refusal(obstacle: &Obstacle, customer: &Customer) -> Error {
    let who = format!("{} ({})", customer.name, customer.id);
    match obstacle {
        Obstacle::OwnUser => {
            Error::refused(Reason::OwnUser, format!("{who} is your own user: nobody resets their own password here."))
                .hint("Use \"Forgot your password?\", or ask another agent.")
        }
        Obstacle::Disabled => Error::refused(
            Reason::Disabled,
            format!("The user of {who} is disabled; a temporary password would not let them in."),
        )
        .hint("Have an administrator enable the user first, if that is right."),
        Obstacle::UserExpired(at) => Error::refused(
            Reason::UserExpired,
            format!("The user of {who} expired{}; a temporary password would not let them in.", on(*at)),
        )
        .hint("Have an administrator extend the user first, if that is right."),
        Obstacle::NotYetValid(from) => Error::refused(
            Reason::NotYetValid,
            format!(
                "The user of {who} is not valid yet{}; a temporary password would not let them in.",
                from_when(*from)
            ),
        )
        .hint("Have an administrator change the start first, if that is right."),
        Obstacle::PermanentlyLocked(why) => Error::refused(
            Reason::PermanentlyLocked,
            format!("The user of {who} is locked permanently ({why}); only an administrator may lift that."),
        )
        .hint("Have an administrator lift the lock first, if that is right."),
        Obstacle::Unreadable(value) => Error::refused(
            Reason::Unreadable,
            format!(
                "tellonce cannot read {} of {who}, and it says {}. What cannot be read is not taken for \"no\".",
                value.value, value.decides
            ),
        )
        .hint(format!("Have the agents granted {}; `tellonce doctor` checks it.", value.right)),
        Obstacle::External(system) => Error::refused(
            Reason::External,
            format!("The password of {who} is kept by another system ({system}); it cannot be set here."),
        )
        .hint(format!("Reset it there: {system}.")),
        Obstacle::ServiceAccount(client) => Error::refused(
            Reason::External,
            format!("{who} is the service account of the client \"{client}\": it has no password, and signs in by the client's secret."),
        )
        .hint("Whoever looks after that client can renew its secret."),
        Obstacle::Protected(by) => Error::refused(
            Reason::Protected,
            format!("{who} is protected by \"{by}\": agents do not reset such users."),
        )
        .hint("Ask an administrator of the identity backend."),
        Obstacle::ProtectionUnreadable(missing) => Error::refused(
            Reason::ProtectionUnreadable,
            format!("Whether {who} is protected cannot be read: {missing}."),
        )
        .hint("`tellonce doctor` says what is missing: a right, or a group or role that the profile names and the backend has not."),
        Obstacle::WouldNotStick(why) => Error::refused(
            Reason::WouldNotStick,
            format!(
                "A forced change would not stick for {who}: {why}. The temporary password would be a full sign-in."
            ),
        )
        .hint("Have an administrator change that first."),
        Obstacle::MayNotChoose(why) => Error::refused(
            Reason::MayNotChoose,
            format!("{who} may not choose a password: {why}. A temporary password would lock them out for good."),
        )
        .hint("Have an administrator change that first."),
        Obstacle::Locked { until } => {
            let until = until.map_or_else(String::new, |until| format!(" until {}", until.strftime("%H:%M UTC")));
            Error::refused(
                Reason::Locked,
                format!(
                    "{who} is locked after failed attempts{until}; a temporary password alone would look wrong to them."
                ),
            )
            .hint(format!(
                "Add `--unlock` to lift the lock-out as well. If they know their password: `tellonce unlock {}`.",
                customer.id
            ))
        }
        Obstacle::UserShared { user, other } => Error::refused(
            Reason::UserShared,
            format!("{who} leads to the user {user}, who is {other}: a reset would lock that customer out."),
        )
        .hint("Give each customer the username of their own user in the customers' file."),
        Obstacle::NewUserIncomplete(why) => {
            Error::refused(Reason::RefusedByBackend, format!("{who} cannot get a user: {why}."))
                .hint("Have the profile completed, or an administrator create the user.")
        }
        Obstacle::MissingRight(right, name) => missing_right(*right, *name),
    }
}

/// Makes the error of a right that the agent lacks, by what the backend calls it.
fn missing_right(right: Right, name: Option<&str>) -> Error {
    let takes = name.map_or_else(String::new, |name| format!(": it takes {name}"));
    let message = format!("You do not have the right to {}{takes}.", right.describe());
    Error::new(Kind::NotAllowed, Reason::MissingRight, message)
        .hint("Ask whoever looks after agents' rights at the identity backend; `whoami` lists yours.")
}

/// Returns " on 2026-11-28 17:10 UTC", or nothing if the time is not known.
fn on(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| format!(" on {}", at.strftime("%F %H:%M UTC")))
}

/// Returns " (from 2026-11-28 17:10 UTC)", or nothing if the time is not known.
fn from_when(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| format!(" (from {})", at.strftime("%F %H:%M UTC")))
}
