//! `profile add`: asks for what is missing, tries it, and writes the profile once its backend answers.

use anyhow::{Context as _, Result};
use clap::Args;
use toml_edit::{InlineTable, Value};

use crate::backends::{self, Ask};
use crate::commands::context::Context;
use crate::commands::missing;
use crate::config::{self, NewProfile};
use crate::domain::ports::Prompter;
use crate::domain::{Check, CheckState, Error, ExitCode, Kind, Reason};
use crate::terminal::TerminalPrompter;

/// Add a profile
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce profile add training --backend practice\n  tellonce profile add acme --backend keycloak --set url=https://id.example.com --set realm=customers --protect staff-admins\n  tellonce profile add --print > config.toml"
)]
pub(super) struct ProfileAddArgs {
    /// Its name; asked for if left out at a terminal
    name: Option<String>,
    /// Which backend: practice, keycloak, active-directory, openldap
    #[arg(long, value_name = "BACKEND")]
    backend: Option<String>,
    /// One of the backend's own keys; what is not given is asked for
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// A group whose members agents do not reset (or "none")
    #[arg(long = "protect", value_name = "GROUP")]
    protect: Vec<String>,
    /// Print a commented sample configuration instead
    #[arg(long, conflicts_with_all = ["name", "backend", "settings", "protect"])]
    print: bool,
}

/// The key whose value is a file: named here, it is one of the current folder; in the file, of the configuration's.
const FILE: &str = "ca_cert";
/// The checks of what the profile protects, as the backends call them.
const PROTECTION: [&str; 2] = ["protection", "protected"];
const PROTECT: Ask = Ask {
    key: "protected",
    question: "Groups whose members agents do not reset (commas between; or none)",
    without: None,
};

/// Adds one, or prints the sample.
pub(super) async fn run(context: &mut Context, args: ProfileAddArgs) -> Result<ExitCode> {
    if args.print {
        context.screen.text(config::sample());
        return Ok(ExitCode::DONE);
    }
    let mut prompter = context.prompter(false);
    let name = missing::new_profile(args.name, &mut prompter)?;
    let nothing = NewProfile { name: name.clone(), backend: String::new(), settings: Vec::new() };
    config::with(&context.folders, &nothing)?; // a name that cannot be is told before anything is asked
    let backend = backend(args.backend, &mut prompter)?;
    let mut questions = Questions::of(&backend, &args.settings, &args.protect)?;
    let (new, unprepared) = loop {
        questions.ask(&mut prompter)?;
        let new = NewProfile { name: name.clone(), backend: backend.clone(), settings: questions.settings() };
        match try_out(context, &new).await {
            Ok(unprepared) => break (new, unprepared),
            Err(failure) if questions.is_empty() || !prompter.can_ask() => return Err(failure),
            Err(failure) => {
                prompter.say(&failure.to_string());
                prompter.say("Nothing is written yet. Once more: Enter takes what is in brackets, - leaves out what may be left out, Ctrl-C gives up.");
            }
        }
    };
    config::add(&context.folders, &new)?;
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

fn backend(given: Option<String>, prompter: &mut TerminalPrompter) -> Result<String> {
    if let Some(given) = given {
        return Ok(given);
    }
    let names = backends::names();
    let chosen = prompter.choose_name("Which backend?", "BACKEND", &names, "--backend")?;
    names.get(chosen).map(|name| (*name).to_owned()).context("The list of backends has no such row.")
}

/// What is asked for, and the answers so far.
struct Questions {
    given: Vec<(String, Value)>,
    asked: Vec<(Ask, Option<String>)>,
}

impl Questions {
    /// What was not given. What may be left out is asked for only where something else has to be.
    fn of(backend: &str, given: &[String], protect: &[String]) -> Result<Self> {
        let (asks, must_protect) = backends::asks(backend)?;
        let mut settings = Vec::new();
        for pair in given {
            let (key, text) = pair
                .split_once('=')
                .ok_or_else(|| Error::usage(format!("--set {pair}: a key and its value have a = between them.")))?;
            let (key, text) = (key.trim(), in_this_folder(key.trim(), text));
            // `true`, `7`, `{ file = "secret" }` are what they look like; everything else is text.
            settings.push((key.to_owned(), text.parse().unwrap_or_else(|_| Value::from(text))));
        }
        if !protect.is_empty() {
            settings.push((PROTECT.key.to_owned(), protected(protect)));
        }
        let is_given = |ask: &Ask| settings.iter().any(|(key, _)| key == ask.key);
        let mut asked: Vec<Ask> = asks.iter().filter(|ask| !is_given(ask)).copied().collect();
        if must_protect && !is_given(&PROTECT) {
            asked.push(PROTECT);
        }
        if asked.iter().all(|ask| ask.without.is_some()) {
            asked.clear();
        }
        Ok(Self { given: settings, asked: asked.into_iter().map(|ask| (ask, None)).collect() })
    }

    fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    /// Asks each; what was answered before stands in brackets.
    fn ask(&mut self, prompter: &mut dyn Prompter) -> Result<()> {
        for (ask, before) in &mut self.asked {
            let usual = before.as_deref().or(ask.without);
            // Whoever has answered once has seen the example.
            let what = before.as_ref().and_then(|_| ask.question.split(" (").next()).unwrap_or(ask.question);
            let question = usual.map_or_else(|| what.to_owned(), |usual| format!("{what} [{usual}]"));
            let flag = if ask.key == PROTECT.key { "--protect".to_owned() } else { format!("--set {}=…", ask.key) };
            if ask.without.is_some() && !prompter.can_ask() {
                continue; // a script leaves out what may be left out
            }
            loop {
                let answer = prompter.line(&question, &flag)?;
                match answer.as_str() {
                    "" if usual.is_some() => {}
                    "-" if ask.without.is_some() => *before = None,
                    "" => {
                        prompter.say("This one is needed.");
                        continue;
                    }
                    _ => *before = Some(answer),
                }
                break;
            }
        }
        Ok(())
    }

    /// The new profile's keys: those given, and those answered.
    fn settings(&self) -> Vec<(String, Value)> {
        let answered = self.asked.iter().filter_map(|(ask, answer)| Some((ask.key, answer.as_ref()?)));
        let answered = answered.map(|(key, answer)| {
            let groups = || answer.split(',').map(|group| group.trim().to_owned()).collect::<Vec<_>>();
            let value =
                if key == PROTECT.key { protected(&groups()) } else { Value::from(in_this_folder(key, answer)) };
            (key.to_owned(), value)
        });
        self.given.iter().cloned().chain(answered).collect()
    }
}

fn protected(groups: &[String]) -> Value {
    if groups == ["none"] {
        return Value::from("none");
    }
    let mut table = InlineTable::new();
    table.insert("groups", Value::from(groups.iter().collect::<toml_edit::Array>()));
    Value::from(table)
}

/// A file of the current folder, by its whole path; everything else as it is.
fn in_this_folder(key: &str, text: &str) -> String {
    let whole = std::path::absolute(text).ok().filter(|path| key == FILE && path.is_file());
    whole.and_then(|path| path.to_str().map(str::to_owned)).unwrap_or_else(|| text.to_owned())
}

/// Reads it as any command will, and asks the backend for a sign of life; what is left for `setup` to mend, in words.
async fn try_out(context: &mut Context, new: &NewProfile) -> Result<Option<String>> {
    context.configuration = config::with(&context.folders, new)?;
    context.profile = context.configuration.profile(Some(&new.name))?;
    let checks = context.sign_in()?.checks().await;
    let (for_setup, faults): (Vec<Check>, Vec<Check>) =
        checks.into_iter().filter(|check| check.state == CheckState::Fault).partition(|check| check.for_setup);
    let unguarded = if faults.is_empty() { guards(context).await } else { None };
    match faults.into_iter().chain(unguarded).next() {
        None => Ok(for_setup.into_iter().next().map(|check| check.words)),
        Some(fault) => Err(Error::new(Kind::Usage, Reason::Configuration, fault.words)
            .hint(format!(
                "Nothing was written. Try again, or write the profile {} by hand: `tellonce profile add --print`.",
                new.name
            ))
            .into()),
    }
}

/// The fault of a protected group or role that is not there, where somebody is signed in already (a token in the
/// environment, the profile's own credential); none: it is there, or nobody can look before an agent signs in.
async fn guards(context: &Context) -> Option<Check> {
    let session = context.session_if_any().await.ok().flatten()?;
    let checks = session.backend().checks().await.ok()?;
    checks.into_iter().find(|check| PROTECTION.contains(&check.id.as_str()) && check.state == CheckState::Fault)
}
