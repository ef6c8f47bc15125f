//! Whether a record matches a query.

use tellonce::ledger::{Query, Record};

use super::counting::is_of;

pub fn matches(record: &Record, query: &Query, until_is_inclusive: bool) -> bool {
    let Query { subject, attempt, customers, agent, action, run, event, since, until } = query;
    let draft = &record.draft;
    let is = |wanted: &Option<String>, found: Option<&String>| wanted.is_none() || wanted.as_ref() == found;
    let is_in = |ids: &[String], id: Option<&String>| id.is_some_and(|id| ids.contains(id));
    let is_of = |subject: &_| is_of(record, subject);
    subject.as_ref().is_none_or(|subject| is_in(&subject.backend_ids, draft.backend_id.as_ref()) && is_of(subject))
        && is(attempt, Some(&draft.attempt))
        && customers.as_ref().is_none_or(|ids| is_in(ids, draft.customer.as_ref()))
        && is(agent, Some(&draft.agent))
        && is(action, draft.action.as_ref())
        && is(run, draft.run.as_ref())
        && event.is_none_or(|event| event == draft.event.name())
        && since.is_none_or(|since| record.at >= since)
        && until.is_none_or(|until| record.at < until || (until_is_inclusive && record.at == until))
}
