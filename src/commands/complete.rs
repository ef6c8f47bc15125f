//! What a shell is told may come next: verbs and flags, and, as far as this machine knows them, profiles and customers.

use std::ffi::OsStr;

use anyhow::Result;
use clap::{Command, CommandFactory};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::context::Context;
use super::{Cli, Decorators, wait_for};
use crate::cli::{ColorChoice, GlobalArgs, OutputFormat};
use crate::config::{Configuration, Folders};
use crate::domain::{Customer, is_secret_key};
use crate::output::sanitize;
use crate::terminal::{Screen, ScreenOptions};

/// Customers offered at most: more would not fit a screen.
const OFFERED: usize = 30;
/// The verbs that take a customer.
const OF_CUSTOMERS: [&str; 4] = ["reset", "show", "status", "withdraw"];

/// Answers a shell that asks, and ends the process; else does nothing.
pub fn answer_completions() {
    CompleteEnv::with_factory(with_completers).complete();
}

fn with_completers() -> Command {
    let profiles = |argument: clap::Arg| argument.add(ArgValueCompleter::new(complete_profiles));
    OF_CUSTOMERS.into_iter().fold(Cli::command().mut_arg("profile", profiles), |command, verb| {
        command.mut_subcommand(verb, |verb| {
            verb.mut_arg("customer", |argument| argument.add(ArgValueCompleter::new(complete_customers)))
        })
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

/// Asks the backend, if an agent is signed in; a shell's line must not be disturbed, so failures are silent.
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
        return Ok(Vec::new()); // everybody is no help, and no server is asked for a key
    }
    Ok(session.directory().find(typed, OFFERED).await?.customers)
}

/// The first of id, username and e-mail that continues what was typed, with the name as help.
fn candidate(customer: &Customer, typed: &str) -> Option<CompletionCandidate> {
    let small = typed.to_lowercase();
    [Some(customer.id.as_str()), customer.username.as_deref(), customer.email.as_deref()]
        .into_iter()
        .flatten()
        .find(|text| text.to_lowercase().starts_with(&small) && text.chars().all(|character| !character.is_control()))
        .map(|text| CompletionCandidate::new(text).help(Some(sanitize(&customer.name).into_owned().into())))
}
