//! The process keeps its memory to itself: no core dump, not dumpable, no debugger of the same user.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Switches core dumps off and makes the process not dumpable.
///
/// A failure is a warning and no error: a container may forbid it, and being traced is the owner's own choice.
pub fn harden() {
    if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
        tracing::warn!(%error, "core dumps could not be switched off");
    }
    if let Err(error) = secmem_proc::harden_process() {
        tracing::warn!(%error, "the process could not be hardened");
    }
}
