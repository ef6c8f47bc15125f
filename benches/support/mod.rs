//! What the benchmarks share.
#![allow(dead_code, reason = "each benchmark uses its part")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the binary that is measured: the one named by `TELLONCE_RELEASE`, else the one built with the benchmark.
pub fn binary() -> PathBuf {
    std::env::var_os("TELLONCE_RELEASE").map_or_else(|| env!("CARGO_BIN_EXE_tellonce").into(), PathBuf::from)
}

/// Signs the agent sam in on the practice directory of this home.
pub fn sign_in(binary: &Path, home: &Path) {
    let login = "echo practice | \"$0\" --profile practice login --agent sam --password-stdin --store file";
    let output = Command::new("sh").args(["-c", login]).arg(binary).env("TELLONCE_HOME", home).output().unwrap();
    assert!(output.status.success());
}
