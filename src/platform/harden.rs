//! The process keeps its memory and its descriptors to itself: no core dump, not dumpable, no debugger of the same user,
//! and no program that it starts gets what its parent had open for it.

use rustix::process::{Resource, Rlimit, setrlimit};

/// The first descriptor that is not standard input, output or error.
const FIRST: i32 = 3;

/// Switches core dumps off, makes the process not dumpable, and marks what it was started with as close-on-exec: a
/// descriptor for the reveal is for nobody else. Gives what could not be done, for the log.
///
/// It is the first thing done, before there is a log. A failure is a warning and no error: a container may forbid it,
/// and being traced is the owner's own choice.
pub fn harden() -> Vec<String> {
    close_fds::set_fds_cloexec(FIRST, &[]);
    let core = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let core = core.err().map(|error| format!("core dumps could not be switched off: {error}"));
    let rest = secmem_proc::harden_process().err().map(|error| format!("the process could not be hardened: {error}"));
    [core, rest].into_iter().flatten().collect()
}
