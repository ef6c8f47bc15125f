//! The trait of the setup steps, and what describes one.

use async_trait::async_trait;

use super::admin_api::AdminApi;
use crate::domain::{Result, Step, StepState};

/// A step of `setup`: it knows what the server has, and adds what is missing.
#[async_trait(?Send)]
pub(super) trait SetupStep {
    /// Describes what was found, and what is to be done.
    fn step(&self) -> Step;
    /// Carries the step out, and describes the result.
    async fn carry_out(&self, admin: &AdminApi) -> Result<String>;
}

/// Describes a step that has no question of its own.
pub(super) fn step(id: &'static str, is_there: bool, words: String, by_hand: Vec<String>) -> Step {
    if is_there {
        return Step { id, state: StepState::Already, words, by_hand: Vec::new(), document: None, apart: None };
    }
    Step { id, state: StepState::ToDo, words, by_hand, document: None, apart: None }
}

/// A step that is not possible on this server, and why.
pub(super) struct NotApplicable {
    pub(super) id: &'static str,
    pub(super) why: String,
}

#[async_trait(?Send)]
impl SetupStep for NotApplicable {
    fn step(&self) -> Step {
        Step {
            id: self.id,
            state: StepState::NotHere,
            words: self.why.clone(),
            by_hand: Vec::new(),
            document: None,
            apart: None,
        }
    }

    async fn carry_out(&self, _: &AdminApi) -> Result<String> {
        Ok(self.why.clone())
    }
}
