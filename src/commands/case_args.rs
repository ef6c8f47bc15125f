//! The flags for the ticket, the reason and the verification of the caller, which several verbs share.

use clap::Args;

use crate::domain::Case;

/// What the agent was told of the case; written to the audit log
#[derive(Clone, Debug, Args)]
pub(super) struct CaseArgs {
    /// The ticket
    #[arg(long, value_name = "ID")]
    ticket: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// How the caller was verified
    #[arg(long, value_name = "HOW")]
    verified: Option<String>,
}

impl From<CaseArgs> for Case {
    fn from(args: CaseArgs) -> Self {
        Self { ticket: args.ticket, reason: args.reason, verified: args.verified }
    }
}
