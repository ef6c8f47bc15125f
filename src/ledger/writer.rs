//! Who writes: this machine, and the system's user.

use std::cell::OnceCell;
use std::rc::Rc;

use nix::unistd::{Uid, User};

use super::record::Writer;

impl Writer {
    /// Returns the writer that this process is. The name is that of getpwuid(3): an environment can say anything.
    pub fn of_this_process() -> Self {
        let uid = Uid::current();
        let user = User::from_uid(uid).ok().flatten().map(|user| user.name);
        let machine = rustix::system::uname().nodename().to_str().ok().map(str::to_owned);
        Self { machine, uid: Some(uid.as_raw()), user }
    }
}

/// The writer of a process, which is looked up at the first record: a command that writes none has no need of it.
#[derive(Clone, Debug, Default)]
pub struct LazyWriter(Rc<OnceCell<Writer>>);

impl LazyWriter {
    /// Returns the writer. The first call looks it up.
    pub(super) fn get(&self) -> &Writer {
        self.0.get_or_init(Writer::of_this_process)
    }

    /// Whether the writer is known.
    #[cfg(test)]
    pub(super) fn is_looked_up(&self) -> bool {
        self.0.get().is_some()
    }
}

impl From<Writer> for LazyWriter {
    fn from(writer: Writer) -> Self {
        Self(Rc::new(OnceCell::from(writer)))
    }
}
