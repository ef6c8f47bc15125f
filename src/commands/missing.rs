//! Arguments that were left out: asked for at a terminal, and named where nobody can be asked.

use anyhow::{Result, bail};

use super::context::Context;
use crate::domain::ports::Prompter;
use crate::domain::{Error, Kind, Reason};

/// The customer that the command line names, else the one that the agent names. The search follows, and the list.
///
/// # Errors
/// Exit 2: nobody can be asked, or everything was confirmed beforehand. Exit 6: there is no answer.
pub(super) fn customer(given: Option<String>, verb: &str, prompter: &mut dyn Prompter) -> Result<String> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !prompter.can_choose() {
        bail!(left_out("CUSTOMER", &format!("{verb} CUSTOMER")));
    }
    answered(prompter.line("Customer (id, username, e-mail address or part of a name)", "CUSTOMER")?)
}

/// The name of a new profile.
///
/// # Errors
/// As for [`customer`].
pub(super) fn new_profile(given: Option<String>, prompter: &mut dyn Prompter) -> Result<String> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !prompter.can_choose() {
        bail!(left_out("NAME", "profile add NAME"));
    }
    answered(prompter.line("Name of the new profile", "NAME")?)
}

/// Which of the profiles is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProfileChoice {
    /// The one that becomes the default.
    Default,
    /// The one that is removed, which can be none that is built in.
    Removed,
}

/// A profile's name, chosen from a list.
///
/// # Errors
/// As for [`customer`]; or, exit 2, there is no profile to choose.
pub(super) fn profile(context: &Context, choice: ProfileChoice) -> Result<String> {
    let (verb, question) = match choice {
        ProfileChoice::Default => ("use", "Which profile becomes the default?"),
        ProfileChoice::Removed => ("remove", "Which profile is removed?"),
    };
    let mut prompter = context.prompter(false);
    if !prompter.can_choose() {
        bail!(left_out("NAME", &format!("profile {verb} NAME")));
    }
    let mut names = context.configuration.profile_names();
    if choice == ProfileChoice::Removed {
        names.retain(|name| context.configuration.profile(Some(name)).is_ok_and(|profile| !profile.built_in));
    }
    if names.is_empty() {
        bail!(Error::usage("There is no profile to remove.").hint("`tellonce profile list` shows them."));
    }
    let shown: Vec<&str> = names.iter().map(String::as_str).collect();
    let chosen = prompter.choose_name(question, "PROFILE", &shown, "NAME")?;
    let name = names.swap_remove(chosen);
    if choice == ProfileChoice::Removed && !prompter.ask_whether(&format!("Remove the profile {name}?"), false)? {
        bail!(Error::new(Kind::Declined, Reason::Declined, "You said no; nothing was changed."));
    }
    Ok(name)
}

fn left_out(argument: &str, whole: &str) -> Error {
    Error::usage(format!("{argument} is missing, and nobody can be asked for it."))
        .hint(format!("Give it: `tellonce {whole}`."))
}

/// Enter alone gives up.
fn answered(answer: String) -> Result<String> {
    if answer.is_empty() {
        bail!(Error::new(Kind::Declined, Reason::Declined, "Nothing was named; nothing was changed."));
    }
    Ok(answer)
}
