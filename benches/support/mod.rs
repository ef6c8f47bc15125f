//! What the benchmarks share.

use std::path::PathBuf;

/// Returns the binary that is measured: the one named by `TELLONCE_RELEASE`, else the one built with the benchmark.
pub fn binary() -> PathBuf {
    std::env::var_os("TELLONCE_RELEASE").map_or_else(|| env!("CARGO_BIN_EXE_tellonce").into(), PathBuf::from)
}
