//! `practice`: the practice directory, seen as the customer.

mod customers;
mod forgot_password;
mod outbox;
mod sign_in;
mod start_over;

use std::sync::Arc;

use super::context::Context;
use super::tour;
use crate::backends::practice::Practice;
use crate::cli::{PracticeArgs, PracticeCommand};
use crate::domain::{ExitCode, Result};
use crate::platform::SystemClock;

/// Runs the verb.
pub(super) async fn run(context: &mut Context, args: PracticeArgs) -> Result<ExitCode> {
    match args.command {
        PracticeCommand::Customers { limit } => customers::run(context, limit),
        PracticeCommand::SignIn(args) => sign_in::run(context, &args),
        PracticeCommand::ForgotPassword(args) => forgot_password::run(context, &args),
        PracticeCommand::Outbox => outbox::run(context),
        PracticeCommand::StartOver(args) => start_over::run(context, &args),
        PracticeCommand::Tour => tour::run(context).await,
    }
}

/// The practice directory of these folders, made on first use.
pub(super) fn directory(context: &Context) -> Result<Practice> {
    Practice::open(&context.folders.practice_directory(), context.one_call(), Arc::new(SystemClock))
}
