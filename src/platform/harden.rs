//! Hardens the process: no core dump, no debugger of the same user, and no descriptor for the programs that it starts.

use rustix::process::{Resource, Rlimit, setrlimit};

/// The first descriptor that is not standard input, output or error.
const FIRST_INHERITED: i32 = 3;

/// Switches core dumps off, makes the process not dumpable, and marks inherited descriptors as close-on-exec.
///
/// A descriptor for the reveal is for no other program. Returns what failed, as warnings for the log, which does not
/// exist yet. It is not an error, since a container may forbid it and tracing is the owner's own choice.
pub fn harden() -> Vec<String> {
    close_fds::set_fds_cloexec(FIRST_INHERITED, &[]);
    let core = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let core = core.err().map(|error| format!("core dumps could not be switched off: {error}"));
    let traced = tracer().map(|tracer| format!("process {tracer} is tracing this one, and can read its memory"));
    // secmem-proc's own question for a tracer takes a third of all system calls of a start.
    let rest = secmem_proc::Config::new_with_anti_tracing(false)
        .harden_process()
        .err()
        .map(|error| format!("the process could not be hardened: {error}"));
    [core, traced, rest].into_iter().flatten().collect()
}

/// Returns the process that is tracing this one, as Linux tells it (proc(5), `TracerPid`). Returns `None` if none is, or
/// if this system does not tell.
fn tracer() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"))?.trim();
    (tracer != "0").then(|| tracer.to_owned())
}
