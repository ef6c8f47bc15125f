//! The port that asks the agent.

use zeroize::Zeroizing;

use crate::domain::consent::Decision;
use crate::domain::customer::Customer;
use crate::domain::error::Result;
use crate::domain::plan::Plan;

/// Asks the agent, or knows that nobody can be asked.
pub trait Prompter {
    /// Whether questions can be asked at all.
    fn can_ask(&self) -> bool;
    /// Whether the agent can choose from a list: not where everything was confirmed beforehand.
    fn can_choose(&self) -> bool {
        self.can_ask()
    }
    /// Which of these customers is meant.
    fn choose(&mut self, question: &str, customers: &[Customer]) -> Result<usize>;
    /// Shows the plan and asks; the default answer is no.
    fn confirm(&mut self, plan: &Plan) -> Result<Decision>;
    /// A line of text; `flag` is what to name where nobody can be asked.
    fn line(&mut self, question: &str, flag: &str) -> Result<String>;
    /// A secret, without echo; `flag` is what to name where nobody can be asked.
    fn secret(&mut self, question: &str, flag: &str) -> Result<Zeroizing<String>>;
    /// A yes-or-no question that changes nothing by itself; the default is the second argument.
    fn yes(&mut self, question: &str, default: bool) -> Result<bool>;
    /// Tells something on the agent's side channel (never standard output).
    fn say(&mut self, words: &str);
}
