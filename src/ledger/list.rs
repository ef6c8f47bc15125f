//! Lists the records that match a filter.

use std::path::Path;

use jiff::Timestamp;

use super::attempts::for_each;
use super::record::{Event, Record};
use crate::domain::Result;

/// Says which records are wanted. A field that is `None` leaves no record out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// The customer's id.
    pub customer: Option<String>,
    /// The agent's name at the backend.
    pub agent: Option<String>,
    /// The earliest time.
    pub since: Option<Timestamp>,
    /// The end of the time span, which is not part of it.
    pub until: Option<Timestamp>,
    pub action: Option<String>,
}

impl Filter {
    fn wants(&self, record: &Record) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        is(&self.customer, &record.customer)
            && is(&self.agent, &record.agent)
            && is(&self.action, &record.action)
            && self.since.is_none_or(|since| record.at >= since)
            && self.until.is_none_or(|until| record.at < until)
    }
}

/// Returns the digest that the first start of a run recorded. Returns `None` if the log has no start of it.
///
/// # Errors
/// Exit 8: the log cannot be read.
pub(crate) fn digest_of_run(path: &Path, run: &str) -> Result<Option<String>> {
    let mut started = None;
    for_each(path, &[run.to_owned()], |record| {
        if record.event == Event::BulkStarted && record.run.as_deref() == Some(run) && started.is_none() {
            started = Some(record.digest);
        }
    })?;
    Ok(started.flatten())
}

/// Returns the records that match, the oldest first.
///
/// # Errors
/// Exit 8: the log cannot be read.
pub(crate) fn records(path: &Path, filter: &Filter) -> Result<Vec<Record>> {
    let mut found = Vec::new();
    for_each(path, &[], |record| {
        if filter.wants(&record) {
            found.push(record);
        }
    })?;
    Ok(found)
}
