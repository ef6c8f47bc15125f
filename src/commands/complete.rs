//! Shell completion of verbs, flags, profiles and customers.

use std::ffi::OsStr;

use anyhow::Result;
use clap::{Args, Command, CommandFactory};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};

use super::bash_completion::QuotingBash;
use super::context::Context;
use super::reset::ResetArgs;
use super::show::ShowArgs;
use super::status::StatusArgs;
use super::unlock::UnlockArgs;
use super::withdraw::WithdrawArgs;
use super::{Cli, Decorators, wait_for};
use crate::cli::{ColorChoice, GlobalArgs, OutputFormat};
use crate::config::{Configuration, Folders};
use crate::domain::{Customer, is_secret_key};
use crate::output::sanitize;
use crate::terminal::{Screen, ScreenOptions};

/// The most customers that are offered: more would not fit a screen.
const MAX_SUGGESTIONS: usize = 30;

/// Answers a shell's completion request and ends the process. Does nothing if there is no such request.
pub fn answer_completions() {
    let shells: [&dyn EnvCompleter; 5] = [&QuotingBash, &Elvish, &Fish, &Powershell, &Zsh];
    CompleteEnv::with_factory(with_completers).shells(Shells(&shells)).complete();
}

fn with_completers() -> Command {
    let profiles = |argument: clap::Arg| argument.add(ArgValueCompleter::new(complete_profiles));
    Cli::command()
        .mut_arg("profile", profiles)
        .mut_subcommand("reset", with_customers::<ResetArgs>)
        .mut_subcommand("show", with_customers::<ShowArgs>)
        .mut_subcommand("status", with_customers::<StatusArgs>)
        .mut_subcommand("unlock", with_customers::<UnlockArgs>)
        .mut_subcommand("withdraw", with_customers::<WithdrawArgs>)
}

/// Has the customer completed. It takes the place of what else would define the arguments of the verb.
fn with_customers<T: Args>(verb: Command) -> Command {
    verb.defer(|verb| {
        T::augment_args(verb).mut_arg("customer", |argument| argument.add(ArgValueCompleter::new(complete_customers)))
    })
}

fn complete_profiles(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    let names = folders()
        .and_then(|folders| Ok(Configuration::load(&folders)?))
        .map(|known| known.profile_names())
        .unwrap_or_default();
    names.into_iter().filter(|name| name.starts_with(typed)).map(CompletionCandidate::new).collect()
}

fn complete_customers(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    let customers = wait_for(find(typed)).and_then(|found| found).unwrap_or_default();
    customers.into_iter().filter_map(|customer| candidate(&customer, typed)).collect()
}

fn folders() -> Result<Folders> {
    Ok(Folders::find(&|name| std::env::var_os(name))?)
}

/// Searches the backend, if an agent is signed in. It prints nothing, so as not to disturb the shell's input line.
async fn find(typed: &str) -> Result<Vec<Customer>> {
    let global = GlobalArgs {
        profile: std::env::var("TELLONCE_PROFILE").ok(),
        output: OutputFormat::Table,
        color: ColorChoice::Never,
        quiet: true,
        verbose: 0,
        no_input: true,
        timeout: None,
    };
    let context = Context::new(global.clone(), Screen::new(ScreenOptions::of(&global)), Decorators::default())?;
    let Some(session) = context.session_if_any().await? else { return Ok(Vec::new()) };
    if typed.is_empty() || is_secret_key(typed) {
        return Ok(Vec::new()); // a list of everybody is no help, and a secret key must not reach a server
    }
    Ok(session.directory().find(typed, MAX_SUGGESTIONS).await?.customers)
}

/// Offers the first of id, username and e-mail that continues the typed text, with the name as help.
fn candidate(customer: &Customer, typed: &str) -> Option<CompletionCandidate> {
    let lowercase = typed.to_lowercase();
    [Some(customer.id.as_str()), customer.username.as_deref(), customer.email.as_deref()]
        .into_iter()
        .flatten()
        .find(|text| {
            text.to_lowercase().starts_with(&lowercase) && text.chars().all(|character| !character.is_control())
        })
        .map(|text| CompletionCandidate::new(text).help(Some(sanitize(&customer.name).into_owned().into())))
}
