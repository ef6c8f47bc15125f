//! The port through which an administrator prepares a backend.

use async_trait::async_trait;

use super::prompter::Prompter;
use crate::domain::error::Result;
use crate::domain::preparation::{Administrator, Preparations, Step};

/// An administrator's one-time preparation of a backend.
#[async_trait(?Send)]
pub trait Preparation {
    /// Returns the whole preparation for doing it by hand. Asks nobody and reads nothing.
    fn by_hand(&self) -> Preparations;
    /// Whether a step can be carried out here, so that somebody has to confirm the plan.
    fn carries_out(&self) -> bool {
        true
    }
    /// Signs the administrator in, for as long as this value lives. Stores nothing.
    async fn sign_in(&mut self, administrator: Administrator, prompter: &mut dyn Prompter) -> Result<()>;
    /// Reads what is done already, and whether the administrator may do the rest. Changes nothing.
    async fn plan(&mut self) -> Result<Preparations>;
    /// Does one step of the plan, and returns the result in words.
    async fn carry_out(&mut self, step: &Step) -> Result<String>;
    /// Ends the administrator's session.
    async fn sign_out(&mut self) -> Result<()>;
}
