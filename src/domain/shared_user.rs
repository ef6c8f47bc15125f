//! Finds out whether another customer leads to the same user.

use super::customer::Customer;
use super::error::{Kind, Result};
use super::history::{Attempt, History};
use super::obstacle::Obstacle;
use super::ports::AuditLog;
use super::session::Session;
use super::user_profile::UserProfile;

/// Returns the obstacle of a user who belongs to another customer.
///
/// Of two customers who lead to one user, the user belongs to the one whose username it is. If that is true of both or
/// of none, it belongs to the one who was reset first, by the ledger. `of_user` is the history of customer and user.
pub(super) async fn shared_user(
    audit: &dyn AuditLog,
    session: &Session,
    customer: &Customer,
    (user, of_user): (&UserProfile, &History),
) -> Result<Option<Obstacle>> {
    for other in session.directory().others_of_user(customer, user).await? {
        let theirs = match session.backend().find_user(&other).await {
            // Nobody knows which user is theirs, so that they get no password either.
            Err(error) if error.kind == Kind::Ambiguous => None,
            found => found?,
        };
        if theirs.is_none_or(|theirs| theirs.id != user.id) {
            continue;
        }
        let (own_name, other_name) = (user.is_named_by(customer), user.is_named_by(&other));
        let of_other = audit.history(session, &other, None).await?;
        let is_of_user = |attempt: &Attempt| of_user.attempts.iter().any(|known| known.id == attempt.id);
        let was_first = of_other.attempts.iter().any(|attempt| attempt.may_have_reset() && is_of_user(attempt));
        if other_name && !own_name || was_first && other_name == own_name {
            return Ok(Some(Obstacle::UserShared {
                user: user.describe(),
                other: format!("{} ({})", other.name, other.id),
            }));
        }
    }
    Ok(None)
}
