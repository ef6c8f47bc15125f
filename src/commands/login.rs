//! `login`: signs an agent in.

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use super::context::Context;
use super::view;
use crate::auth::Choice;
use crate::domain::ports::Prompter;
use crate::domain::{Customer, Decision, Error, ExitCode, Plan, SignInMethod};
use crate::platform::needed_line;

/// Sign in as an agent
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce login                                     asks for name and password\n  echo practice | tellonce login --agent sam --password-stdin --store file"
)]
pub(super) struct LoginArgs {
    /// The agent's name
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
    /// Where to keep the session
    #[arg(long, value_enum, default_value_t = StoreChoice::Keyring)]
    store: StoreChoice,
    /// Which way to sign in, where the backend has several
    #[command(flatten)]
    way: SignInWay,
}

/// Which way to sign in.
#[derive(Clone, Copy, Debug, Args)]
#[group(multiple = false)]
#[allow(clippy::struct_excessive_bools, reason = "a group of flags of which clap lets one be set")]
struct SignInWay {
    /// In a browser on this machine
    #[arg(long)]
    web: bool,
    /// By a code entered in a browser, on any device
    #[arg(long)]
    device: bool,
    /// With a script's own credentials
    #[arg(long)]
    client_credentials: bool,
}

/// Where a session is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StoreChoice {
    /// The platform's keyring.
    Keyring,
    /// A file that only you can read.
    File,
}

/// Signs in and stores the session.
pub(super) async fn run(context: &mut Context, args: LoginArgs) -> Result<ExitCode> {
    let method = sign_in_method(&args, context)?;
    if args.password_stdin && method == SignInMethod::ExternalCredentials {
        let words =
            format!("The {} backend takes no password: agents have credentials of its own.", context.profile.backend);
        bail!(Error::usage(words).hint("Leave out --password-stdin; `tellonce login --help` says more."));
    }
    if matches!(method, SignInMethod::Device | SignInMethod::Web) && !context.screen.reaches_somebody() {
        bail!(Error::missing_answer(
            "The address to sign in at could not be shown: with -o json it goes to the terminal, and there is none.",
            "Leave out -o json, or sign in as a script: `--client-credentials`.",
        ));
    }
    if args.password_stdin && method == SignInMethod::ExternalCredentials {
        let message =
            format!("The {} backend takes no password: another program keeps the session.", context.profile.backend);
        bail!(Error::usage(message).hint("Leave out `--password-stdin`."));
    }
    let mut prompter = context.prompter(false);
    let (session, stored) = if args.password_stdin {
        let mut given = GivenPassword { inner: &mut prompter, password: Some(first_line()?) };
        context.sign_in()?.sign_in(method, args.agent.as_deref(), &mut given).await?
    } else {
        context.sign_in_asking(method, args.agent.as_deref(), &mut prompter).await?
    };
    let choice = match args.store {
        StoreChoice::Keyring => Choice::Keyring,
        StoreChoice::File => Choice::File,
    };
    let Some(stored) = stored else { return view::whoami(context, &session, None).await };
    let kept = match context.store().save(&stored, choice) {
        Ok(kept) => kept,
        Err(error) => {
            session.sign_out().await?; // a session that is not stored must not stay open at the backend
            bail!(error);
        }
    };
    view::whoami(context, &session, Some(&kept)).await
}

fn sign_in_method(args: &LoginArgs, context: &Context) -> Result<SignInMethod> {
    let sign_in = context.sign_in()?;
    let methods = sign_in.methods();
    let requested = match (args.way.web, args.way.device, args.way.client_credentials) {
        (true, ..) => Some((SignInMethod::Web, "--web")),
        (_, true, _) => Some((SignInMethod::Device, "--device")),
        (.., true) => Some((SignInMethod::ClientCredentials, "--client-credentials")),
        _ => None,
    };
    let Some((method, flag)) = requested else {
        return methods.first().copied().context("The backend has no way to sign in.");
    };
    if methods.contains(&method) {
        return Ok(method);
    }
    Err(Error::usage(format!("The {} backend has no sign-in by {flag}.", context.profile.backend))
        .hint("Leave the flag out: `tellonce login` takes the profile's own way.")
        .into())
}

/// Reads the first line of standard input, which must hold a password.
pub(super) fn first_line() -> Result<Zeroizing<String>> {
    Ok(needed_line("password on its first line")?)
}

/// A prompter that answers the question for the password itself, and passes the others on.
struct GivenPassword<'a> {
    inner: &'a mut dyn Prompter,
    password: Option<Zeroizing<String>>,
}

impl Prompter for GivenPassword<'_> {
    fn can_ask(&self) -> bool {
        false
    }

    fn choose(&mut self, question: &str, customers: &[Customer]) -> Result<usize, Error> {
        self.inner.choose(question, customers)
    }

    fn confirm(&mut self, plan: &Plan) -> Result<Decision, Error> {
        self.inner.confirm(plan)
    }

    fn line(&mut self, question: &str, flag: &str) -> Result<String, Error> {
        self.inner.line(question, flag)
    }

    fn secret(&mut self, question: &str, flag: &str) -> Result<Zeroizing<String>, Error> {
        match self.password.take() {
            Some(password) => Ok(password),
            None => self.inner.secret(question, flag),
        }
    }

    fn yes(&mut self, question: &str, default: bool) -> Result<bool, Error> {
        self.inner.yes(question, default)
    }

    fn say(&mut self, words: &str) {
        self.inner.say(words);
    }
}
