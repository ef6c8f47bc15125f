//! Makes the drafts of an attempt's records.

use super::attempts::Row;
use super::event::Event;
use super::ids::Ids;
use super::pages::Pages;
use super::pseudonyms::mask;
use super::record::Draft;
use super::store::{Query, RecordStore};
use crate::domain::{AttemptId, Delivery, Plan, ResetTarget, Result, Session, UserProfile};

/// Makes a draft that says only who, where and what.
pub(super) fn blank(session: &Session, attempt: &AttemptId, event: Event) -> Draft {
    let profile_ref = session.profile_ref();
    Draft {
        profile: profile_ref.profile.clone(),
        backend: profile_ref.backend.clone(),
        backend_id: Some(profile_ref.backend_id.clone()),
        ..Draft::blank(attempt.to_string(), event, session.agent().to_owned())
    }
}

/// Returns what all records of an attempt have, as its records say it.
///
/// # Errors
/// Exit 8: the store cannot be read.
pub(super) async fn template_of(
    (store, ids): (&dyn RecordStore, &Ids),
    session: &Session,
    attempt: &AttemptId,
) -> Result<Draft> {
    let query = Query { attempt: Some(attempt.to_string()), ..Query::default() };
    let mut template = blank(session, attempt, Event::Delivery { delivery: Delivery::NotDelivered });
    for record in Pages::new(store, query).next().await? {
        if let Ok(record) = record.record() {
            let is_masked = record.v > 1;
            let draft = record.draft;
            let draft = if is_masked { draft } else { masked((store, ids), draft).await? };
            let Draft { customer, user, username, action, run, row, ticket, .. } = draft;
            let user = user.or(template.user);
            template = Draft { customer, user, username, action, ticket, run, row, ..template };
        }
    }
    Ok(template)
}

/// Keeps the addresses that records of version 1 have out of a new record.
async fn masked((store, ids): (&dyn RecordStore, &Ids), draft: Draft) -> Result<Draft> {
    let (mut customer, mut user) = (draft.customer, draft.user);
    for id in [&mut customer, &mut user].into_iter().flatten() {
        *id = ids.in_records(store, id).await?;
    }
    let (username, ticket) = (mask(draft.username.as_deref()), mask(draft.ticket.as_deref()));
    Ok(Draft { customer, user, username, ticket, ..draft })
}

/// Makes the draft of an intent from one that says who, where and what.
///
/// # Errors
/// Exit 8: the store cannot be used.
pub(super) async fn of_intent(
    (store, ids): (&dyn RecordStore, &Ids),
    plan: &Plan,
    row: Option<&Row>,
    blank: Draft,
) -> Result<Draft> {
    let (user, username) = match &plan.target {
        ResetTarget::User(id) => {
            let user = plan.user.as_ref();
            let id = user.map_or(id.as_str(), UserProfile::id_in_records);
            (Some(ids.in_records(store, id).await?), user.and_then(|user| user.username.as_deref()))
        }
        ResetTarget::NewUser(new) => (None, Some(new.username.as_str())),
    };
    let (run, row) = row.cloned().unzip();
    Ok(Draft {
        customer: Some(ids.in_records(store, plan.customer.id.as_str()).await?),
        user,
        username: mask(username),
        action: Some(plan.action.name().to_owned()),
        ticket: mask(plan.case.ticket.as_deref()),
        run,
        row,
        ..blank
    })
}
