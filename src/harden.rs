//! The process keeps its memory to itself: no core dump, not dumpable, no debugger of the same user.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Switches core dumps off and makes the process not dumpable; gives what could not be done, for the log.
///
/// It is the first thing done, before there is a log. A failure is a warning and no error: a container may forbid it,
/// and being traced is the owner's own choice.
pub fn harden() -> Vec<String> {
    let core = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let core = core.err().map(|error| format!("core dumps could not be switched off: {error}"));
    let rest = secmem_proc::harden_process().err().map(|error| format!("the process could not be hardened: {error}"));
    [core, rest].into_iter().flatten().collect()
}
