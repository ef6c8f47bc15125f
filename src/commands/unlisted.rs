//! Words about outstanding passwords of users whom the backend does not list.

use super::context::Context;
use super::view::moment;
use crate::domain::{Error, Outstanding};

/// Says what was issued to a user who is not found any more.
pub(super) fn describe_not_found(password: &Outstanding) -> String {
    let customer = password.customer.as_ref().map_or_else(|| password.user.as_str(), |customer| customer.as_str());
    let (at, by) = (moment(Some(password.issued_at)), &password.issued_by);
    format!("{customer} was issued a temporary password {at} by {by}, and is not found any more.")
}

/// Says why users who are not in the backend's list were not looked up.
pub(super) fn show_lookup_refusal(context: &Context, refusal: Option<&Error>) {
    if let Some(refusal) = refusal {
        let message = format!("Users who are not in the list of what is pending were not looked up. {refusal}");
        context.screen.warning(&message);
    }
}
