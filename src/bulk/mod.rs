//! Bulk: many resets, each as a single one, resumable at any moment, at the backend's own pace.

mod at_desk;
mod company;
mod doubt;
pub mod folder;
mod input;
mod journal;
mod left;
mod outcome;
mod pace;
mod paced;
mod patience;
pub mod read_back;
mod room;
mod row;
mod runner;
pub mod sealing;
mod settings;
mod sink;
mod stop;
mod written;

pub use at_desk::{Beforehand, RowLog};
pub use input::{InputFormat, Rows};
pub use journal::{Change, Journal, Known};
pub use outcome::{Outcome, stops_the_run, unusable};
pub use pace::Pace;
pub use paced::paced;
pub use row::{Numbered, Row};
pub use runner::{Ended, Progress, Run};
pub use settings::{Delivery, RowFormat, Settings};
pub use sink::{FailedRow, Sink};
