//! An administrator's one-time preparation of a backend: one plan to show, to carry out, or to follow by hand.

use serde::Serialize;
use zeroize::Zeroizing;

/// The state of a step of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// The step was done before.
    Already,
    /// The step is still to be done.
    ToDo,
    /// The step is still to be done, and nobody but the administrator can do it.
    ByHand,
    /// The step was done just now.
    Done,
    /// The administrator was asked separately, and left the step out.
    LeftOut,
    /// The step cannot be done here. Its words say why.
    NotHere,
}

impl StepState {
    /// Returns the words that people read.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Already => "there already",
            Self::ToDo => "to do",
            Self::ByHand => "to do by hand",
            Self::Done => "done",
            Self::LeftOut => "left out",
            Self::NotHere => "NOT POSSIBLE",
        }
    }
}

/// The separate question for a step that is done only on request.
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
    /// Its state.
    pub state: StepState,
    /// What the step does, and what is missing.
    pub words: String,
    /// What to do by hand instead, one action in each line.
    pub by_hand: Vec<String>,
    /// A text to copy as it is, such as a policy.
    pub document: Option<String>,
    /// The separate question, if the step needs one.
    pub apart: Option<Apart>,
}

/// The whole preparation, in the order in which it is done.
#[derive(Clone, Debug)]
pub struct Preparations {
    /// What is prepared.
    pub about: String,
    /// The administrator; `None` if nobody signed in and nothing was read.
    pub administrator: Option<String>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// What the administrator has to know beforehand.
    pub notes: Vec<String>,
    /// What to do after the preparation.
    pub next: Vec<String>,
}

impl Preparations {
    /// Whether no step is left to do.
    pub fn is_done(&self) -> bool {
        self.steps.iter().all(|step| step.state != StepState::ToDo)
    }
}

/// The one-time code of an administrator who has a second factor.
#[derive(Default)]
pub enum OneTimeCode {
    /// The code is asked for if the password alone is refused and somebody can be asked.
    #[default]
    IfRefused,
    /// The code is asked for together with the password.
    AskedFor,
    /// The code is this one.
    Given(Zeroizing<String>),
}

/// The administrator who prepares the backend, as far as the command line says.
#[derive(Default)]
pub struct Administrator {
    /// The name.
    pub name: Option<String>,
    /// The password.
    pub password: Option<Zeroizing<String>>,
    /// The code of a second factor.
    pub code: OneTimeCode,
    /// The realm or domain of the administrator, if it is not that of the agents.
    pub home: Option<String>,
}
