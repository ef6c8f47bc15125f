//! The rows that are left: those of the input that are not done; at its end once more those in doubt.

use std::fs::File;

use super::input::Rows;
use super::journal::RowState;
use super::retry_budget::RetryBudget;
use super::row::Numbered;
use super::run::{Item, Run};
use crate::domain::Result;
use crate::output::Progress;

/// Where the rows come from.
pub(super) struct WorkQueue {
    rows: Rows<File>,
    is_second_look: bool,
}

/// The next row that is left.
pub(super) enum Next {
    /// One to be worked at.
    Item(Box<Item>),
    /// One that cannot be read: its line, and why.
    Unusable(u64, String),
    /// None.
    End,
}

impl WorkQueue {
    /// All that are not done.
    pub(super) const fn all(rows: Rows<File>) -> Self {
        Self { rows, is_second_look: false }
    }

    /// Whether these are those in doubt alone.
    pub(super) const fn is_second_look(&self) -> bool {
        self.is_second_look
    }
}

impl Run<'_> {
    /// The rows in doubt, from the top of the input; none where none is.
    pub(super) fn second_look(&self, progress: &mut Progress) -> Result<Option<WorkQueue>> {
        let in_doubt = self.journal.in_doubt()?;
        if in_doubt == 0 {
            return Ok(None);
        }
        progress.done = progress.done.saturating_sub(in_doubt);
        let rows = Rows::open(&self.settings.input, Some(self.settings.format))?.with_tickets_of(self.guards);
        Ok(Some(WorkQueue { rows, is_second_look: true }))
    }

    /// The next row that is left; those that are done are counted on the way.
    pub(super) fn next(&self, left: &mut WorkQueue, progress: &mut Progress) -> Result<Next> {
        while let Some(Numbered { line, row }) = left.rows.next_row()? {
            let known = self.journal.known(line)?;
            if left.is_second_look && !matches!(known, RowState::InDoubt(_)) {
                continue;
            }
            let (earlier, in_doubt) = match known {
                RowState::Done => {
                    progress.done += 1;
                    continue;
                }
                RowState::Begun(earlier) => (Some(earlier), false),
                RowState::InDoubt(delivered) => (Some(delivered), true),
                RowState::Nothing => (None, false),
            };
            return Ok(match row {
                Ok(row) => {
                    Next::Item(Box::new(Item { line, row, earlier, in_doubt, retry_budget: RetryBudget::default() }))
                }
                Err(why) => Next::Unusable(line, why),
            });
        }
        Ok(Next::End)
    }
}
