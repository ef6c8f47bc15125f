//! A session kept in a file that only its owner can read.

use std::io::Read as _;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::config::write_private_file;
use crate::domain::{Error, Kind, Reason, Result, StoredSession};
use crate::platform::{Holds, open_private_file};

#[derive(Serialize)]
struct Written<'a> {
    v: u8,
    agent: &'a str,
    secret: &'a str,
    expires_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    v: u8,
    agent: String,
    secret: Zeroizing<String>,
    expires_at: Timestamp,
}

const VERSION: u8 = 1;
/// Room for any session, so that the buffer that holds the secret never moves.
const ROOM: usize = 16 * 1024;

/// The session as bytes, for file and keyring alike.
pub(super) fn encode(session: &StoredSession) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
    let written =
        Written { v: VERSION, agent: &session.agent, secret: &session.secret, expires_at: session.expires_at };
    serde_json::to_writer(&mut *bytes, &written)
        .map_err(|error| Error::bug("The session could not be written down.").because(error))?;
    Ok(bytes)
}

/// The session from its bytes; `whence` is named where they make no sense.
pub(super) fn decode(bytes: &[u8], whence: &str) -> Result<StoredSession> {
    let damaged = || {
        Error::new(
            Kind::Usage,
            Reason::Configuration,
            format!("The session in {whence} cannot be read: it is damaged, or of another version."),
        )
        .hint("Remove it with `tellonce logout`, then sign in again.")
    };
    let read: Read = serde_json::from_slice(bytes).map_err(|error| damaged().because(error))?;
    if read.v != VERSION {
        return Err(damaged());
    }
    Ok(StoredSession { agent: read.agent, secret: read.secret, expires_at: read.expires_at })
}

/// Reads the file; none where there is none.
pub(super) fn read(path: &Path) -> Result<Option<StoredSession>> {
    let shown = path.display();
    let unreadable = |what: String| Error::new(Kind::Usage, Reason::Configuration, what);
    let file = open_private_file(path, Holds::Secret).map_err(|found| {
        let remedy = "`tellonce logout` removes it; then sign in again.";
        let hint = found.hint.map_or_else(|| remedy.to_owned(), |command| format!("{command}. Or {remedy}"));
        unreadable(format!("The session: {}.", found.what)).hint(hint)
    })?;
    let Some(mut file) = file else { return Ok(None) };
    let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
    file.read_to_end(&mut bytes).map_err(|error| unreadable(format!("{shown} cannot be read ({error}).")))?;
    decode(&bytes, &shown.to_string()).map(Some)
}

/// Writes the file, whole or not at all.
pub(super) fn write(path: &Path, session: &StoredSession) -> Result<()> {
    let bytes = encode(session)?;
    write_private_file(path, &bytes).map_err(|error| {
        Error::new(
            Kind::Usage,
            Reason::Configuration,
            format!("The session cannot be kept in {} ({error}).", path.display()),
        )
        .hint("Is the disk full, or the folder not yours?")
    })
}
