//! Which records match.

use std::path::Path;

use jiff::Timestamp;

use super::attempts::for_each;
use super::record::Record;
use crate::domain::Result;

/// Which records are wanted; none of a kind: all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// This customer's, by id.
    pub customer: Option<String>,
    /// This agent's.
    pub agent: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// This action.
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

/// The records that match, oldest first.
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
