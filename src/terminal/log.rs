//! `-v`: what is going on, on standard error; with `-o json`, as JSON lines.

use tracing::level_filters::LevelFilter;

use crate::cli::{ColorChoice, GlobalArgs, OutputFormat};

/// Starts the log, if it was asked for. Nothing secret is ever given to it.
pub fn start_log(global: &GlobalArgs) {
    let level = match global.verbose {
        0 => return,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level);
    if global.output == OutputFormat::Json {
        log.json().init();
    } else {
        log.with_ansi(global.color == ColorChoice::Always).init();
    }
}
