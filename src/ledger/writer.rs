//! Who writes: this machine, and the system's user.

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
