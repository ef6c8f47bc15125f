//! `setup`: prepares a backend once, as its administrator.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::login::first_line;
use crate::backends::{self, Wishes};
use crate::config::BUILT_IN;
use crate::domain::ports::{Interruptions, Preparation, Prompter};
use crate::domain::{Administrator, Changed, Error, ExitCode, Kind, OneTimeCode, Preparations, Reason, StepState};
use crate::platform::needed_line;
use crate::terminal::{Effect, PlanLine, TerminalPrompter, preparation_lines, steps_by_hand};

/// An administrator's one-time preparation of a backend
///
/// The administrator signs in for this command alone; nothing of it is kept. Nothing is changed before it is confirmed.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(
    long_about = None,
    after_help = "Examples:\n  tellonce --profile acme setup --administrator root --realm-of-administrator master\n  tellonce --profile acme setup --print     the same as steps for those who click\n  tellonce --profile acme setup --administrator root --password-stdin --password-history --yes <secret\n\nThe practice directory needs none, and says so."
)]
pub(super) struct SetupArgs {
    /// Who signs in: an administrator of the realm, or for a user pool the AWS profile
    #[arg(long, value_name = "NAME")]
    administrator: Option<String>,
    /// Read the administrator's password from the first line of standard input
    #[arg(long, requires = "administrator")]
    password_stdin: bool,
    /// Sign in with a one-time code as well: asked for, or with --password-stdin read from the second line
    #[arg(long, requires = "administrator")]
    one_time_code: bool,
    /// The realm that the administrator is a user of, if it is another one (master)
    #[arg(long, value_name = "REALM")]
    realm_of_administrator: Option<String>,
    /// The group that agents are put into, or for a user pool their IAM role
    #[arg(long, value_name = "GROUP", default_value = "support-agents")]
    agents: String,
    /// Also have the password policy refuse the password used last, for everybody
    #[arg(long)]
    password_history: bool,
    /// A value for an attribute of the user whom the self-test creates and removes, where the realm takes only certain ones; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    test_user_attribute: Vec<String>,
    /// Print the steps for doing it by hand; changes nothing, and without --administrator asks nobody
    #[arg(long, conflicts_with_all = ["yes", "dry_run"])]
    print: bool,
    /// Show what is there and what would be done; changes nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

#[derive(Serialize)]
struct SetupJson<'a> {
    schema: &'static str,
    backend: &'a str,
    profile: &'a str,
    about: &'a str,
    administrator: Option<&'a str>,
    steps: Vec<StepJson<'a>>,
    notes: &'a [String],
    next: &'a [String],
}

#[derive(Serialize)]
struct StepJson<'a> {
    id: &'a str,
    state: StepState,
    words: &'a str,
    by_hand: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a str>,
}

/// Shows the plan, asks for confirmation, and carries out the remaining steps.
pub(super) async fn run(context: &mut Context, args: SetupArgs) -> Result<ExitCode> {
    let wishes = Wishes { agents: args.agents.clone(), test_user: test_user(&args.test_user_attribute)? };
    let Some(mut preparation) = backends::prepare(&context.profile, &context.surroundings(), &wishes)? else {
        return nothing_to_prepare(context);
    };
    let has_token = std::env::var_os("TELLONCE_TOKEN").is_some_and(|token| !token.is_empty());
    if args.print && args.administrator.is_none() && !has_token {
        let plan = preparation.by_hand();
        return show_by_hand(context, &plan);
    }
    let mut prompter = context.prompter(args.yes);
    if preparation.carries_out() && !args.print && !args.dry_run && !args.yes && !prompter.can_ask() {
        let error = context.nobody_can_confirm("setup");
        let hint = error.hint.clone().unwrap_or_default();
        bail!(error.hint(format!("{hint} `--dry-run` shows what it would do.")));
    }
    let administrator = administrator(&args)?;
    preparation.sign_in(administrator, &mut prompter).await.context("signing in as the administrator")?;
    let result = prepare(context, &args, &mut *preparation, &mut prompter).await;
    if let Err(error) = preparation.sign_out().await {
        context.screen.warning(&format!("The administrator's session could not be ended: {}", error.message));
    }
    result
}

/// Returns the values given with `--test-user-attribute`, by attribute.
fn test_user(given: &[String]) -> Result<BTreeMap<String, Vec<String>>> {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for argument in given {
        let Some((name, value)) =
            argument.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty())
        else {
            let message = format!("--test-user-attribute takes NAME=VALUE, not \"{}\".", argument.escape_debug());
            bail!(Error::usage(message).hint("For example: `--test-user-attribute phone=+4930123456`"));
        };
        values.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    Ok(values)
}

/// Reads from the command line and standard input who signs in.
fn administrator(args: &SetupArgs) -> Result<Administrator> {
    let password = if args.password_stdin { Some(first_line()?) } else { None };
    let code = match (args.one_time_code, args.password_stdin) {
        (false, _) => OneTimeCode::IfRefused,
        (true, false) => OneTimeCode::AskedFor,
        (true, true) => OneTimeCode::Given(needed_line("one-time code on its second line")?),
    };
    Ok(Administrator { name: args.administrator.clone(), password, code, home: args.realm_of_administrator.clone() })
}

async fn prepare(
    context: &Context,
    args: &SetupArgs,
    preparation: &mut dyn Preparation,
    prompter: &mut TerminalPrompter,
) -> Result<ExitCode> {
    let mut plan = preparation.plan().await.context("looking at what is prepared already")?;
    if args.dry_run {
        return show(context, &plan, &preparation_lines(&plan));
    }
    if args.print || !preparation.carries_out() {
        return show_by_hand(context, &plan);
    }
    for line in preparation_lines(&plan) {
        if args.yes { context.screen.notice(&line) } else { prompter.say(&line) }
    }
    confirm(args, &mut plan, prompter)?;
    if !plan.is_done() {
        let carried_out = carry_out(context, &mut plan, preparation).await;
        context.signals.release();
        carried_out?;
        context.screen.note_effect(Effect::Changed);
    }
    let any = |state| plan.steps.iter().any(|step| step.state == state);
    let verdict = if any(StepState::Done) {
        "It is prepared."
    } else if any(StepState::LeftOut) {
        "Nothing was changed: what was left to be done, you left out."
    } else {
        "Nothing is left to be done."
    };
    let next = plan.next.iter().map(|next| format!("Next: {next}"));
    let left_out = plan.steps.iter().filter(|step| step.state == StepState::LeftOut);
    let left_out =
        left_out.filter_map(|step| step.apart.map(|apart| format!("Left out: {} ({})", step.words, apart.flag)));
    let lines: Vec<String> = std::iter::once(verdict.to_owned()).chain(left_out).chain(next).collect();
    show(context, &plan, &lines)
}

/// Asks about each step that needs its own answer, then about all the others together.
fn confirm(args: &SetupArgs, plan: &mut Preparations, prompter: &mut TerminalPrompter) -> Result<()> {
    for step in plan.steps.iter_mut().filter(|step| step.state == StepState::ToDo) {
        let Some(apart) = step.apart else { continue };
        let wanted = args.password_history || (!args.yes && prompter.ask_whether(apart.question, false)?);
        if !wanted {
            step.state = StepState::LeftOut;
        }
    }
    let left = plan.steps.iter().filter(|step| step.state == StepState::ToDo).count();
    let question = format!("Do what is to be done ({left} {})?", if left == 1 { "step" } else { "steps" });
    if left == 0 || args.yes || prompter.ask_whether(&question, false)? {
        return Ok(());
    }
    Err(Error::new(Kind::Declined, Reason::Declined, "You said no; nothing was changed.").into())
}

/// Carries out the steps one after the other. A signal takes effect after the current step.
async fn carry_out(context: &Context, plan: &mut Preparations, preparation: &mut dyn Preparation) -> Result<()> {
    context.signals.hold();
    let mut done: Vec<&'static str> = Vec::new();
    for step in plan.steps.iter_mut().filter(|step| step.state == StepState::ToDo) {
        if let Some(signal) = context.signals.caught() {
            let error = Error::new(Kind::Interrupted(signal), Reason::Interrupted, "setup was interrupted.");
            bail!(with_progress(error, &done));
        }
        let description = preparation.carry_out(step).await.map_err(|error| {
            let message = format!("{} It was at the step {}.", error.message, step.id);
            with_progress(Error { message, ..error }, &done)
        })?;
        context.screen.notice(&format!("Done: {description}."));
        step.state = StepState::Done;
        done.push(step.id);
    }
    Ok(())
}

/// Adds to an error which steps were done before it, and that a second run goes on from there.
fn with_progress(error: Error, done: &[&str]) -> Error {
    let (changed, steps_done) = if done.is_empty() {
        (error.changed, String::new())
    } else {
        (Changed::Yes, format!(" Done before: {}.", done.join(", ")))
    };
    let message = format!("{}{steps_done}", error.message);
    let command = "`tellonce setup`";
    let hint = match &error.hint {
        Some(hint) if hint.contains(command) => hint.clone(),
        Some(hint) => format!("{hint} Then run {command} again: it goes on from there."),
        None => format!("Run {command} again: it goes on from there."),
    };
    Error { changed, message, ..error }.hint(hint)
}

/// Shows what is there, and how the administrator does the rest.
fn show_by_hand(context: &Context, plan: &Preparations) -> Result<ExitCode> {
    if context.json() {
        return show(context, plan, &[]);
    }
    for line in steps_by_hand(plan) {
        match line {
            PlanLine::Words(words) => context.screen.line(&words),
            PlanLine::Document(document) => context.screen.text(&format!("{document}\n")),
        }
    }
    Ok(ExitCode::DONE)
}

/// Shows the result: lines for people, the plan itself for scripts.
fn show(context: &Context, plan: &Preparations, lines: &[String]) -> Result<ExitCode> {
    if !context.json() {
        for line in lines {
            context.screen.line(line);
        }
        return Ok(ExitCode::DONE);
    }
    Ok(context.screen.json(&SetupJson {
        schema: "tellonce.setup/v1",
        backend: &context.profile.backend,
        profile: &context.profile.name,
        about: &plan.about,
        administrator: plan.administrator.as_deref(),
        steps: plan
            .steps
            .iter()
            .map(|step| StepJson {
                id: step.id,
                state: step.state,
                words: &step.words,
                by_hand: &step.by_hand,
                document: step.document.as_deref(),
            })
            .collect(),
        notes: &plan.notes,
        next: &plan.next,
    })?)
}

/// Says that the practice directory needs no preparation. Refuses other backends, which are prepared by hand.
fn nothing_to_prepare(context: &Context) -> Result<ExitCode> {
    let (name, backend) = (&context.profile.name, &context.profile.backend);
    if backend != BUILT_IN {
        bail!(
            Error::usage(format!(
                "tellonce does not prepare {backend} by itself; nothing was done for profile {name}."
            ))
            .hint(format!("docs/backends/{backend}.md has the steps for its administrator; then `tellonce doctor`."))
        );
    }
    context.screen.line(&format!(
        "Profile {name} uses the practice directory, which needs no preparation: it keeps every promise as it is. `tellonce doctor` shows them."
    ));
    Ok(ExitCode::DONE)
}
