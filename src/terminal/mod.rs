//! Everything that people see: prompts, tables, JSON, the reveal.

mod dialog;
mod local_time;
mod log;
mod paint;
mod plan;
mod preparations;
mod progress;
mod prompt;
mod question;
mod recorders;
mod reset_json;
mod reveal;
mod rows;
mod screen;
mod signals;
mod spelling;
mod theme;
mod tty;

pub(crate) use local_time::LocalTime;
pub(crate) use log::start_log;
pub(crate) use preparations::{PlanLine, preparation_lines, steps_by_hand};
pub(crate) use progress::ProgressReporter;
pub(crate) use prompt::TerminalPrompter;
pub(crate) use recorders::recorders;
pub(crate) use reset_json::reset_json;
pub use reveal::reveal_to_descriptor;
pub(crate) use reveal::{ChosenReveal, RevealOptions, RevealTarget, StreamReveal, terminal_can_reveal};
pub(crate) use screen::{Effect, Screen, ScreenOptions};
pub(crate) use signals::Signals;
pub(crate) use tty::term_can_paint;
