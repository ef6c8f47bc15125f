//! What strace saw a process write, and where to.

use std::ffi::OsStr;
use std::path::Path;

/// Every call that sends bytes anywhere.
const CALLS: &str = "trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,sendfile,splice,tee,vmsplice,execve,copy_file_range,ioctl,prctl";

/// The command line that a tool is run under; the trace goes to `output`.
pub fn strace(output: &Path) -> [&OsStr; 11] {
    let mut line = ["strace", "-f", "-y", "-xx", "-v", "-s", "4000000", "-e", CALLS, "-o", ""].map(OsStr::new);
    line[10] = output.as_os_str();
    line
}

/// One call: which, to where (the descriptor and what it is), and all the bytes that its arguments hold.
pub struct Call {
    pub name: String,
    pub to: String,
    pub bytes: Vec<u8>,
}

/// The calls in a trace.
pub fn calls(trace: &Path) -> Vec<Call> {
    let text = std::fs::read_to_string(trace).unwrap();
    assert!(!text.contains("\"..."), "a string was cut off");
    text.lines().filter_map(call).collect()
}

fn call(line: &str) -> Option<Call> {
    let line = line.split_once(' ')?.1.trim_start();
    let (name, arguments) = match line.strip_prefix("<... ") {
        Some(resumed) => resumed.split_once(' ')?,
        None => line.split_once('(')?,
    };
    let first = arguments.split(',').next()?;
    let to = String::from_utf8_lossy(&unescaped(first)).into_owned();
    let bytes = arguments.split('"').skip(1).step_by(2).flat_map(unescaped).collect();
    Some(Call { name: name.to_owned(), to, bytes })
}

/// `\x41` is A; what is not so written stands for itself.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let hex =
            rest.strip_prefix("\\x").and_then(|hex| hex.get(..2)).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(byte) = hex {
            bytes.push(byte);
            rest = &rest[4..];
        } else {
            bytes.extend_from_slice(character.to_string().as_bytes());
            rest = &rest[character.len_utf8()..];
        }
    }
    bytes
}

/// The calls that hold the password or a part of it.
pub fn calls_with<'a>(calls: &'a [Call], password: &str) -> Vec<&'a Call> {
    calls.iter().filter(|call| crate::scan::traces(&call.bytes, password) > 0).collect()
}
