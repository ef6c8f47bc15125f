//! The program `tellonce`: hardens the process, runs the command line, and ends with its exit code.

use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

/// Wipes freed memory, so that no copy of a secret outlives its owner.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    let weaknesses = tellonce::platform::harden::harden();
    tellonce::commands::answer_completions();
    let decorators = cfg_select! {
        feature = "fail-points" => { tellonce::fail_points::decorators() }
        _ => { tellonce::commands::Decorators::default() }
    };
    ExitCode::from(tellonce::commands::main(&weaknesses, decorators).number())
}
