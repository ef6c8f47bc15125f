//! Lines of standard input, read so that nothing of a secret stays behind in a buffer.

use std::io::stdin;

use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::domain::{Answer, Failure};

/// The longest password that scripts can give, in bytes.
const LONGEST: usize = 64 * 1024;

/// A secret, from the next line of standard input, as scripts give it; none at its end.
///
/// # Errors
/// Exit 2: standard input cannot be read, is not text, or the line is too long.
pub fn secret_line() -> Answer<Option<Zeroizing<String>>> {
    read_line(LONGEST)
}

/// Reads up to the line end, a byte at a time: what follows stays for the next question.
pub(super) fn read_line(longest: usize) -> Answer<Option<Zeroizing<String>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(longest));
    let mut byte = Zeroizing::new([0_u8; 1]);
    loop {
        match rustix::io::read(stdin(), &mut *byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) if line.len() < longest => line.push(byte[0]),
            Ok(_) => return Err(Failure::usage(format!("The line is longer than {longest} bytes."))),
            Err(Errno::INTR) => {}
            Err(error) => {
                return Err(Failure::usage("Standard input cannot be read.").because(std::io::Error::from(error)));
            }
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let text = std::str::from_utf8(&line).map_err(|_| Failure::usage("The line is not UTF-8 text."))?;
    let mut answer = Zeroizing::new(String::with_capacity(longest));
    answer.push_str(text);
    Ok(Some(answer))
}
