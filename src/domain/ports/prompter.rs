//! The port that asks the agent.

use zeroize::Zeroizing;

use crate::domain::consent::Decision;
use crate::domain::customer::Customer;
use crate::domain::error::{Error, Result};
use crate::domain::plan::Plan;

/// What is said to an empty answer that is asked for again.
pub(crate) const NOTHING_TYPED: &str = "Nothing was typed. Once more; Ctrl-C gives up.";

/// Asks the agent, or knows that nobody can be asked.
pub trait Prompter {
    /// Whether questions can be asked at all.
    fn can_ask(&self) -> bool;
    /// Whether the agent can choose from a list. Nobody can if everything was confirmed beforehand.
    fn can_choose(&self) -> bool {
        self.can_ask()
    }
    /// Asks which of these customers is meant, and returns the index.
    fn choose(&mut self, question: &str, customers: &[Customer]) -> Result<usize>;
    /// Asks which of these is chosen, and returns the index.
    fn choose_text(&mut self, question: &str, _options: &[String]) -> Result<usize> {
        let message = format!("\"{question}\" has no answer, and nobody can be asked.");
        Err(Error::missing_answer(message, "Choose by the command's flags."))
    }
    /// Asks for the code that the customer reads to the agent. `None` if there is no more input to read it from.
    fn code(&mut self, question: &str) -> Result<Option<Zeroizing<String>>> {
        self.line(question, "--code-stdin").map(Zeroizing::new).map(Some)
    }
    /// Shows the plan and asks; the default answer is no.
    fn confirm(&mut self, plan: &Plan) -> Result<Decision>;
    /// Asks for a line of text. The error names `flag` if nobody can be asked.
    fn line(&mut self, question: &str, flag: &str) -> Result<String>;
    /// Asks for a line of text, and asks again while the answer is empty.
    fn needed_line(&mut self, question: &str, flag: &str) -> Result<String> {
        loop {
            let answer = self.line(question, flag)?;
            if !answer.is_empty() {
                return Ok(answer);
            }
            self.say(NOTHING_TYPED);
        }
    }
    /// Asks for a secret, without echo, and asks again while the answer is empty. The error names `flag` if nobody can
    /// be asked.
    fn secret(&mut self, question: &str, flag: &str) -> Result<Zeroizing<String>>;
    /// Asks for a secret that there may not be. An empty answer is `None`.
    fn optional_secret(&mut self, question: &str, flag: &str) -> Result<Option<Zeroizing<String>>> {
        self.secret(question, flag).map(Some)
    }
    /// Asks a yes-or-no question that changes nothing by itself. `default` is the answer to an empty line.
    fn yes(&mut self, question: &str, default: bool) -> Result<bool>;
    /// Says something on the agent's side channel, never on standard output.
    fn say(&mut self, words: &str);
}
