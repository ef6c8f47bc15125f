//! The warnings that an audit log has beside its result.

use std::cell::RefCell;
use std::rc::Rc;

/// The warnings of one audit log, shared with the command that shows them.
#[derive(Clone, Default)]
pub struct Warnings(Rc<RefCell<Vec<String>>>);

impl Warnings {
    /// Adds a warning once, however many records it concerns.
    pub(super) fn add(&self, warning: String) {
        let mut all = self.0.borrow_mut();
        if !all.contains(&warning) {
            all.push(warning);
        }
    }

    /// Takes the warnings: a record that is missing, or that could not be forwarded.
    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }
}
