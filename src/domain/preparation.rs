//! What an administrator's one-time preparation of a backend consists of: one plan, for showing it, for doing it, and
//! for those who do it by hand.

use serde::Serialize;
use zeroize::Zeroizing;

/// Where a step of the plan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It is so already.
    Already,
    /// It is to be done.
    ToDo,
    /// It was done just now.
    Done,
    /// It was asked apart, and not wanted.
    LeftOut,
    /// It cannot be done here, and why is in its words.
    NotHere,
}

impl StepState {
    /// The words people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Already => "there already",
            Self::ToDo => "to do",
            Self::Done => "done",
            Self::LeftOut => "left out",
            Self::NotHere => "NOT POSSIBLE",
        }
    }
}

/// A step that is done only if it was asked for by itself.
#[derive(Clone, Copy, Debug)]
pub struct Apart {
    /// The question.
    pub question: &'static str,
    /// The flag that answers it with yes.
    pub flag: &'static str,
}

/// One step of the preparation.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name, stable for scripts.
    pub id: &'static str,
    /// Where it stands.
    pub state: StepState,
    /// What it is, and what of it is missing.
    pub words: String,
    /// What to do by hand for the same, one thing a line.
    pub by_hand: Vec<String>,
    /// Asked apart from the rest.
    pub apart: Option<Apart>,
}

/// The whole preparation, in the order in which it is done.
#[derive(Clone, Debug)]
pub struct Preparations {
    /// What is prepared.
    pub about: String,
    /// As whom; none: nobody was asked, and nothing was looked at.
    pub administrator: Option<String>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// What the administrator has to know before it is done.
    pub notes: Vec<String>,
    /// What comes next, once it is done.
    pub next: Vec<String>,
}

impl Preparations {
    /// Whether anything is left to be done.
    pub fn is_done(&self) -> bool {
        self.steps.iter().all(|step| step.state != StepState::ToDo)
    }
}

/// The one-time code of an administrator who has a second factor.
#[derive(Default)]
pub enum OneTimeCode {
    /// Asked for where the password alone is refused, and somebody can be asked.
    #[default]
    IfRefused,
    /// Asked for beside the password.
    AskedFor,
    /// Given.
    Given(Zeroizing<String>),
}

/// Who signs in to prepare the backend, as far as the command line says.
#[derive(Default)]
pub struct Administrator {
    /// The name.
    pub name: Option<String>,
    /// The password.
    pub password: Option<Zeroizing<String>>,
    /// The code of a second factor.
    pub code: OneTimeCode,
    /// Where the administrator is a user, if not where the agents are.
    pub home: Option<String>,
}
