//! The command line: the root parser, and one file or folder for each verb.
//!
//! A verb has clap arguments, and a function that takes them, calls the domain and hands the result to the terminal.
//! Completions and man pages are made from the parser.

mod ask_missing;
mod audit;
mod bash_completion;
mod bulk;
mod case_args;
mod complete;
mod completions;
mod context;
mod decorators;
mod deferred;
mod doctor;
mod errors;
mod find;
mod ledger;
mod login;
mod logout;
mod man;
mod messages;
mod outbox;
mod parse;
mod pending;
mod practice;
mod profile;
mod report;
mod reset;
mod reveal_args;
mod setup;
mod show;
mod status;
mod unlisted;
mod unlock;
mod unseal;
mod verify;
mod view;
mod whoami;
mod withdraw;

pub use complete::answer_completions;
pub use completions::script as completion_script;
pub use decorators::Decorators;
pub use man::pages as man_pages;

use std::ffi::OsString;
use std::future::Future;
use std::io::IsTerminal;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

use crate::cli::{GlobalArgs, OutputFormat};
use crate::domain::{Error, ExitCode, Kind, Reason, SECRET_KEY_WORDS, is_secret_key};
use crate::terminal::{RevealTarget, Screen, ScreenOptions, term_can_paint};
use context::Context;
use deferred::Deferred;

/// Issue a customer a temporary password from the terminal: told once, stored nowhere.
///
/// With nothing set up, it works on the embedded practice directory.
#[derive(Debug, Parser)]
#[command(
    name = "tellonce",
    version = env!("TELLONCE_VERSION"),
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Example:\n  tellonce reset ada@example.com     issue Ada a temporary password\n  tellonce practice tour             see the whole story, with nothing set up"
)]
struct Cli {
    /// What every command takes.
    #[command(flatten)]
    global: GlobalArgs,
    /// The verb.
    #[command(subcommand)]
    command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
enum Command {
    /// Sign in as an agent
    Login(Deferred<login::LoginArgs>),
    /// End the agent's session
    #[command(after_help = "Example:\n  tellonce logout")]
    Logout,
    /// Who is signed in, where, and until when
    #[command(after_help = "Example:\n  tellonce whoami -o json")]
    Whoami,
    /// Customers that match a text
    Find(Deferred<find::FindArgs>),
    /// A customer's profile, roles and access
    Show(Deferred<show::ShowArgs>),
    /// Issue a temporary password: the main job
    Reset(Deferred<reset::ResetArgs>),
    /// Make a pending temporary password unusable now
    Withdraw(Deferred<withdraw::WithdrawArgs>),
    /// Every temporary password that is still pending
    Pending(Deferred<pending::PendingArgs>),
    /// Lift a lock-out after failed attempts, without a new password
    Unlock(Deferred<unlock::UnlockArgs>),
    /// Verify a caller: by a code sent to what is on file, or by a call to the number on file
    Verify(Deferred<verify::VerifyArgs>),
    /// What customers are still to be told
    Outbox(Deferred<outbox::OutboxArgs>),
    /// Where a customer stands
    Status(Deferred<status::StatusArgs>),
    /// Many resets, resumable at any moment
    Bulk(Deferred<bulk::BulkArgs>),
    /// Reveal one sealed password of a bulk run's output
    Unseal(Deferred<unseal::UnsealArgs>),
    /// Who did what to whom
    Audit(Deferred<audit::AuditArgs>),
    /// What was done, counted from the ledger
    Report(Deferred<report::ReportArgs>),
    /// The ledger's state, and how long records are kept
    Ledger(Deferred<ledger::LedgerArgs>),
    /// Backend configurations
    Profile(Deferred<profile::ProfileArgs>),
    /// An administrator's one-time preparation of a backend
    Setup(Deferred<setup::SetupArgs>),
    /// Is this set-up right, and does it keep every promise?
    #[command(after_help = "Example:\n  tellonce doctor     exits 11 if a check found a fault")]
    Doctor,
    /// The practice directory, seen as the customer
    Practice(Deferred<practice::PracticeArgs>),
    /// A shell's completion script, on standard output
    Completions(Deferred<completions::CompletionsArgs>),
    /// The man pages
    Man(Deferred<man::ManArgs>),
}

/// Parses the command line, runs the verb, and returns the exit code. Logs the weaknesses of the process with `-v`.
pub fn main(weaknesses: &[String], decorators: Decorators) -> ExitCode {
    if let Some(error) = secret_key_among(std::env::args_os(), std::env::var_os("TELLONCE_PROFILE")) {
        let options = if wants_json() { ScreenOptions::json() } else { ScreenOptions::plain() };
        return errors::report(&Screen::new(options), error.into());
    }
    let cli = match parse::parse(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(error) => return report_clap_error(&error),
    };
    let early = RevealTarget::open(reveal_way(&cli));
    let screen = Screen::new(ScreenOptions::of(&cli.global));
    crate::terminal::start_log(&cli.global);
    for weakness in weaknesses {
        tracing::warn!("{weakness}");
    }
    Context::new(cli.global.clone(), screen.clone(), decorators)
        .and_then(|mut context| run(&mut context, cli.command, early))
        .and_then(|code| match screen.failed_write() {
            Some(error) if code == ExitCode::DONE => Err(error.into()),
            _ => Ok(code),
        })
        .unwrap_or_else(|error| errors::report(&screen, error))
}

/// Returns the error of an age secret key on the command line or in the profile variable.
///
/// It runs before the parser, so that no error of clap quotes the key.
fn secret_key_among(arguments: impl Iterator<Item = OsString>, profile: Option<OsString>) -> Option<Error> {
    let arguments: Vec<String> = arguments.skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let error_about = |what: &str| {
        Error::usage(format!("{what} {SECRET_KEY_WORDS}."))
            .hint("A public key begins with age1; `age-keygen -y FILE` prints the one of a secret key. Your shell may have kept the line in its history.")
    };
    if profile.is_some_and(|profile| is_secret_key(&profile.to_string_lossy())) {
        return Some(error_about("The value of TELLONCE_PROFILE"));
    }
    let position = arguments.iter().position(|argument| is_secret_key(argument));
    // A shell may have split the key into several arguments.
    if position.is_none() && is_secret_key(&arguments.concat()) {
        return Some(error_about("What the arguments are together"));
    }
    let argument = &arguments[position?];
    let previous = position
        .and_then(|position| position.checked_sub(1))
        .map(|previous| arguments[previous].as_str())
        .unwrap_or_default();
    let flag = argument.split_once('=').map_or(previous, |(flag, _)| flag);
    let is_flag = flag.starts_with("--") && !flag.contains('=') && !is_secret_key(flag);
    Some(error_about(&if is_flag { format!("The value of {flag}") } else { "An argument".to_owned() }))
}

fn reveal_way(cli: &Cli) -> Option<&str> {
    match &cli.command {
        Command::Reset(reset) => Some(&reset.reveal.to),
        Command::Unseal(unseal) => Some(&unseal.reveal.to),
        Command::Bulk(bulk) => bulk.run.reveal.as_deref(),
        _ => None,
    }
}

fn run(context: &mut Context, command: Command, early: RevealTarget) -> Result<ExitCode> {
    match command {
        Command::Login(args) => wait_for(login::run(context, args.into_inner()))?,
        Command::Logout => wait_for(logout::run(context))?,
        Command::Whoami => wait_for(whoami::run(context))?,
        Command::Find(args) => wait_for(find::run(context, args.into_inner()))?,
        Command::Show(args) => wait_for(show::run(context, args.into_inner()))?,
        Command::Reset(args) => wait_for(reset::run(context, args.into_inner(), early))?,
        Command::Bulk(args) => wait_for(bulk::run(context, args.into_inner(), early))?,
        Command::Unseal(args) => wait_for(unseal::run(context, args.into_inner(), early))?,
        Command::Withdraw(args) => wait_for(withdraw::run(context, args.into_inner()))?,
        Command::Pending(args) => wait_for(pending::run(context, args.into_inner()))?,
        Command::Unlock(args) => wait_for(unlock::run(context, args.into_inner()))?,
        Command::Verify(args) => wait_for(verify::run(context, args.into_inner()))?,
        Command::Outbox(args) => wait_for(outbox::run(context, args.into_inner()))?,
        Command::Status(args) => wait_for(status::run(context, args.into_inner()))?,
        Command::Audit(args) => wait_for(audit::run(context, args.into_inner()))?,
        Command::Report(args) => wait_for(report::run(context, args.into_inner()))?,
        Command::Ledger(args) => wait_for(ledger::run(context, args.into_inner()))?,
        Command::Profile(args) => wait_for(profile::run(context, args.into_inner()))?,
        Command::Setup(args) => wait_for(setup::run(context, args.into_inner()))?,
        Command::Doctor => wait_for(doctor::run(context))?,
        Command::Practice(args) => wait_for(practice::run(context, args.into_inner()))?,
        Command::Completions(args) => completions::run(context, &args),
        Command::Man(args) => man::run(context, &args),
    }
}

/// Runs a verb that needs a backend. The other verbs never start the runtime.
fn wait_for<T>(work: impl Future<Output = T>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .thread_name("worker") // tokio's default name is as long as Linux allows, and traces show it as cut off
        .enable_all()
        .build()
        .map(|runtime| {
            let output = runtime.block_on(work);
            runtime.shutdown_background(); // a name that is still being resolved must not hold up the end
            output
        })
        .context("The runtime could not be started.")
}

/// Prints a usage error as clap words it, or with `-o json` as the error object. Help and version are no errors.
fn report_clap_error(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return print_help(error);
    }
    if wants_json() {
        let rendered = error.render().to_string();
        let message = rendered.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let usage_error =
            Error::new(Kind::Usage, Reason::Usage, message).hint("`tellonce --help` lists what there is.");
        return errors::report(&Screen::new(ScreenOptions::json()), usage_error.into());
    }
    // Standard error may be closed; the exit code still reports the error.
    if term_can_paint() {
        let _ = error.print();
    } else {
        let _ = crate::output::write_all(std::io::stderr(), error.render().to_string().as_bytes());
    }
    ExitCode::USAGE
}

/// Prints help or version: as clap does at a terminal, else without styles.
fn print_help(help: &clap::Error) -> ExitCode {
    if std::io::stdout().is_terminal() && term_can_paint() && help.print().is_ok() {
        return ExitCode::DONE;
    }
    let screen = Screen::new(ScreenOptions::plain());
    screen.text(&help.render().to_string());
    screen.failed_write().map_or(ExitCode::DONE, |error| errors::report(&screen, error.into()))
}

/// Tells whether a command line that could not be parsed asks for JSON.
fn wants_json() -> bool {
    let arguments: Vec<String> = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    arguments.iter().any(|argument| argument == "-ojson" || argument == "-o=json" || argument == "--output=json")
        || arguments.windows(2).any(|pair| (pair[0] == "-o" || pair[0] == "--output") && pair[1] == "json")
}

impl Context {
    fn json(&self) -> bool {
        self.global.output == OutputFormat::Json
    }
}
