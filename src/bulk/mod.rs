//! Bulk: many resets, each as a single one, resumable at any moment, at the backend's own pace.

mod admission;
mod claim;
mod executor;
pub mod folder;
mod input;
mod journal;
mod limited_backend;
mod limiter;
mod outage;
mod outcome;
pub mod output_reader;
mod output_row;
mod output_writer;
mod retry_budget;
mod row;
mod row_services;
mod row_task;
mod row_worker;
mod run;
mod scheduler;
pub mod sealing;
mod settings;
mod stop_reasons;
mod work_queue;

pub use claim::Claim;
pub use input::{InputFormat, Rows};
pub use journal::{Change, Journal, RowState};
pub use limited_backend::limited;
pub use limiter::Limiter;
pub use outcome::{RowOutcome, stops_the_run, unusable};
pub use output_writer::{FailedRow, OutputWriter};
pub use row::{Numbered, Row};
pub use row_services::{Beforehand, RowLog};
pub use run::Run;
pub use scheduler::Ended;
pub use settings::{OutputTarget, RowFormat, RunSettings};
