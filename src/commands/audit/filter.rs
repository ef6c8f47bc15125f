//! Which records a command is about.

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;

use crate::ledger::{Ledger, Query, Record};

/// Which records
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RecordFilter {
    /// Only this customer's, by id
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Only this agent's
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Not before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// Only this action: set, `create_and_set`, withdraw, unlock, verify, notify or view
    #[arg(long, value_name = "ACTION", value_parser = ["set", "create_and_set", "withdraw", "unlock", "verify", "notify", "view"])]
    action: Option<String>,
}

impl RecordFilter {
    /// Makes the query. A customer is looked for under every id that records may have.
    ///
    /// # Errors
    /// Exit 8: the ledger cannot be used.
    pub(super) async fn query(&self, ledger: &Ledger) -> Result<Query> {
        let Self { customer, agent, since, until, action } = self.clone();
        let customers = match customer {
            Some(customer) => Some(ledger.ids_in_records(&customer).await?),
            None => None,
        };
        Ok(Query { customers, agent, action, since, until, ..Query::default() })
    }
}

/// Whether a query that was made by [`RecordFilter::query`] leaves this record in.
pub(super) fn wants(query: &Query, record: &Record) -> bool {
    let draft = &record.draft;
    let is = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
    is(&query.agent, Some(&draft.agent))
        && is(&query.action, draft.action.as_deref())
        && query.customers.as_ref().is_none_or(|ids| draft.customer.as_ref().is_some_and(|id| ids.contains(id)))
        && query.since.is_none_or(|since| record.at >= since)
        && query.until.is_none_or(|until| record.at < until)
}
