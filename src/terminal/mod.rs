//! All that reaches eyes: prompts, tables, JSON, the reveal.

mod customer_script;
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

pub use customer_script::{PasswordIs, next_steps};
pub use local_time::LocalTime;
pub use log::start_log;
pub use preparations::{preparation_lines, steps_by_hand};
pub use progress::ProgressReporter;
pub use prompt::TerminalPrompter;
pub use recorders::recorders;
pub use reset_json::reset_json;
pub use reveal::{
    ChosenReveal, RevealOptions, RevealTarget, StreamReveal, TerminalReveal, reveal_to_descriptor, terminal_can_reveal,
};
pub use screen::{Screen, ScreenOptions};
pub use signals::Signals;
