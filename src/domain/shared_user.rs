//! Finds out whether another customer leads to the same user.

use super::customer::Customer;
use super::error::{Kind, Result};
use super::obstacle::Obstacle;
use super::ports::AuditLog;
use super::session::Session;
use super::user_profile::UserProfile;

/// Returns the obstacle of a user who belongs to another customer.
///
/// Of two customers who lead to one user, the user belongs to the one whose username it is. If that is true of both or
/// of none, it belongs to the one who was reset first, by this machine's audit log.
pub(super) async fn shared_user(
    audit: &dyn AuditLog,
    session: &Session,
    customer: &Customer,
    user: &UserProfile,
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
        let history = audit.history(session, &other, Some(user)).await?;
        let was_first = history
            .attempts
            .iter()
            .any(|attempt| attempt.may_have_reset() && attempt.user.as_ref().is_some_and(|known| *known == user.id));
        if other_name && !own_name || was_first && other_name == own_name {
            return Ok(Some(Obstacle::UserShared {
                user: user.describe(),
                other: format!("{} ({})", other.name, other.id),
            }));
        }
    }
    Ok(None)
}
