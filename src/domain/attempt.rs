//! The id that ties the audit records of one attempt together.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use super::error::Result;
use super::ports::RandomSource;

/// The id of an attempt: 80 random bits in hexadecimal, shown to the agent and written on every record of the attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(String);

impl AttemptId {
    /// Makes a new random id.
    pub fn fresh(random: &mut dyn RandomSource) -> Result<Self> {
        let mut bytes = [0_u8; 10];
        random.fill(&mut bytes)?;
        let mut text = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        }
        Ok(Self(text))
    }

    /// Wraps an id as it stands in the audit log.
    pub const fn known(id: String) -> Self {
        Self(id)
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
