//! A part of the preparation: what was found of it, told as a step, and done.

use async_trait::async_trait;

use super::calls::Calls;
use crate::domain::{Result, Step, StepState};

/// One part.
#[async_trait(?Send)]
pub(super) trait SetupStep {
    /// What was found, and what is to be done.
    fn step(&self) -> Step;
    /// Does it; what came of it, in words.
    async fn carry_out(&self, calls: &Calls) -> Result<String>;
}

/// A step that is not asked apart.
pub(super) fn step(id: &'static str, is_there: bool, words: String, by_hand: Vec<String>) -> Step {
    if is_there {
        return Step { id, state: StepState::Already, words, by_hand: Vec::new(), apart: None };
    }
    Step { id, state: StepState::ToDo, words, by_hand, apart: None }
}

/// A part that cannot be done here; something of an earlier time may be left to undo.
pub(super) struct NotApplicable {
    pub(super) id: &'static str,
    pub(super) why: String,
}

#[async_trait(?Send)]
impl SetupStep for NotApplicable {
    fn step(&self) -> Step {
        Step { id: self.id, state: StepState::NotHere, words: self.why.clone(), by_hand: Vec::new(), apart: None }
    }

    async fn carry_out(&self, _: &Calls) -> Result<String> {
        Ok(self.why.clone())
    }
}
