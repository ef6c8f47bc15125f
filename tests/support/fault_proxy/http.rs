//! HTTP as the fault proxy speaks it: reads, relays, answers and floods.

use std::io::{BufRead, Read, Write};
use std::net::{Shutdown, TcpStream};

/// Head and body of one message.
pub(in crate::support) fn read_message(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    loop {
        let before = head.len();
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
        if head[before..].trim_end().is_empty() {
            break;
        }
    }
    assert!(header(&head, "transfer-encoding").is_none(), "a request in chunks is not understood here: {head}");
    let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

pub(in crate::support) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let found = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    found.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// The call of AWS that a request makes, in its JSON protocol or its query protocol.
pub(in crate::support) fn name_of_aws_call(head: &str, body: &[u8]) -> Option<String> {
    let in_json = header(head, "x-amz-target").and_then(|target| target.split_once('.'));
    if let Some((_, name)) = in_json {
        return Some(name.to_owned());
    }
    let (name, value) = url::form_urlencoded::parse(body).next()?;
    (name == "Action").then(|| value.into_owned())
}

/// Hands a request on by a connection of its own; the whole answer as it came.
pub(super) fn ask(upstream: &str, head: &str, body: &[u8]) -> Option<Vec<u8>> {
    let mut server = TcpStream::connect(upstream).ok()?;
    let kept = head.trim_end().lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let mut request = kept.collect::<Vec<_>>().join("\r\n").into_bytes();
    request.extend_from_slice(b"\r\nConnection: close\r\n\r\n");
    request.extend_from_slice(body);
    server.write_all(&request).ok()?;
    let mut whole = Vec::new();
    server.read_to_end(&mut whole).ok()?;
    Some(whole)
}

/// Gives an answer; the connection goes on where its end can be told.
pub(super) fn relay(stream: &TcpStream, whole: &[u8]) -> Option<()> {
    let start = whole.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&whole[..start]).into_owned();
    let bounded = header(&head, "content-length").is_some()
        || header(&head, "transfer-encoding").is_some()
        || head.split(' ').nth(1) == Some("204");
    let lines = head.trim_end().lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let mut out = lines.collect::<Vec<_>>().join("\r\n").into_bytes();
    out.extend_from_slice(if bounded { b"\r\n\r\n" } else { b"\r\nConnection: close\r\n\r\n" });
    out.extend_from_slice(&whole[start..]);
    let mut client = stream;
    client.write_all(&out).ok()?;
    if bounded { Some(()) } else { close(stream) }
}

pub(in crate::support) fn answer(status: u16, headers: &[String], body: &[u8]) -> Vec<u8> {
    let first = format!("HTTP/1.1 {status} Told");
    let last = format!("content-length: {}\r\n\r\n", body.len());
    let lines: Vec<&str> = std::iter::once(&first).chain(headers).chain([&last]).map(String::as_str).collect();
    [lines.join("\r\n").as_bytes(), body].concat()
}

/// Writes a JSON text until it is whole or the other side hangs up; how much was written.
pub(super) fn flood(stream: &TcpStream, length: &str, bytes: u64, chunked: bool) -> u64 {
    let mut out = stream;
    let head = format!("HTTP/1.1 200 Told\r\ncontent-type: application/json\r\n{length}\r\n\r\n");
    if out.write_all(head.as_bytes()).is_err() {
        return 0;
    }
    let block = vec![b' '; 1 << 16];
    let mut sent = 0;
    while sent < bytes {
        let part = &block[..usize::try_from((bytes - sent).min(1 << 16)).unwrap()];
        let written = if chunked {
            let framed = [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat();
            out.write_all(&framed)
        } else {
            out.write_all(part)
        };
        if written.is_err() {
            break;
        }
        sent += part.len() as u64;
    }
    sent
}

pub(super) fn close(stream: &TcpStream) -> Option<()> {
    drop(stream.shutdown(Shutdown::Both));
    None
}
