//! `profile`: adds, lists, shows, chooses and removes backend configurations.

mod add;
mod customers;

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::ask_missing::{self, ProfileChoice};
use super::context::Context;
use super::messages::notify_by;
use crate::backends;
use crate::config::{self, Profile};
use crate::domain::{Channel, ExitCode, Language, Pattern};

/// Backend configurations
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce profile list")]
pub(super) struct ProfileArgs {
    /// The verb.
    #[command(subcommand)]
    command: ProfileCommand,
}

/// The profiles' verbs.
#[derive(Debug, Subcommand)]
enum ProfileCommand {
    /// Add one: asks for what is needed and tries it
    Add(add::ProfileAddArgs),
    /// All of them
    #[command(after_help = "Example:\n  tellonce profile list")]
    List,
    /// One of them
    #[command(after_help = "Example:\n  tellonce profile show practice")]
    Show {
        /// The profile
        name: Option<String>,
    },
    /// Make one the default
    #[command(after_help = "Example:\n  tellonce profile use training")]
    Use {
        /// The profile; asked for if left out at a terminal
        name: Option<String>,
    },
    /// Remove one
    #[command(after_help = "Example:\n  tellonce profile remove training")]
    Remove {
        /// The profile; asked for if left out at a terminal
        name: Option<String>,
    },
}

#[derive(Serialize)]
struct ProfileJson<'a> {
    name: &'a str,
    backend: &'a str,
    default: bool,
    built_in: bool,
}

#[derive(Serialize)]
struct ListJson<'a> {
    schema: &'static str,
    profiles: Vec<ProfileJson<'a>>,
}

#[derive(Serialize)]
struct ShowJson<'a> {
    schema: &'static str,
    #[serde(flatten)]
    profile: ProfileJson<'a>,
    protected_groups: &'a [String],
    protected_roles: &'a [String],
    require: Vec<&'static str>,
    ticket_pattern: Option<&'a str>,
    max_resets_per_customer_24h: Option<u32>,
    max_resets_per_agent_1h: Option<u32>,
    prove: bool,
    temporary_password_lasts_seconds: u64,
    language: &'a str,
    templates: Option<&'a Path>,
    verification: customers::VerificationJson<'a>,
    senders: customers::SendersJson,
    notified_by: Vec<Channel>,
}

/// Adds, lists, shows, chooses or removes.
pub(super) async fn run(context: &mut Context, args: ProfileArgs) -> Result<ExitCode> {
    match args.command {
        ProfileCommand::Add(args) => add::run(context, args).await,
        ProfileCommand::List => list(context),
        ProfileCommand::Show { name } => show(context, name.as_deref()),
        ProfileCommand::Use { name } => {
            let name = name.map_or_else(|| ask_missing::profile(context, ProfileChoice::Default), Ok)?;
            config::set_default(&context.folders, &name)?;
            context.screen.notice(&format!("{name} is the default profile now."));
            Ok(ExitCode::DONE)
        }
        ProfileCommand::Remove { name } => {
            let name = name.map_or_else(|| ask_missing::profile(context, ProfileChoice::Removed), Ok)?;
            config::remove(&context.folders, &name)?;
            context.screen.notice(&format!("Profile {name} is removed. Its session, if any, is forgotten."));
            crate::auth::SessionStore::new(&context.folders, &name, Box::new(|_| {})).forget();
            Ok(ExitCode::DONE)
        }
    }
}

fn json_of<'a>(context: &Context, profile: &'a Profile) -> ProfileJson<'a> {
    ProfileJson {
        name: &profile.name,
        backend: &profile.backend,
        default: context.configuration.is_default(&profile.name),
        built_in: profile.built_in,
    }
}

fn list(context: &Context) -> Result<ExitCode> {
    let names = context.configuration.profile_names();
    let load = |name: &String| {
        context.configuration.profile(Some(name)).with_context(|| format!("reading the profile {name}"))
    };
    let profiles = names.iter().map(load).collect::<Result<Vec<_>>>()?;
    if context.json() {
        let profiles = profiles.iter().map(|profile| json_of(context, profile)).collect();
        return Ok(context.screen.json(&ListJson { schema: "tellonce.profile-list/v1", profiles })?);
    }
    let default_mark = |profile: &Profile| {
        if context.configuration.is_default(&profile.name) { "default".to_owned() } else { String::new() }
    };
    let rows =
        profiles.iter().map(|profile| vec![profile.name.clone(), profile.backend.clone(), default_mark(profile)]);
    context.screen.table(&["PROFILE", "BACKEND", ""], rows.collect());
    Ok(ExitCode::DONE)
}

fn show(context: &Context, name: Option<&str>) -> Result<ExitCode> {
    let profile = match name {
        Some(name) => context.configuration.profile(Some(name))?,
        None => context.profile.clone(),
    };
    let guards = &profile.guards;
    let protected = backends::protected(&profile)?;
    let require: Vec<&'static str> = guards.require.iter().map(|requirement| requirement.flag()).collect();
    let language = profile.texts.language.clone().unwrap_or_else(Language::english);
    if context.json() {
        return Ok(context.screen.json(&ShowJson {
            schema: "tellonce.profile-show/v1",
            profile: json_of(context, &profile),
            protected_groups: &protected.groups,
            protected_roles: &protected.roles,
            require,
            ticket_pattern: guards.ticket_pattern.as_ref().map(Pattern::as_str),
            max_resets_per_customer_24h: guards.max_resets_per_customer_24h,
            max_resets_per_agent_1h: guards.max_resets_per_agent_1h,
            prove: guards.prove,
            temporary_password_lasts_seconds: guards.temporary_password_lasts.as_secs(),
            language: language.as_str(),
            templates: profile.texts.templates.as_deref(),
            verification: customers::verification_json(&profile),
            senders: customers::senders_json(&profile)?,
            notified_by: notify_by(&profile)?,
        })?);
    }
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let lasts =
        jiff::SignedDuration::try_from(guards.temporary_password_lasts).context("The duration is out of range.")?;
    let mut fields = vec![
        ("Profile".to_owned(), profile.name.clone()),
        ("Backend".to_owned(), profile.backend.clone()),
        ("Protected groups".to_owned(), or_none(protected.groups.join(", "))),
        ("Protected roles".to_owned(), or_none(protected.roles.join(", "))),
        ("Required".to_owned(), or_none(require.join(", "))),
        (
            "Tickets".to_owned(),
            guards
                .ticket_pattern
                .as_ref()
                .map_or_else(|| "any text".to_owned(), |pattern| format!("match {}", pattern.as_str())),
        ),
        (
            "Resets in 24 h".to_owned(),
            guards
                .max_resets_per_customer_24h
                .map_or_else(|| "no limit".to_owned(), |limit| format!("at most {limit} of one customer")),
        ),
        ("Passwords last".to_owned(), format!("{lasts:#}")),
        ("Proof".to_owned(), if guards.prove { "by a sign-in" } else { "none (prove = false)" }.to_owned()),
        ("Language".to_owned(), language.to_string()),
        (
            "Texts".to_owned(),
            profile
                .texts
                .templates
                .as_ref()
                .map_or_else(|| "built in".to_owned(), |folder| folder.display().to_string()),
        ),
    ];
    fields.extend(customers::fields(&profile)?);
    context.screen.fields(&fields);
    Ok(ExitCode::DONE)
}
