//! `find`: lists the customers that match a text.

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::context::Context;
use crate::domain::{Customer, ExitCode, usable};

/// Customers that match a text
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce find lovelace")]
pub(super) struct FindArgs {
    /// An id, a username, an e-mail address or part of a name
    text: String,
    /// How many to show at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
}

#[derive(Serialize)]
struct FoundJson<'a> {
    schema: &'static str,
    backend: &'a str,
    customers: &'a [Customer],
    shown: usize,
    total: Option<u64>,
    left_out: &'a [String],
}

/// Searches, and shows one page of results. An empty result is exit 0.
pub(super) async fn run(context: &mut Context, args: FindArgs) -> Result<ExitCode> {
    let text = usable(&args.text)?;
    let session = context.session().await?;
    let found = session.directory().find(text, usize::from(args.limit)).await?;
    let shown = found.customers.len();
    if context.json() {
        let object = FoundJson {
            schema: "tellonce.find/v1",
            backend: &context.profile.backend,
            customers: &found.customers,
            shown,
            total: found.total,
            left_out: &found.left_out,
        };
        return Ok(context.screen.json(&object)?);
    }
    context.screen.practice_banner(&context.profile.backend);
    for left_out in &found.left_out {
        context.screen.warning(&format!("Left out. {left_out}"));
    }
    if found.customers.is_empty() {
        context.screen.notice(&format!("No customer matches \"{text}\"."));
        return Ok(ExitCode::DONE);
    }
    let rows = found.customers.iter().map(|customer| {
        vec![
            customer.id.to_string(),
            customer.name.clone(),
            customer.email.clone().unwrap_or_default(),
            customer.username.clone().unwrap_or_else(|| "(no user yet)".to_owned()),
        ]
    });
    context.screen.table(&["ID", "NAME", "E-MAIL", "USERNAME"], rows.collect());
    let total = found.total.map_or_else(|| "many".to_owned(), |total| total.to_string());
    context.screen.notice(&format!("{shown} of {total} shown."));
    Ok(ExitCode::DONE)
}
