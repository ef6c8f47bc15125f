//! `practice app`: serves the customer's app to a browser on this machine.

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::directory;
use crate::commands::context::Context;
use crate::domain::ExitCode;
use crate::platform::open_browser;
use crate::practice_app::AppListener;

/// The customer's app, in a browser on this machine
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce practice app --open     the customer's side; reset somebody in another terminal\n  tellonce practice app --port 8400 -o json\n\nIt serves until Ctrl-C. Nothing in it is real, and only this machine can open it."
)]
pub(super) struct AppArgs {
    /// The port on this machine (default: 8321, or the next free one)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Open the app in the browser
    #[arg(long)]
    open: bool,
}

#[derive(Serialize)]
struct AppJson<'a> {
    schema: &'static str,
    url: &'a str,
    port: u16,
}

/// Serves the app until a signal ends the process.
pub(super) async fn run(context: &mut Context, args: &AppArgs) -> Result<ExitCode> {
    drop(directory(context)?); // what is wrong with the directory is said here, and not on the first page
    let listener = AppListener::bind(args.port)?;
    let (url, port) = (listener.url(), listener.port());
    if context.json() {
        context.screen.json(&AppJson { schema: "tellonce.practice-app/v1", url: &url, port })?;
    } else {
        context.screen.line(&format!("The customer's app: {url}"));
        context
            .screen
            .notice("Reset somebody in another terminal: `tellonce reset ada@example.com`. Ctrl-C ends the app.");
    }
    if std::env::var_os("SSH_CONNECTION").is_some() {
        context.screen.notice(&format!(
            "To open it on your own machine, forward the port there: `ssh -L {port}:127.0.0.1:{port} HOST`."
        ));
    }
    if args.open
        && let Err(error) = open_browser(&url)
    {
        tracing::debug!(%error, "no browser was opened");
        context.screen.notice("No browser could be opened. Open the address yourself.");
    }
    listener.serve(context.folders.practice_directory(), context.call_timeout()).await?;
    Ok(ExitCode::DONE)
}
