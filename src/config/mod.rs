//! The configuration: profiles, and the folders of tellonce's files.

mod contact_attributes;
mod duration;
mod edit;
mod errors;
mod file;
mod folders;
mod profile;
mod senders;
mod settings;
mod texts;
mod verification;

pub(crate) use contact_attributes::{ContactAttributeKeys, ContactAttributes};
pub use duration::parse_duration;
pub(crate) use edit::{NewProfile, add, remove, sample, set_default, with};
pub use file::Configuration;
pub use folders::Folders;
pub(crate) use folders::{make_private_folder, try_to_write, write_private_file, write_private_file_unsynced};
pub use profile::{AuditSettings, Profile};
pub(crate) use profile::{BUILT_IN, Forward, Protected};
pub(crate) use senders::{SenderConfig, SmtpConfig, SmtpTls};
pub(crate) use settings::{Credential, CustomerColumns, CustomersSource, Settings};
pub use verification::MessagesConfig;
