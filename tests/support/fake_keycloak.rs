//! A server that looks like Keycloak, as far as a reset goes, and behaves as no real one does: it quotes requests in its
//! answers, hides values, and answers as told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The realm, and the id of its one customer.
pub const REALM: &str = "echo";
pub const CUSTOMER: &str = "6f0c7ad6-0000-4000-8000-00000000ada1";

/// How an answer quotes a secret.
pub const FORMS: [&str; 7] = ["raw", "json", "percent", "form", "base64", "utf16", "hex"];

/// Where the server quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The answer to the set: this status.
    Set(u16),
    /// The answer to the set is a success; the next call, which ends the sessions, quotes what it remembers.
    LogOut,
    /// A user is created, and the address of the new one is the password.
    CreatedLocation,
    /// The token endpoint: this status.
    Token(u16),
    /// A read, which quotes the bearer token: this status.
    Read(u16),
}

/// What it does, and what it has learnt.
#[derive(Default)]
struct State {
    at: Option<At>,
    form: &'static str,
    /// The secrets that came: passwords, a client's secret, bearer tokens.
    secrets: Vec<String>,
    set: bool,
    /// Fields that are left out of the user.
    hidden: Vec<&'static str>,
    told: Vec<Told>,
    seen: Vec<String>,
}

/// An answer that was told to give: to this method, where the path ends so; headers are whole lines.
#[derive(Clone, Debug)]
pub struct Told {
    pub method: &'static str,
    pub path: String,
    pub status: u16,
    pub headers: &'static str,
    pub body: String,
}

/// The server: it listens on a free port of loopback as long as the process lives.
#[derive(Clone)]
pub struct FakeKeycloak {
    address: String,
    state: Arc<Mutex<State>>,
}

/// The secret in the form that an answer has it in.
pub fn quoted(secret: &str, form: &str) -> String {
    let percent = |space: &str| {
        let one = |byte: u8| match byte {
            b' ' => space.to_owned(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        };
        secret.bytes().map(one).collect::<String>()
    };
    match form {
        "json" => json!(secret).to_string(),
        "percent" => percent("%20"),
        "form" => percent("+"),
        "base64" => BASE64_STANDARD.encode(format!("x{secret}")),
        "utf16" => BASE64_STANDARD.encode(secret.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()),
        "hex" => secret.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat(),
        _ => secret.to_owned(),
    }
}

/// A token of an agent who may do everything that a reset takes; nobody checks its signature here.
pub fn token() -> String {
    let payload = json!({ "sub": "an-agent", "preferred_username": "sam", "azp": "tellonce",
        "realm_access": { "roles": ["default-roles-echo"] },
        "resource_access": { "realm-management": { "roles": ["manage-users", "view-users", "view-realm"] } } });
    format!("e30.{}.{}", BASE64_URL_SAFE_NO_PAD.encode(payload.to_string()), "c2lnbmF0dXJlLW9mLWEtdG9rZW4")
}

impl FakeKeycloak {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let server = Self { address, state: Arc::clone(&state) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                std::thread::spawn(move || while serve(&stream, &state).is_some() {});
            }
        });
        server
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// From now on it quotes there, in this form; what it has learnt is forgotten.
    pub fn quote(&self, at: At, form: &'static str) {
        *self.state.lock().unwrap() = State { at: Some(at), form, ..State::default() };
    }

    /// From now on these fields are left out of the user.
    pub fn hide(&self, fields: &[&'static str]) {
        *self.state.lock().unwrap() = State { hidden: fields.to_vec(), ..State::default() };
    }

    /// From now on it answers so.
    pub fn tell(&self, told: &[Told]) {
        *self.state.lock().unwrap() = State { told: told.to_vec(), ..State::default() };
    }

    /// The requests that came since, each as method and path.
    pub fn seen(&self) -> Vec<String> {
        self.state.lock().unwrap().seen.clone()
    }

    /// The secrets that came since.
    pub fn secrets(&self) -> Vec<String> {
        self.state.lock().unwrap().secrets.clone()
    }
}

/// One request and its answer. None: the connection is over.
fn serve(stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length, mut bearer) = (String::new(), 0, String::new());
    if reader.read_line(&mut first).ok()? == 0 {
        return None;
    }
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ")?;
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => value.trim_start_matches("Bearer ").clone_into(&mut bearer),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let whole = answer(method, target, &String::from_utf8(body).ok()?, &bearer, &mut state.lock().unwrap());
    let mut out = stream;
    out.write_all(whole.as_bytes()).ok()
}

fn answer(method: &str, target: &str, body: &str, bearer: &str, state: &mut State) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let rest = path.strip_prefix(&format!("/admin/realms/{REALM}"));
    state.seen.push(format!("{method} {target}"));
    if let Some(told) = state.told.iter().find(|told| told.method == method && path.ends_with(&told.path)) {
        return with(told.status, told.headers, &told.body);
    }
    let mut user = json!({ "id": CUSTOMER, "username": "ada", "email": "ada@example.com", "firstName": "Ada",
        "lastName": "Lovelace", "enabled": true, "requiredActions": if state.set { vec!["UPDATE_PASSWORD"] } else { vec![] },
        "access": { "manage": true, "resetPassword": true, "manageGroupMembership": true } });
    for field in &state.hidden {
        user.as_object_mut().unwrap().remove(*field);
    }
    if path.ends_with("/protocol/openid-connect/token") {
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let secret = fields.iter().find(|(name, _)| name == "client_secret").map(|(_, value)| value.clone());
        state.secrets.extend(secret.clone());
        return match state.at {
            Some(At::Token(status)) => echo(status, &secret.unwrap_or_default(), state.form, body),
            _ => ok(&json!({ "access_token": token(), "expires_in": 300, "token_type": "Bearer" })),
        };
    }
    let Some(rest) = rest else {
        return ok(&json!({ "issuer": format!("http://127.0.0.1/realms/{REALM}") }));
    };
    if let (Some(At::Read(status)), "GET") = (state.at, method) {
        state.secrets.push(bearer.to_owned());
        return echo(status, bearer, state.form, target);
    }
    let value = |value: &Value| value["value"].as_str().map(str::to_owned);
    match (method, rest) {
        ("PUT", _) if rest.ends_with("/reset-password") => {
            let password = serde_json::from_str(body).ok().and_then(|body| value(&body)).unwrap();
            state.secrets.push(password.clone());
            if let Some(At::Set(status)) = state.at {
                return echo(status, &password, state.form, body.trim_start());
            }
            state.set = true;
            with(204, "", "")
        }
        ("POST", "/users") => {
            let sent: Value = serde_json::from_str(body).unwrap();
            let password = value(&sent["credentials"][0]).unwrap();
            state.secrets.push(password.clone());
            let location = format!("location: http://127.0.0.1/admin/realms/{REALM}/users/{password}\r\n");
            match state.at {
                Some(At::CreatedLocation) => with(201, &location, ""),
                Some(At::Set(status)) => echo(status, &password, state.form, body.trim_start()),
                _ => with(201, "", ""),
            }
        }
        ("POST", _) => {
            let password = state.secrets.last().cloned().unwrap_or_default();
            if state.at == Some(At::LogOut) { echo(500, &password, state.form, body) } else { with(204, "", "") }
        }
        ("GET", "") => ok(&json!({ "realm": REALM, "enabled": true, "passwordPolicy": "length(12)",
            "bruteForceProtected": false, "resetPasswordAllowed": false })),
        ("GET", "/authentication/required-actions") => ok(&json!([{ "alias": "UPDATE_PASSWORD",
            "providerId": "UPDATE_PASSWORD", "enabled": true }])),
        ("GET", "/groups") => ok(&json!([{ "id": "g", "path": "/staff-admins", "subGroups": [] }])),
        ("GET", "/users") if target.contains("ada") || target.contains("max=1&") => ok(&json!([user])),
        ("GET", "/users") => ok(&json!([])),
        ("GET", _) if rest.ends_with("/credentials") => {
            let at = if state.set { 1_800_000_000_000_i64 } else { 1_700_000_000_000 };
            ok(&json!([{ "id": "c", "type": "password", "createdDate": at }]))
        }
        ("GET", _) if rest == format!("/users/{CUSTOMER}") => ok(&user),
        ("GET", _) if rest.starts_with(&format!("/users/{CUSTOMER}/")) => ok(&json!([])),
        _ => with(404, "", r#"{"error":"User not found"}"#),
    }
}

/// An answer of this status that quotes the secret wherever an answer has room for it, and the whole request.
fn echo(status: u16, secret: &str, form: &str, request: &str) -> String {
    let said = quoted(secret, form);
    let body = json!({ "error": format!("cannot take {said}"), "error_description": format!("value={said}; {request}"),
        "errorMessage": said, "field": said, "errors": [{ "field": said, "errorMessage": said }] });
    let location =
        format!("location: http://127.0.0.1:9/{}?value={}\r\n", quoted(secret, "percent"), quoted(secret, "form"));
    let odd = format!("x-said: {}\r\n", quoted(secret, "percent"));
    with(status, &format!("{location}{odd}"), &body.to_string())
}

fn ok(value: &Value) -> String {
    with(200, "", &value.to_string())
}

fn with(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Told\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}
