//! Bulk runs: many resets, each done like a single one, resumable at any moment, at the pace of the backend.

mod admission;
mod claim;
mod executor;
pub(crate) mod folder;
mod input;
mod journal;
mod limited_backend;
mod limiter;
mod outage;
mod outcome;
pub(crate) mod output_reader;
mod output_row;
mod output_writer;
mod retry_budget;
mod row;
mod row_services;
mod row_task;
mod row_worker;
mod run;
pub(crate) mod run_files;
mod scheduler;
pub(crate) mod sealing;
mod settings;
mod stop_reasons;
mod work_queue;

pub use input::{InputFormat, InputOptions, Rows};
pub(crate) use journal::{Change, Journal, RowState};
pub(crate) use limited_backend::limited;
pub(crate) use limiter::Limiter;
pub(crate) use outcome::{RowOutcome, stops_the_run, unusable};
pub(crate) use output_writer::{FailedRow, OutputWriter};
pub use row::{Numbered, Row};
pub(crate) use row_services::{Beforehand, RowLog};
pub(crate) use run::Run;
pub(crate) use scheduler::Ended;
pub(crate) use settings::{OutputTarget, RowFormat, RunSettings};
