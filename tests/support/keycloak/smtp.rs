//! A mail server for tests: it takes every message, keeps it, and sends nothing anywhere.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// One message.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The addresses that it was handed over for.
    pub to: Vec<String>,
    /// The message as it came.
    pub raw: String,
}

impl Mail {
    /// The message with soft line breaks and `=XX` of quoted-printable undone.
    pub fn text(&self) -> String {
        let joined = self.raw.replace("=\r\n", "").replace("=\n", "");
        let mut bytes = Vec::new();
        let mut rest = joined.as_bytes();
        while let Some((&first, after)) = rest.split_first() {
            let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
            let code = code.and_then(|two| u8::from_str_radix(two, 16).ok());
            if let Some(byte) = code.filter(|_| first == b'=' && quoted(&self.raw)) {
                bytes.push(byte);
                rest = &after[2..];
            } else {
                bytes.push(first);
                rest = after;
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The first web address in it.
    pub fn link(&self) -> Option<String> {
        let text = self.text();
        let start = text.find("http://").or_else(|| text.find("https://"))?;
        let end = text[start..].find(|sign: char| sign.is_whitespace() || "\"<>".contains(sign))?;
        Some(text[start..start + end].replace("&amp;", "&"))
    }
}

fn quoted(raw: &str) -> bool {
    raw.to_ascii_lowercase().contains("quoted-printable")
}

#[derive(Default)]
struct Box_ {
    mails: Mutex<Vec<Mail>>,
    came: Condvar,
}

/// Listens on a free port of loopback, as long as the process lives.
#[derive(Clone)]
pub struct SmtpSink {
    port: u16,
    kept: Arc<Box_>,
}

impl SmtpSink {
    /// Starts to listen.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let kept = Arc::<Box_>::default();
        let sink = Self { port, kept: Arc::clone(&kept) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || serve(&stream, &kept));
            }
        });
        sink
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Everything that came so far, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.kept.mails.lock().unwrap().clone()
    }

    /// What came after the first `before` messages, once one for this address is among it; none if that takes longer.
    pub fn wait_for(&self, to: &str, before: usize, longest: Duration) -> Option<Mail> {
        let mails = self.kept.mails.lock().unwrap();
        let wanted = |mail: &&Mail| mail.to.iter().any(|address| address.eq_ignore_ascii_case(to));
        let waiting = |mails: &mut Vec<Mail>| mails.iter().skip(before).find(wanted).is_none();
        let (mails, _) = self.kept.came.wait_timeout_while(mails, longest, waiting).unwrap();
        mails.iter().skip(before).find(wanted).cloned()
    }
}

/// As much of RFC 5321 as a sender needs to hand over a message.
fn serve(stream: &TcpStream, kept: &Box_) -> Option<()> {
    let mut lines = BufReader::new(stream);
    let mut out = stream;
    let mut mail = Mail { to: Vec::new(), raw: String::new() };
    out.write_all(b"220 sink\r\n").ok()?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let upper = line.to_ascii_uppercase();
        let answer: &[u8] = if upper.starts_with("DATA") {
            out.write_all(b"354 go on\r\n").ok()?;
            loop {
                let mut line = String::new();
                if lines.read_line(&mut line).ok()? == 0 {
                    return None;
                }
                if line == ".\r\n" {
                    break;
                }
                mail.raw.push_str(line.strip_prefix('.').unwrap_or(&line));
            }
            kept.mails.lock().unwrap().push(mail.clone());
            kept.came.notify_all();
            mail = Mail { to: Vec::new(), raw: String::new() };
            b"250 kept\r\n"
        } else if let Some(at) = upper.starts_with("RCPT TO:").then_some(8) {
            let address = line[at..].split_whitespace().next()?;
            mail.to.push(address.trim_matches(['<', '>']).to_owned());
            b"250 so be it\r\n"
        } else if upper.starts_with("QUIT") {
            out.write_all(b"221 bye\r\n").ok()?;
            return Some(());
        } else {
            b"250 so be it\r\n"
        };
        out.write_all(answer).ok()?;
    }
}
