//! The ports: what the domain needs from outside, as traits. The adapters are in other modules.
//!
//! The types carry the promises: the backend is reached only through a [`Session`](super::Session); what changes anything takes an
//! [`Intent`](super::Intent), the receipt of a synced audit line; an `Intent` needs a `Session` and a [`Consent`](super::Consent).

mod agent_sign_in;
mod audit_log;
mod clock;
mod customer_directory;
mod identity_backend;
mod interruptions;
mod message_sender;
mod messenger;
mod preparation;
mod prompter;
mod random_source;
mod reveal;
mod verification_log;

pub use agent_sign_in::{AgentSignIn, SessionKeeper};
pub use audit_log::AuditLog;
pub use clock::Clock;
pub use customer_directory::CustomerDirectory;
pub use identity_backend::{IdentityBackend, SetFailed};
pub use interruptions::{CHANGE_LIMIT, Interruptions};
pub use message_sender::{MessageSender, SEND_LIMIT};
pub use messenger::Messenger;
pub use preparation::Preparation;
pub(crate) use prompter::NOTHING_TYPED;
pub use prompter::Prompter;
pub use random_source::RandomSource;
pub use reveal::{ReadyReveal, Reveal};
pub use verification_log::{VerificationLog, VerificationSubject, VerifiedBy};
