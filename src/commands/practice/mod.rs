//! `practice`: shows the practice directory as the customer sees it.

#[cfg(feature = "practice-app")]
mod app;
mod customers;
mod forgot_password;
mod outbox;
mod sign_in;
mod start_over;
mod tour;

use std::sync::Arc;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::context::Context;
use crate::backends::practice::Practice;
use crate::domain::{Error, ExitCode};
use crate::platform::SystemClock;

/// The practice directory, seen as the customer
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce practice tour     the whole story, with nothing set up")]
pub(super) struct PracticeArgs {
    /// The verb.
    #[command(subcommand)]
    command: PracticeCommand,
}

/// The practice directory's verbs.
#[derive(Debug, Subcommand)]
enum PracticeCommand {
    /// The customer's app, in a browser on this machine
    #[cfg(feature = "practice-app")]
    App(app::AppArgs),
    /// The sample customers
    #[command(after_help = "Example:\n  tellonce practice customers --limit 10")]
    Customers {
        /// How many to show at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// Sign in as a customer, as the app does
    SignIn(sign_in::SignInArgs),
    /// Ask for the self-service e-mail, or redeem its link
    ForgotPassword(forgot_password::ForgotPasswordArgs),
    /// The e-mails that the practice directory would have sent
    #[command(after_help = "Example:\n  tellonce practice outbox")]
    Outbox,
    /// Make the practice directory anew
    StartOver(start_over::StartOverArgs),
    /// The whole story, agent's and customer's side, in a throw-away directory
    #[command(after_help = "Example:\n  tellonce practice tour     works without a terminal, too")]
    Tour,
}

/// Runs the verb.
pub(super) async fn run(context: &mut Context, args: PracticeArgs) -> Result<ExitCode> {
    match args.command {
        #[cfg(feature = "practice-app")]
        PracticeCommand::App(args) => app::run(context, &args).await,
        PracticeCommand::Customers { limit } => customers::run(context, limit),
        PracticeCommand::SignIn(args) => sign_in::run(context, &args),
        PracticeCommand::ForgotPassword(args) => forgot_password::run(context, &args),
        PracticeCommand::Outbox => outbox::run(context),
        PracticeCommand::StartOver(args) => start_over::run(context, &args),
        PracticeCommand::Tour => tour::run(context).await,
    }
}

/// Opens the practice directory of these folders. The first use creates it.
pub(super) fn directory(context: &Context) -> Result<Practice, Error> {
    Practice::open(&context.folders.practice_directory(), context.call_timeout(), Arc::new(SystemClock))
}
