//! A proxy that knows where an LDAP message ends and what it asks for, and does with each what the test says.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The tags of requests (RFC 4511 section 4).
pub const BIND: u8 = 0x60;
pub const SEARCH: u8 = 0x63;
pub const MODIFY: u8 = 0x66;

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
pub enum Verdict {
    /// It is passed on, and so is its answer.
    Pass,
    /// It is not passed on, but answered with this result code.
    Answer(u8),
    /// The connection ends; it is not passed on.
    Cut,
    /// It is passed on, and the connection ends before its answer.
    PassAndCut,
    /// It is answered with something that is no LDAP message, though it is well-formed BER.
    Nonsense,
    /// Nothing comes back.
    Silence,
}

type Rule = Box<dyn FnMut(u8) -> Verdict + Send>;

pub struct Frames {
    port: u16,
    rule: Arc<Mutex<Rule>>,
}

impl Frames {
    /// Passes everything on.
    pub fn start(to: String) -> Self {
        Self::start_changing(to, |_| {})
    }

    /// Passes everything on, each request as this changes it.
    pub fn start_changing(to: String, change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) -> Self {
        let change = Arc::new(change);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let rule: Arc<Mutex<Rule>> = Arc::new(Mutex::new(Box::new(|_| Verdict::Pass)));
        let shared = Arc::clone(&rule);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&to).unwrap());
                let (mut back_from, mut back_to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let (rule, change) = (Arc::clone(&shared), Arc::clone(&change));
                std::thread::spawn(move || serve(client, server, &rule, &*change));
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut back_from, &mut back_to);
                    let _ = back_to.shutdown(Shutdown::Both);
                });
            }
        });
        Self { port, rule }
    }

    /// The address as it stands in a profile.
    pub fn url(&self) -> String {
        format!("\"ldap://127.0.0.1:{}\"\ninsecure_ldap = true", self.port)
    }

    /// From now on requests are judged by this.
    pub fn judge(&self, rule: impl FnMut(u8) -> Verdict + Send + 'static) {
        *self.rule.lock().unwrap() = Box::new(rule);
    }

    /// The first so many requests of a kind get this; all else is passed on.
    pub fn next(&self, tag: u8, many: usize, verdict: Verdict) {
        let mut left = many;
        self.judge(move |found| {
            if found != tag || left == 0 {
                return Verdict::Pass;
            }
            left -= 1;
            verdict
        });
    }
}

fn serve(mut client: TcpStream, mut server: TcpStream, rule: &Mutex<Rule>, change: &dyn Fn(&mut Vec<u8>)) {
    while let Some(mut message) = message(&mut client) {
        change(&mut message);
        let verdict = (rule.lock().unwrap())(tag(&message));
        let sent = match verdict {
            Verdict::Pass => server.write_all(&message),
            Verdict::Answer(code) => client.write_all(&answer(&message, code)),
            Verdict::Nonsense => client.write_all(&[0x30, 3, 0x04, 1, b'x']),
            Verdict::Silence => Ok(()),
            Verdict::Cut => break,
            Verdict::PassAndCut => {
                let _ = client.shutdown(Shutdown::Both); // no answer comes back, but the request arrives
                server.write_all(&message)
            }
        };
        if sent.is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Write);
}

/// One message, header and all (X.690 section 8.1.3: short and long lengths).
fn message(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut message = vec![0; 2];
    from.read_exact(&mut message).ok()?;
    let mut length = usize::from(message[1]);
    if length > 0x80 {
        let mut long = vec![0; length - 0x80];
        from.read_exact(&mut long).ok()?;
        length = long.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        message.extend(long);
    }
    let mut rest = vec![0; length];
    from.read_exact(&mut rest).ok()?;
    message.extend(rest);
    Some(message)
}

/// Where the message's number begins: after the header.
fn number_at(message: &[u8]) -> usize {
    if message[1] > 0x80 { 2 + usize::from(message[1] - 0x80) } else { 2 }
}

fn tag(message: &[u8]) -> u8 {
    let at = number_at(message);
    message[at + 2 + usize::from(message[at + 1])]
}

/// A result without name and text, under the request's number; the tag of an answer follows that of its request, and
/// for a search it is that of its end.
fn answer(request: &[u8], code: u8) -> Vec<u8> {
    let at = number_at(request);
    let number = &request[at..at + 2 + usize::from(request[at + 1])];
    let tag = if tag(request) == SEARCH { 0x65 } else { tag(request) + 1 };
    let result = [tag, 7, 0x0a, 1, code, 4, 0, 4, 0];
    let mut message = vec![0x30, u8::try_from(number.len() + result.len()).unwrap()];
    message.extend(number);
    message.extend(result);
    message
}
