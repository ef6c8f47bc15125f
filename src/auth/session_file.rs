//! The format of a stored session, and the file that keeps one for its owner only.

use std::io::Read as _;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::config::write_private_file;
use crate::domain::{Error, Kind, Reason, Result, StoredSession};
use crate::platform::{Holds, open_private_file};

/// A session as it is serialized.
#[derive(Serialize)]
struct SerializedSession<'a> {
    v: u8,
    agent: &'a str,
    secret: &'a str,
    expires_at: Timestamp,
}

/// A session as it is deserialized.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeserializedSession {
    v: u8,
    agent: String,
    secret: Zeroizing<String>,
    expires_at: Timestamp,
}

const VERSION: u8 = 1;
/// The buffer's capacity: more than any session needs, so that the buffer with the secret never moves.
const CAPACITY: usize = 16 * 1024;

/// Encodes a session, for file and keyring alike.
pub(super) fn encode(session: &StoredSession) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(CAPACITY));
    let serialized = SerializedSession {
        v: VERSION,
        agent: &session.agent,
        secret: &session.secret,
        expires_at: session.expires_at,
    };
    serde_json::to_writer(&mut *bytes, &serialized)
        .map_err(|error| Error::bug("The session could not be serialized.").because(error))?;
    Ok(bytes)
}

/// Decodes a session. The error names `source`.
pub(super) fn decode(bytes: &[u8], source: &str) -> Result<StoredSession> {
    let damaged = || {
        Error::new(
            Kind::Usage,
            Reason::Configuration,
            format!("The session in {source} cannot be read: it is damaged, or of another version."),
        )
        .hint("Remove it with `tellonce logout`, then sign in again.")
    };
    let read: DeserializedSession = serde_json::from_slice(bytes).map_err(|error| damaged().because(error))?;
    if read.v != VERSION {
        return Err(damaged());
    }
    Ok(StoredSession { agent: read.agent, secret: read.secret, expires_at: read.expires_at })
}

/// Reads the file. Returns `None` if there is none.
pub(super) fn read(path: &Path) -> Result<Option<StoredSession>> {
    let shown = path.display();
    let unreadable = |message: String| Error::new(Kind::Usage, Reason::Configuration, message);
    let file = open_private_file(path, Holds::Secret).map_err(|found| {
        let remedy = "`tellonce logout` removes it; then sign in again.";
        let hint = found.hint.map_or_else(|| remedy.to_owned(), |command| format!("{command}. Or {remedy}"));
        unreadable(format!("The session: {}.", found.what)).hint(hint)
    })?;
    let Some(mut file) = file else { return Ok(None) };
    let mut bytes = Zeroizing::new(Vec::with_capacity(CAPACITY));
    file.read_to_end(&mut bytes).map_err(|error| unreadable(format!("{shown} cannot be read ({error}).")))?;
    decode(&bytes, &shown.to_string()).map(Some)
}

/// Writes the file atomically.
pub(super) fn write(path: &Path, session: &StoredSession) -> Result<()> {
    let bytes = encode(session)?;
    write_private_file(path, &bytes).map_err(|error| {
        Error::new(
            Kind::Usage,
            Reason::Configuration,
            format!("The session cannot be stored in {} ({error}).", path.display()),
        )
        .hint("Is the disk full, or the folder not yours?")
    })
}
