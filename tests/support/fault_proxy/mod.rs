//! An HTTP/1.1 proxy of the tests' own, between the tool and a server, that goes wrong as told.
//!
//! It hands the `Host` on as it came, so that a server which builds its addresses from it stays behind the proxy.

mod http;

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

pub(super) use http::{answer, header, name_of_aws_call, read_message};
use http::{ask, close, flood, relay};

/// More than anybody should take: an endless body ends here, should nobody hang up.
const MOST: u64 = 1 << 30;

/// Something that a test opens, and a request waits for.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// Lets everybody through from now on.
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        let open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_timeout_while(open, Duration::from_mins(2), |open| !*open).unwrap());
    }
}

/// Makes the body of an answer from the whole request.
pub type MakeBody = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// What goes wrong.
#[derive(Clone)]
pub enum Fault {
    /// The connection ends without an answer.
    Cut,
    /// Waits before the request is handed on (or, if applied, before it is answered).
    Hold(Gate),
    /// This status, with these further headers (`name: value`) and this body.
    Answer(u16, Vec<String>, Vec<u8>),
    /// This status, and a body that is made of the whole request.
    Repeat(u16, MakeBody),
    /// The server's own answer, of whose body the second half is missing when the connection ends.
    Truncate,
    /// A JSON text of this many bytes, which says its length.
    Huge(u64),
    /// A JSON text that never ends.
    Endless,
    /// Sent to the same path at another address.
    RedirectTo(String),
}

impl Fault {
    /// A status, and nothing more.
    pub fn status(status: u16) -> Self {
        Self::Answer(status, Vec::new(), Vec::new())
    }

    /// 429, with `Retry-After` in seconds.
    pub fn too_many(seconds: u32) -> Self {
        Self::Answer(429, vec![format!("retry-after: {seconds}")], Vec::new())
    }

    /// 200 with this JSON text.
    pub fn json(text: &str) -> Self {
        Self::Answer(200, vec!["content-type: application/json".to_owned()], text.as_bytes().to_vec())
    }
}

/// When which fault happens: the first rule that matches and has times left.
#[derive(Clone)]
pub struct Rule {
    method: String,
    path: String,
    applied: bool,
    skip: u32,
    times: u32,
    quota: Option<Quota>,
    fault: Fault,
}

/// A token bucket, which holds what may go well in a second.
#[derive(Clone, Copy)]
struct Quota {
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Quota {
    /// Takes one, if there is one.
    fn take(&mut self) -> bool {
        let now = Instant::now();
        let filled = now.duration_since(self.at).as_secs_f64() * self.per_second;
        (self.left, self.at) = ((self.left + filled).min(self.per_second), now);
        let is_within = self.left >= 1.0;
        if is_within {
            self.left -= 1.0;
        }
        is_within
    }
}

/// The path, at its end, of the one request with a temporary password for a user of Keycloak.
pub const SET: &str = "/reset-password";

/// On that request.
pub fn set(fault: Fault) -> Rule {
    Rule::on("PUT", SET, fault)
}

/// On whatever is read of a realm.
pub fn read(fault: Fault) -> Rule {
    Rule::on("GET", "/admin/realms/", fault)
}

impl Rule {
    /// On requests of this method (`*`: any) whose path and query contain this.
    pub fn on(method: &str, path: &str, fault: Fault) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            applied: false,
            skip: 0,
            times: u32::MAX,
            quota: None,
            fault,
        }
    }

    /// The server gets the request and applies it first; its answer is lost.
    #[must_use]
    pub fn applied(self) -> Self {
        Self { applied: true, ..self }
    }

    /// So many times; then the rule is over.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// Only what goes beyond so many matching requests in a second.
    #[must_use]
    pub fn beyond(self, per_second: u32) -> Self {
        let per_second = f64::from(per_second);
        Self { quota: Some(Quota { per_second, left: per_second, at: Instant::now() }), ..self }
    }

    /// Only after so many matching requests went well.
    #[must_use]
    pub fn after(self, skip: u32) -> Self {
        Self { skip, ..self }
    }
}

/// A request that came by.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// Path and query. AWS's calls all go to one path, and the name of the call is added to it.
    pub path: String,
    /// Whether it carried an `Authorization` header.
    pub authorized: bool,
    pub body: Vec<u8>,
    /// Bytes of an own body that were written before the other side hung up.
    pub sent: u64,
}

#[derive(Default)]
struct State {
    rules: Mutex<Vec<Rule>>,
    seen: Mutex<Vec<Seen>>,
    came: Condvar,
    connections: Mutex<usize>,
}

/// The proxy: it listens on a free port of loopback as long as the process lives.
#[derive(Clone)]
pub struct FaultProxy {
    address: String,
    state: Arc<State>,
}

impl FaultProxy {
    /// In front of a server, `http://127.0.0.1:PORT`.
    pub fn before(upstream: &str) -> Self {
        let Some(upstream) = upstream.strip_prefix("http://") else { panic!("{upstream} is not plain http") };
        let upstream = upstream.trim_end_matches('/').to_owned();
        Self::listen(Some(upstream))
    }

    /// In front of nothing: it answers `{}` to everything and remembers who came. For redirects that must not be trusted.
    pub fn witness() -> Self {
        Self::listen(None)
    }

    /// An address at which connections are refused.
    pub fn refusing() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    fn listen(upstream: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::<State>::default();
        let proxy = Self { address, state: Arc::clone(&state) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                *state.connections.lock().unwrap() += 1;
                let (state, upstream) = (Arc::clone(&state), upstream.clone());
                std::thread::spawn(move || while serve(&stream, upstream.as_deref(), &state).is_some() {});
            }
        });
        proxy
    }

    /// Where it listens, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Adds a rule.
    pub fn rule(&self, rule: Rule) {
        self.state.rules.lock().unwrap().push(rule);
    }

    /// From now on nothing goes wrong; what came by is remembered.
    pub fn heal(&self) {
        self.state.rules.lock().unwrap().clear();
    }

    /// From now on nothing goes wrong, and what came by is forgotten.
    pub fn mend(&self) {
        self.state.rules.lock().unwrap().clear();
        self.state.seen.lock().unwrap().clear();
    }

    /// What came by, in order.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// How many requests of this method (`*`: any) came by whose path and query contain this.
    pub fn count(&self, method: &str, path: &str) -> usize {
        self.seen().iter().filter(|seen| matches(&seen.method, &seen.path, method, path)).count()
    }

    /// Waits until so many requests came by (the last may be held); a minute at most.
    pub fn wait_for(&self, method: &str, path: &str, times: usize) {
        let came = |one: &&Seen| matches(&one.method, &one.path, method, path);
        let missing = |seen: &mut Vec<Seen>| seen.iter().filter(came).count() < times;
        let seen = self.state.seen.lock().unwrap();
        let (seen, late) = self.state.came.wait_timeout_while(seen, Duration::from_mins(1), missing).unwrap();
        assert!(!late.timed_out(), "no {method} {path} came by: {seen:#?}");
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }
}

fn matches(method: &str, path: &str, wanted_method: &str, wanted_path: &str) -> bool {
    (wanted_method == "*" || wanted_method == method) && path.contains(wanted_path)
}

/// One request and its answer. None: the connection is over.
fn serve(stream: &TcpStream, upstream: Option<&str>, state: &State) -> Option<()> {
    let (head, body) = read_message(&mut BufReader::new(stream))?;
    let mut words = head.lines().next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let path = format!("{target}{}", name_of_aws_call(&head, &body).unwrap_or_default());
    let (rule, place) = {
        let mut seen = state.seen.lock().unwrap();
        seen.push(Seen {
            method: method.clone(),
            path: path.clone(),
            authorized: header(&head, "authorization").is_some(),
            body: body.clone(),
            sent: 0,
        });
        state.came.notify_all();
        (next_rule(&mut state.rules.lock().unwrap(), &method, &path), seen.len() - 1)
    };
    let pass_on = || upstream.map_or_else(|| Some(answer(200, &[], b"{}")), |to| ask(to, &head, &body));
    let Some(rule) = rule else {
        relay(stream, &pass_on()?)?;
        let last = header(&head, "connection").is_some_and(|word| word.eq_ignore_ascii_case("close"));
        return if last { close(stream) } else { Some(()) };
    };
    let applied = if rule.applied { Some(pass_on()?) } else { None };
    let sent = match rule.fault {
        Fault::Cut => return close(stream),
        Fault::Hold(gate) => {
            gate.pass();
            return relay(stream, &applied.map_or_else(pass_on, Some)?);
        }
        Fault::Answer(status, headers, body) => return relay(stream, &answer(status, &headers, &body)),
        Fault::Repeat(status, quote) => {
            return relay(stream, &answer(status, &[], &quote(&[head.as_bytes(), &body].concat())));
        }
        Fault::RedirectTo(address) => {
            return relay(stream, &answer(307, &[format!("location: {address}{target}")], b""));
        }
        Fault::Truncate => {
            let whole = applied.map_or_else(pass_on, Some)?;
            let start = whole.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
            let mut out = stream;
            out.write_all(&whole[..start + (whole.len() - start) / 2]).ok()?;
            return close(stream);
        }
        Fault::Huge(bytes) => flood(stream, &format!("content-length: {bytes}"), bytes, false),
        Fault::Endless => flood(stream, "transfer-encoding: chunked", MOST, true),
    };
    if let Some(seen) = state.seen.lock().unwrap().get_mut(place) {
        seen.sent = sent;
    }
    close(stream)
}

fn next_rule(rules: &mut [Rule], method: &str, path: &str) -> Option<Rule> {
    for rule in rules.iter_mut().filter(|rule| matches(method, path, &rule.method, &rule.path)) {
        if rule.skip > 0 {
            rule.skip -= 1;
        } else if rule.quota.as_mut().is_some_and(Quota::take) {
            // It is within the quota.
        } else if rule.times > 0 {
            rule.times -= 1;
            return Some(rule.clone());
        }
    }
    None
}
