//! `man`: makes the man pages from the definition of the command line.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::Cli;
use super::context::Context;
use crate::domain::{Error, ExitCode};

/// The man pages
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tellonce man | man -l -\n  tellonce man ~/.local/share/man/man1")]
pub(super) struct ManArgs {
    /// Write a page for each command into this folder; else the main page goes to standard output
    dir: Option<PathBuf>,
}

/// Writes every page into a folder, or the main page to standard output.
pub(super) fn run(context: &mut Context, args: &ManArgs) -> Result<ExitCode> {
    let pages = pages()?;
    let Some(dir) = &args.dir else {
        context.screen.text(&pages[0].1);
        return Ok(ExitCode::DONE);
    };
    let failed = |error: std::io::Error| Error::usage(format!("{}: {error}.", dir.display()));
    std::fs::create_dir_all(dir).map_err(failed)?;
    for (name, page) in &pages {
        std::fs::write(dir.join(name), page).map_err(failed)?;
    }
    context.screen.notice(&format!("{} pages written to {}.", pages.len(), dir.display()));
    Ok(ExitCode::DONE)
}

/// Returns each page's file name and text, the main page first.
pub fn pages() -> Result<Vec<(String, String)>> {
    // A page is the same for every commit of a version.
    let mut command = Cli::command().version(env!("CARGO_PKG_VERSION"));
    command.build();
    let mut pages = Vec::new();
    collect(&command, "tellonce", &mut pages)?;
    Ok(pages)
}

fn collect(command: &Command, name: &str, pages: &mut Vec<(String, String)>) -> Result<()> {
    pages.push((format!("{name}.1"), page(command, name)?));
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        collect(verb, &format!("{name}-{}", verb.get_name()), pages)?;
    }
    Ok(())
}

fn page(command: &Command, name: &str) -> Result<String> {
    let mut text = Vec::new();
    let man = Man::new(command.clone().name(name.to_owned())).date("");
    let exit_codes = exit_codes();
    man.render(&mut text).and_then(|()| exit_codes.to_writer(&mut text)).context("A man page could not be made.")?;
    String::from_utf8(text).context("A man page is not text.")
}

fn exit_codes() -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in ExitCode::ALL {
        roff.control("TP", []);
        roff.text([bold(code.number().to_string())]);
        roff.text([roman(meaning)]);
    }
    roff.control("TP", []);
    roff.text([bold("128+n")]);
    roff.text([roman("ended by signal n; nothing changed")]);
    roff
}
