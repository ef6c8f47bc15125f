//! `-v`: what is going on, on standard error; with `-o json`, as JSON lines.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::{ColorChoice, GlobalArgs, OutputFormat};

/// Starts the log, if it was asked for. Nothing secret is ever given to it.
///
/// Only what this project says is in it: what a library logs of a request is not ours to vouch for.
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
