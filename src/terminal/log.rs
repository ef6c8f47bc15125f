//! The log of `-v` on standard error; with `-o json`, as JSON lines.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::{ColorChoice, GlobalArgs, OutputFormat};

/// Starts the log, if the command line asks for it. No secret is ever logged.
///
/// Only messages of this project are logged, because a library could log the contents of a request.
pub(crate) fn start_log(global: &GlobalArgs) {
    let level = match global.verbose {
        0 => return,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let ours = Targets::new().with_target("tellonce", level);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = tracing_subscriber::registry();
    if global.output == OutputFormat::Json {
        log.with(lines.json().with_filter(ours)).init();
    } else {
        log.with(lines.with_ansi(global.color == ColorChoice::Always).with_filter(ours)).init();
    }
}
