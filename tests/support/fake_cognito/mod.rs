//! A server that plays one user pool as far as a reset goes, with what no emulator has: any state and any setting, crowds,
//! and lists without an end. It checks no signature. What goes wrong on the way is a fault proxy's part.

mod calls;
mod environment;
mod user;

use std::io::{BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

pub use environment::secret_access_key;
pub use user::FakeUser;

use super::fault_proxy::{answer, header, name_of_aws_call, read_message};

/// The pool, and the account that it and the agent are in.
pub const POOL: &str = "eu-central-1_FakePool1";
pub const ACCOUNT: &str = "123456789012";
/// The app client of the proof, which has no secret.
pub const APP: &str = "fakeappclient";
/// The group that profiles protect.
pub const STAFF: &str = "staff-admins";

/// How the pages of `ListUsers` go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pages {
    #[default]
    ToTheEnd,
    /// The first page is given again and again, with the same token.
    SameToken,
    /// Two pages are given in turns.
    InTurns,
}

/// What the pool has.
#[derive(Default)]
struct State {
    users: Vec<FakeUser>,
    /// So many more users, who are made when they are asked for: pending ones, if `crowd_is_pending`.
    crowd: usize,
    crowd_is_pending: bool,
    /// Laid over the pool's settings, key by key.
    settings: Value,
    pages: Pages,
    /// The latest date that was given.
    latest: f64,
    calls: Vec<(String, Value)>,
}

/// The server: it listens on a free port of loopback as long as the process lives.
#[derive(Clone)]
pub struct FakeCognito {
    address: String,
    state: Arc<Mutex<State>>,
}

impl FakeCognito {
    /// Starts with a customer `ada`, who has a password of her own.
    pub fn start() -> Self {
        Self::listen(None)
    }

    /// Starts the same over TLS, with a certificate for 127.0.0.1.
    pub fn start_over_tls(tls: Arc<ServerConfig>) -> Self {
        Self::listen(Some(tls))
    }

    fn listen(tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = format!("{scheme}://{}", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let server = Self { address, state: Arc::clone(&state) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, state) = (tls.clone(), Arc::clone(&state));
                std::thread::spawn(move || match tls {
                    Some(tls) => converse(StreamOwned::new(ServerConnection::new(tls).unwrap(), stream), &state),
                    None => converse(stream, &state),
                });
            }
        });
        server.add(FakeUser::new("ada").with("name", "Ada Lovelace"));
        server
    }

    /// Where it listens, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Adds a user.
    pub fn add(&self, user: FakeUser) {
        let mut state = self.state.lock().unwrap();
        let (number, modified) = (state.users.len(), state.now());
        state.users.push(user.completed(number, modified));
    }

    /// Adds so many users who are made when they are asked for, `crowd-000000` and so on.
    pub fn add_crowd(&self, many: usize, pending: bool) {
        let mut state = self.state.lock().unwrap();
        (state.crowd, state.crowd_is_pending) = (many, pending);
    }

    /// Lays these over the pool's settings, key by key.
    pub fn configure(&self, settings: Value) {
        self.state.lock().unwrap().settings = settings;
    }

    /// From now on pages of users go on like this.
    pub fn page(&self, pages: Pages) {
        self.state.lock().unwrap().pages = pages;
    }

    /// A user as they are now.
    #[track_caller]
    pub fn user(&self, username: &str) -> FakeUser {
        let state = self.state.lock().unwrap();
        state.users.iter().find(|user| user.username == username).unwrap().clone()
    }

    /// The inputs of the calls of this name that were taken, in order.
    pub fn inputs(&self, name: &str) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        state.calls.iter().filter(|(called, _)| called == name).map(|(_, input)| input.clone()).collect()
    }
}

impl State {
    /// The current time, later than any that was given before.
    fn now(&mut self) -> f64 {
        let now = f64::from(i32::try_from(Timestamp::now().as_second()).unwrap());
        self.latest = now.max(self.latest + 0.001);
        self.latest
    }

    fn pool(&self) -> Value {
        let mut pool = json!({
            "Id": POOL, "Name": "customers", "Arn": format!("arn:aws:cognito-idp:eu-central-1:{ACCOUNT}:userpool/{POOL}"),
            "Policies": { "PasswordPolicy": { "MinimumLength": 12, "RequireUppercase": true, "RequireLowercase": true,
                "RequireNumbers": true, "RequireSymbols": false, "TemporaryPasswordValidityDays": 3 } },
            "UsernameConfiguration": { "CaseSensitive": false },
            "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Name": "verified_email", "Priority": 1 }] },
        });
        for (name, value) in self.settings.as_object().into_iter().flatten() {
            pool[name] = value.clone();
        }
        pool
    }
}

/// A body that AWS sends with a refusal.
pub fn refusal(code: &str, message: &str) -> Vec<u8> {
    json!({ "__type": code, "message": message }).to_string().into_bytes()
}

/// Answers until the other side leaves, or says that this was the last request.
fn converse(stream: impl Read + Write, state: &Mutex<State>) {
    let mut stream = BufReader::new(stream);
    while serve(&mut stream, state).is_some() {}
}

/// One request and its answer. `None`: the connection is over.
fn serve(stream: &mut BufReader<impl Read + Write>, state: &Mutex<State>) -> Option<()> {
    let (head, body) = read_message(stream)?;
    let name = name_of_aws_call(&head, &body)?;
    let mut state = state.lock().unwrap();
    let in_json = header(&head, "x-amz-target").is_some();
    let input: Value = if in_json { serde_json::from_slice(&body).unwrap() } else { Value::Null };
    state.calls.push((name.clone(), input.clone()));
    let (status, kind, body) = if in_json {
        match state.take(&name, &input) {
            Ok(output) => (200, "application/x-amz-json-1.1", output.to_string().into_bytes()),
            Err((code, message)) => (400, "application/x-amz-json-1.1", refusal(code, message)),
        }
    } else {
        (200, "text/xml", calls::query(&name).into_bytes())
    };
    drop(state);
    let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT");
    let headers = [format!("content-type: {kind}"), format!("date: {date}")];
    stream.get_mut().write_all(&answer(status, &headers, &body)).ok()?;
    stream.get_mut().flush().ok()?;
    let is_last = header(&head, "connection").is_some_and(|word| word.eq_ignore_ascii_case("close"));
    (!is_last).then_some(())
}
