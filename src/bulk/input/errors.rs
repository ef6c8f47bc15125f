//! The errors of an input.

use crate::delimited::DelimitedTextError;
use crate::domain::Error;

/// Turns what is wrong with the input into an error: exit 2, or 8 where it cannot be read any further.
pub(super) fn to_error(error: DelimitedTextError) -> Error {
    let (words, hint) = (error.words(), error.hint());
    match error {
        DelimitedTextError::Read(error) => Error::unavailable("The input cannot be read any further.").because(error),
        DelimitedTextError::Malformed { .. } => {
            let error = Error::usage(format!("The input cannot be used; {words}."));
            hint.into_iter().fold(error, Error::hint)
        }
    }
}
