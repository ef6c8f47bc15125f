//! `profile add`: asks for missing settings, tries them, and writes the profile once its backend answers.

use anyhow::{Context as _, Result};
use clap::Args;
use toml_edit::{InlineTable, Value};

use crate::backends::{self, Ask};
use crate::commands::ask_missing;
use crate::commands::context::Context;
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

/// The key whose value is a file. Here the path starts at the current folder; in the file, at the configuration folder.
const FILE_KEY: &str = "ca_cert";
/// The ids of the backends' checks of protected groups and roles.
const PROTECTION_CHECKS: [&str; 2] = ["protection", "protected"];
const PROTECT: Ask = Ask {
    key: "protected",
    question: "Groups whose members agents do not reset (commas between; or none)",
    without: None,
};

/// Adds a profile, or prints the sample configuration.
pub(super) async fn run(context: &mut Context, args: ProfileAddArgs) -> Result<ExitCode> {
    if args.print {
        context.screen.text(config::sample());
        return Ok(ExitCode::DONE);
    }
    let mut prompter = context.prompter(false);
    let name = ask_missing::new_profile(args.name, &mut prompter)?;
    let name_only = NewProfile { name: name.clone(), backend: String::new(), settings: Vec::new() };
    config::with(&context.folders, &name_only)?; // an invalid name is refused before anything is asked
    let backend = backend(args.backend, &mut prompter)?;
    let mut questions = Questions::of(&backend, &args.settings, &args.protect)?;
    let (new, unprepared) = loop {
        questions.ask(&mut prompter)?;
        let new = NewProfile { name: name.clone(), backend: backend.clone(), settings: questions.settings() };
        match try_out(context, &new).await {
            Ok(unprepared) => break (new, unprepared),
            Err(error) if questions.is_empty() || !prompter.can_ask() => return Err(error),
            Err(error) => {
                prompter.say(&error.to_string());
                prompter.say("Nothing is written yet. Once more: Enter takes what is in brackets, - leaves out what may be left out, Ctrl-C gives up.");
            }
        }
    };
    config::add(&context.folders, &new)?;
    let added = format!("Profile {name} is added, and its backend answers.");
    match unprepared {
        None => context.screen.notice(&format!("{added} Sign in: tellonce --profile {name} login")),
        Some(message) => {
            context.screen.notice(&format!("{added} Agents cannot sign in yet. {message}"));
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

/// The settings from the command line, the questions for the others, and the answers so far.
struct Questions {
    given: Vec<(String, Value)>,
    asked: Vec<(Ask, Option<String>)>,
}

impl Questions {
    /// Collects the questions for settings that were not given.
    ///
    /// Optional settings are asked for only if a required one is missing.
    fn of(backend: &str, given: &[String], protect: &[String]) -> Result<Self> {
        let (asks, must_protect) = backends::asks(backend)?;
        let mut settings = Vec::new();
        for pair in given {
            let (key, text) = pair
                .split_once('=')
                .ok_or_else(|| Error::usage(format!("--set {pair}: a key and its value have a = between them.")))?;
            let (key, text) = (key.trim(), in_this_folder(key.trim(), text));
            // A value that parses as TOML (`true`, `7`, `{ file = "secret" }`) is taken as such; any other is text.
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

    /// Asks each question, with the previous answer in brackets.
    fn ask(&mut self, prompter: &mut dyn Prompter) -> Result<()> {
        for (ask, previous) in &mut self.asked {
            let default = previous.as_deref().or(ask.without);
            // The example in parentheses is shown only the first time.
            let text = previous.as_ref().and_then(|_| ask.question.split(" (").next()).unwrap_or(ask.question);
            let question = default.map_or_else(|| text.to_owned(), |default| format!("{text} [{default}]"));
            let flag = if ask.key == PROTECT.key { "--protect".to_owned() } else { format!("--set {}=…", ask.key) };
            if ask.without.is_some() && !prompter.can_ask() {
                continue; // a script gets the default of an optional setting
            }
            loop {
                let answer = prompter.line(&question, &flag)?;
                match answer.as_str() {
                    "" if default.is_some() => {}
                    "-" if ask.without.is_some() => *previous = None,
                    "" => {
                        prompter.say("This one is needed.");
                        continue;
                    }
                    _ => *previous = Some(answer),
                }
                break;
            }
        }
        Ok(())
    }

    /// Returns the new profile's settings, from the command line and from the answers.
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

/// Makes the path of a file in the current folder absolute. Returns any other text unchanged.
fn in_this_folder(key: &str, text: &str) -> String {
    let absolute = std::path::absolute(text).ok().filter(|path| key == FILE_KEY && path.is_file());
    absolute.and_then(|path| path.to_str().map(str::to_owned)).unwrap_or_else(|| text.to_owned())
}

/// Reads the new profile as any command will, and checks that its backend answers.
///
/// Returns what `setup` still has to mend, if anything.
///
/// # Errors
/// Exit 2: a check found a fault that `setup` does not mend.
async fn try_out(context: &mut Context, new: &NewProfile) -> Result<Option<String>> {
    context.configuration = config::with(&context.folders, new)?;
    context.profile = context.configuration.profile(Some(&new.name))?;
    let checks = context.sign_in()?.checks().await;
    let (for_setup, faults): (Vec<Check>, Vec<Check>) =
        checks.into_iter().filter(|check| check.state == CheckState::Fault).partition(|check| check.for_setup);
    let unguarded = if faults.is_empty() { protection_fault(context).await } else { None };
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

/// Returns the fault of a protected group or role that does not exist.
///
/// Returns `None` if they all exist, or if there is no session yet. A token in the environment or the profile's own
/// credential gives one.
async fn protection_fault(context: &Context) -> Option<Check> {
    let session = context.session_if_any().await.ok().flatten()?;
    let checks = session.backend().checks().await.ok()?;
    checks.into_iter().find(|check| PROTECTION_CHECKS.contains(&check.id.as_str()) && check.state == CheckState::Fault)
}
