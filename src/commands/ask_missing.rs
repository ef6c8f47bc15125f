//! Asks for arguments that were left out, or names them in an error if nobody can be asked.

use anyhow::{Result, bail};

use super::context::Context;
use crate::domain::ports::Prompter;
use crate::domain::{Error, Kind, Reason};

/// Returns the customer text of the command line, else asks the agent for it. The caller searches for it.
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

/// Returns the name of the new profile from the command line, else asks for it.
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

/// What the chosen profile is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProfileChoice {
    /// The profile becomes the default.
    Default,
    /// The profile is removed. A built-in profile cannot be chosen.
    Removed,
}

/// Asks the agent to choose a profile from a list. Returns its name.
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

fn left_out(argument: &str, usage: &str) -> Error {
    Error::usage(format!("{argument} is missing, and nobody can be asked for it."))
        .hint(format!("Give it: `tellonce {usage}`."))
}

/// Rejects an empty answer, which means that the agent gives up.
fn answered(answer: String) -> Result<String> {
    if answer.is_empty() {
        bail!(Error::new(Kind::Declined, Reason::Declined, "Nothing was named; nothing was changed."));
    }
    Ok(answer)
}
