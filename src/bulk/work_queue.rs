//! The rows that are left: first the rows of the input that are not done, then the rows in doubt.

use std::fs::File;

use super::input::Rows;
use super::journal::RowState;
use super::row::Numbered;
use super::row_task::{NextRow, RowTask};
use super::run::Run;
use super::scheduler::Event;
use crate::domain::Result;

/// Where the rows come from.
pub(super) struct WorkQueue {
    rows: Rows<File>,
    is_second_look: bool,
}

impl WorkQueue {
    /// Makes the queue of all rows that are not done.
    pub(super) const fn all(rows: Rows<File>) -> Self {
        Self { rows, is_second_look: false }
    }
}

impl Run<'_> {
    /// Starts over with the rows in doubt, if there are any, from the top of the input.
    pub(super) fn look_again(&self, queue: &mut WorkQueue) -> Result<Event> {
        if self.journal.in_doubt()? == 0 {
            return Ok(Event::NoneInDoubt);
        }
        let rows = Rows::open(&self.settings.input, &self.settings.input_options())?.with_tickets_of(self.guards);
        *queue = WorkQueue { rows, is_second_look: true };
        Ok(Event::SecondLook)
    }

    /// Reads the next row that is left, and counts the rows before it that are done.
    pub(super) fn next_row(&self, queue: &mut WorkQueue) -> Result<Event> {
        let mut passed_over = 0;
        while let Some(Numbered { line, row }) = queue.rows.next_row()? {
            let known = self.journal.known(line)?;
            if queue.is_second_look && !matches!(known, RowState::InDoubt(_)) {
                continue;
            }
            let (earlier, in_doubt) = match known {
                RowState::Done => {
                    passed_over += 1;
                    continue;
                }
                RowState::Begun(earlier) => (Some(earlier), false),
                RowState::InDoubt(delivered) => (Some(delivered), true),
                RowState::Nothing => (None, false),
            };
            let next = match row {
                Ok(row) => NextRow::Task(Box::new(RowTask { line, row, earlier, in_doubt })),
                Err(why) => NextRow::Unusable { line, why },
            };
            return Ok(Event::Read { next, passed_over });
        }
        Ok(Event::Read { next: NextRow::End, passed_over })
    }
}
