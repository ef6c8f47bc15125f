//! `practice customers`: lists the customers of the practice directory.

use anyhow::Result;
use serde::Serialize;

use super::directory;
use crate::commands::context::Context;
use crate::domain::{Customer, ExitCode, Status};

#[derive(Serialize)]
struct CustomersJson<'a> {
    schema: &'static str,
    customers: Vec<CustomerJson<'a>>,
    shown: usize,
    total: u64,
}

#[derive(Serialize)]
struct CustomerJson<'a> {
    #[serde(flatten)]
    customer: &'a Customer,
    status: Status,
}

/// Lists the sample customers with their status.
pub(super) fn run(context: &mut Context, limit: u16) -> Result<ExitCode> {
    let page = directory(context)?.customers(usize::from(limit))?;
    let shown = page.rows.len();
    if context.json() {
        let customers =
            page.rows.iter().map(|(customer, state)| CustomerJson { customer, status: state.status() }).collect();
        return Ok(context.screen.json(&CustomersJson {
            schema: "tellonce.practice-customers/v1",
            customers,
            shown,
            total: page.total,
        })?);
    }
    let rows = page.rows.iter().map(|(customer, state)| {
        vec![
            customer.id.to_string(),
            customer.name.clone(),
            customer.email.clone().unwrap_or_default(),
            state.describe(),
        ]
    });
    context.screen.table(&["ID", "NAME", "E-MAIL", "STATUS"], rows.collect());
    context
        .screen
        .notice(&format!("{shown} of {} shown. Who has a user starts with the password Practice-makes-1.", page.total));
    Ok(ExitCode::DONE)
}
