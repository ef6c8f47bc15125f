//! Services of the operating system: clock, time zone, random source, threads, child processes, private files, secret lines.

mod access_list;
pub(crate) mod child;
mod clock;
mod group_commit;
pub mod harden;
mod local_zone;
mod piped_command;
mod private_file;
mod random;
mod regular_file;
mod secret_line;
pub(crate) mod threads;

pub(crate) use child::open_browser;
pub use clock::SystemClock;
pub(crate) use group_commit::{GroupCommit, Promised};
pub(crate) use local_zone::local_zone;
pub(crate) use piped_command::{CommandError, run_with_input};
pub(crate) use private_file::{Access, FileRule, Holds, Links, NotPrivate, open_private_file, user_number};
pub use random::SystemRandom;
pub(crate) use regular_file::open_regular_file;
pub(crate) use secret_line::{BYTE_ORDER_MARK, LineError, needed_line, read_line, read_secret_line, secret_line};
