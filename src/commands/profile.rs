//! `profile`: backend configurations.

use serde::Serialize;
use toml_edit::{InlineTable, Value};

use super::context::Context;
use crate::backends;
use crate::cli::{ProfileAddArgs, ProfileArgs, ProfileCommand};
use crate::config::{self, NewProfile, Profile};
use crate::domain::ports::Prompter;
use crate::domain::{Answer, Check, CheckState, ExitCode, Failure, Kind, Reason};

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
    max_resets_per_customer_24h: Option<u32>,
    temporary_password_lasts_seconds: u64,
}

/// Adds, lists, shows, chooses or removes.
pub(super) async fn run(context: &mut Context, args: ProfileArgs) -> Answer<ExitCode> {
    match args.command {
        ProfileCommand::Add(args) => add(context, args).await,
        ProfileCommand::List => list(context),
        ProfileCommand::Show { name } => show(context, name.as_deref()),
        ProfileCommand::Use { name } => {
            config::set_default(&context.folders, &name)?;
            context.screen.notice(&format!("{name} is the default profile now."));
            Ok(ExitCode::DONE)
        }
        ProfileCommand::Remove { name } => {
            config::remove(&context.folders, &name)?;
            context.screen.notice(&format!("Profile {name} is removed. Its session, if any, is forgotten."));
            crate::agent::SessionStore::new(&context.folders, &name, Box::new(|_| {})).forget();
            Ok(ExitCode::DONE)
        }
    }
}

/// Asks for what is missing, writes the profile, and tries it.
async fn add(context: &mut Context, args: ProfileAddArgs) -> Answer<ExitCode> {
    let Some(name) = args.name else {
        context.screen.text(config::sample());
        return Ok(ExitCode::DONE);
    };
    let mut prompter = context.prompter(false);
    let backend = match args.backend {
        Some(backend) => backend,
        None => prompter.line(&format!("Backend ({})", backends::names().join(", ")), "--backend")?,
    };
    let settings = settings(&backend, &args.settings, &args.protect, &mut prompter)?;
    config::add(&context.folders, &NewProfile { name: name.clone(), backend, settings })?;
    let unprepared = match try_out(context, &name).await {
        Ok(unprepared) => unprepared,
        Err(failure) => {
            config::remove(&context.folders, &name)?;
            return Err(failure);
        }
    };
    let added = format!("Profile {name} is added, and its backend answers.");
    match unprepared {
        None => context.screen.notice(&format!("{added} Sign in: tellonce --profile {name} login")),
        Some(words) => {
            context.screen.notice(&format!("{added} Agents cannot sign in yet. {words}"));
            context.screen.notice(&format!("Its administrator prepares it: tellonce --profile {name} setup"));
        }
    }
    Ok(ExitCode::DONE)
}

/// The new profile's keys: those given, and those that are asked for.
fn settings(
    backend: &str,
    given: &[String],
    protect: &[String],
    prompter: &mut dyn Prompter,
) -> Answer<Vec<(String, Value)>> {
    let (asks, must_protect) = backends::asks(backend)?;
    let mut settings = Vec::new();
    for pair in given {
        let (key, text) = pair
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--set {pair}: a key and its value have a = between them.")))?;
        // `true`, `7`, `{ file = "secret" }` are what they look like; everything else is text.
        settings.push((key.trim().to_owned(), text.parse().unwrap_or_else(|_| Value::from(text))));
    }
    for ask in asks {
        if !settings.iter().any(|(key, _)| key == ask.key) {
            let answer = prompter.line(ask.question, &format!("--set {}=…", ask.key))?;
            settings.push((ask.key.to_owned(), Value::from(answer)));
        }
    }
    let mut protect = protect.to_vec();
    if protect.is_empty() && must_protect && !settings.iter().any(|(key, _)| key == "protected") {
        let answer =
            prompter.line("Groups whose members agents do not reset (commas between; or none)", "--protect")?;
        protect = answer.split(',').map(|group| group.trim().to_owned()).collect();
    }
    match protect.as_slice() {
        [] => {}
        [none] if none == "none" => settings.push(("protected".to_owned(), Value::from("none"))),
        groups => {
            let mut table = InlineTable::new();
            table.insert("groups", Value::from(groups.iter().collect::<toml_edit::Array>()));
            settings.push(("protected".to_owned(), Value::from(table)));
        }
    }
    Ok(settings)
}

/// Reads it as any command will, and asks the backend for a sign of life; what is left for `setup` to mend, in words.
async fn try_out(context: &mut Context, name: &str) -> Answer<Option<String>> {
    context.configuration = config::Configuration::load(&context.folders)?;
    context.profile = context.configuration.profile(Some(name))?;
    let checks = context.sign_in()?.checks().await;
    let (for_setup, faults): (Vec<Check>, Vec<Check>) =
        checks.into_iter().filter(|check| check.state == CheckState::Fault).partition(|check| check.for_setup);
    match faults.into_iter().next() {
        None => Ok(for_setup.into_iter().next().map(|check| check.words)),
        Some(fault) => Err(Failure::new(Kind::Usage, Reason::Configuration, fault.words).hint(format!(
            "Nothing was written. Try again, or write the profile {name} by hand: `tellonce profile add --print`."
        ))),
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

fn list(context: &Context) -> Answer<ExitCode> {
    let names = context.configuration.profile_names();
    let profiles = names.iter().map(|name| context.configuration.profile(Some(name))).collect::<Answer<Vec<_>>>()?;
    if context.json() {
        let profiles = profiles.iter().map(|profile| json_of(context, profile)).collect();
        return context.screen.json(&ListJson { schema: "tellonce.profile-list/v1", profiles });
    }
    let mark = |profile: &Profile| {
        if context.configuration.is_default(&profile.name) { "default".to_owned() } else { String::new() }
    };
    let rows = profiles.iter().map(|profile| vec![profile.name.clone(), profile.backend.clone(), mark(profile)]);
    context.screen.table(&["PROFILE", "BACKEND", ""], rows.collect());
    Ok(ExitCode::DONE)
}

fn show(context: &Context, name: Option<&str>) -> Answer<ExitCode> {
    let profile = match name {
        Some(name) => context.configuration.profile(Some(name))?,
        None => context.profile.clone(),
    };
    let guards = &profile.guards;
    let protected = backends::protected(&profile)?;
    let require: Vec<&'static str> = guards.require.iter().map(|requirement| requirement.flag()).collect();
    if context.json() {
        return context.screen.json(&ShowJson {
            schema: "tellonce.profile-show/v1",
            profile: json_of(context, &profile),
            protected_groups: &protected.groups,
            protected_roles: &protected.roles,
            require,
            max_resets_per_customer_24h: guards.max_resets_per_customer_24h,
            temporary_password_lasts_seconds: guards.temporary_password_lasts.as_secs(),
        });
    }
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let hours = jiff::SignedDuration::try_from(guards.temporary_password_lasts)
        .map_err(|error| Failure::bug("The duration is out of range.").because(error))?;
    context.screen.fields(&[
        ("Profile".to_owned(), profile.name.clone()),
        ("Backend".to_owned(), profile.backend.clone()),
        ("Protected groups".to_owned(), or_none(protected.groups.join(", "))),
        ("Protected roles".to_owned(), or_none(protected.roles.join(", "))),
        ("Required".to_owned(), or_none(require.join(", "))),
        (
            "Resets in 24 h".to_owned(),
            guards
                .max_resets_per_customer_24h
                .map_or_else(|| "no limit".to_owned(), |most| format!("at most {most} of one customer")),
        ),
        ("Passwords last".to_owned(), format!("{hours:#}")),
    ]);
    Ok(ExitCode::DONE)
}
