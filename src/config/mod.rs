//! The configuration: profiles, and the folders of tellonce's files.

mod duration;
mod edit;
mod errors;
mod file;
mod folders;
mod profile;
mod settings;

pub use duration::parse_duration;
pub use edit::{NewProfile, add, remove, sample, set_default, with};
pub use file::Configuration;
pub use folders::{Folders, make_private_folder, try_to_write, write_private_file};
pub use profile::{AuditSettings, BUILT_IN, Forward, Profile, Protected};
pub use settings::{Credential, CustomersSource, Settings};
