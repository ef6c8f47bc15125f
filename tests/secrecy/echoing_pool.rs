//! A user pool, or whoever answers in its place, that repeats the password: in a refusal's code, its message and its
//! headers, in any form. It is in no output and in no file.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::scan::files;
use crate::support::fake_cognito::FakeCognito;
use crate::support::fake_keycloak::{FORMS, quoted};
use crate::support::fault_proxy::{Fault, FaultProxy, MakeBody, Rule};
use crate::support::{CommandOutput, TestEnvironment, for_each_concurrently};

const OUTPUTS: [&[&str]; 4] = [&[], &["-o", "json"], &["-vv"], &["-vv", "-o", "json"]];
const RESET: [&str; 5] = ["reset", "ada", "--yes", "--reveal", "stdout"];
const CREATE: [&str; 11] = [
    "reset",
    "new@example.com",
    "--yes",
    "--reveal",
    "stdout",
    "--create",
    "--email",
    "new@example.com",
    "--first-name",
    "New",
    "--last-name",
];
/// Nobody has the key that belongs to it.
const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/// The passwords that came by.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<String>>>);

impl Sent {
    fn note(&self, request: &[u8]) -> String {
        let start = request.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let input: Value = serde_json::from_slice(&request[start..]).unwrap();
        let places = [&input["Password"], &input["TemporaryPassword"], &input["AuthParameters"]["PASSWORD"]];
        let password = places.into_iter().find_map(Value::as_str).map(str::to_owned);
        let mut sent = self.0.lock().unwrap();
        sent.extend(password);
        sent.last().cloned().unwrap_or_default()
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A refusal that repeats the password wherever there is room, and the request itself.
fn echo(sent: &Sent, form: &'static str, in_code: bool) -> MakeBody {
    let sent = sent.clone();
    Arc::new(move |request| {
        let said = quoted(&sent.note(request), form);
        let whole = String::from_utf8_lossy(request);
        // With a known code the message is looked at; with one that repeats the password the code is.
        let code = if in_code { said.clone() } else { "InvalidPasswordException".to_owned() };
        json!({ "__type": code, "message": format!("Password must not be {said}: {whole}"), "field": said })
            .to_string()
            .into_bytes()
    })
}

/// Whether a text has the secret in one of the forms.
fn found_in(text: &str, secret: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    FORMS.into_iter().find(|form| {
        let whole = quoted(secret, form).to_lowercase();
        let tail =
            if *form == "base64" { whole.get(4..whole.len() - 4).unwrap_or_default() } else { whole.trim_matches('"') };
        text.contains(tail)
    })
}

#[track_caller]
fn nothing_is_told(sent: &Sent, env: &TestEnvironment, ran: &CommandOutput, what: &str) {
    let passwords = sent.all();
    assert!(!passwords.is_empty(), "{what}: none came by: {ran:?}");
    for password in &passwords {
        assert_eq!(found_in(&ran.text(), password), None, "{what}: {ran:?}");
        for path in files(env.path()) {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert_eq!(found_in(&text, password), None, "{what}: {}", path.display());
        }
    }
}

fn cases() -> impl Iterator<Item = (&'static str, bool)> {
    FORMS.into_iter().flat_map(|form| [(form, true), (form, false)])
}

#[test]
fn the_check_finds_each_form() {
    for form in FORMS {
        assert!(found_in(&format!("no {}: no", quoted("Kx7-wqPz-Hn4y", form)), "Kx7-wqPz-Hn4y").is_some(), "{form}");
    }
    assert_eq!(found_in("nothing", "Kx7-wqPz-Hn4y"), None);
}

#[test]
fn a_call_with_the_password_whose_refusal_repeats_it() {
    for_each_concurrently(cases(), |(form, in_code)| {
        for (call, status, output) in [
            ("AdminSetUserPassword", 400, OUTPUTS[0]),
            ("AdminSetUserPassword", 403, OUTPUTS[3]),
            ("AdminSetUserPassword", 500, OUTPUTS[2]),
            ("AdminSetUserPassword", 200, OUTPUTS[1]),
            ("AdminCreateUser", 400, OUTPUTS[3]),
            ("AdminCreateUser", 500, OUTPUTS[2]),
            ("AdminCreateUser", 200, OUTPUTS[0]),
        ] {
            let (pool, sent) = (FakeCognito::start(), Sent::default());
            let proxy = FaultProxy::before(pool.address());
            proxy.rule(Rule::on("POST", call, Fault::Repeat(status, echo(&sent, form, in_code))));
            let env = TestEnvironment::for_agent_of_fake_cognito(proxy.address());
            let create = [&CREATE[..], &["One"]].concat();
            let arguments = if call == "AdminCreateUser" { &create[..] } else { &RESET };
            let ran = env.run(&[output, &["--timeout", "2s"], arguments].concat());
            let what = format!("{call} {status} {form} {output:?}");
            // An answer of 200 to a set is taken for AWS's own if it is JSON, and the next call finds nothing set.
            assert_ne!(ran.code, 0, "{what}: {ran:?}");
            nothing_is_told(&sent, &env, &ran, &what);
        }
    });
}

#[test]
fn a_call_after_the_set_whose_refusal_repeats_the_password() {
    for_each_concurrently(cases(), |(form, in_code)| {
        for (call, after, status, output) in
            [("AdminUserGlobalSignOut", 1, 400, OUTPUTS[3]), ("AdminGetUser", 3, 500, OUTPUTS[2])]
        {
            let (pool, sent) = (FakeCognito::start(), Sent::default());
            let proxy = FaultProxy::before(pool.address());
            let seen = sent.clone();
            let source = pool.clone();
            let body = move |_: &[u8]| {
                let password = source.user("ada").password.unwrap_or_default();
                seen.0.lock().unwrap().push(password.clone());
                let said = quoted(&password, form);
                let code = if in_code { said.clone() } else { "InvalidParameterException".to_owned() };
                json!({ "__type": code, "message": said }).to_string().into_bytes()
            };
            proxy.rule(Rule::on("POST", call, Fault::Repeat(status, Arc::new(body))).after(after));
            let env = TestEnvironment::for_agent_of_fake_cognito(proxy.address());
            let ran = env.run(&[output, &["--timeout", "2s"], &RESET].concat());
            assert_eq!(ran.code, 9, "{call} {form}: {ran:?}");
            nothing_is_told(&sent, &env, &ran, &format!("{call} {form}"));
        }
    });
}

/// The proof carries the password too. Where its refusal is no proof against the password, the run goes on, sealed.
#[test]
fn a_proof_whose_refusal_repeats_the_password() {
    for_each_concurrently(cases(), |(form, in_code)| {
        for (status, output) in [(400, OUTPUTS[2]), (500, OUTPUTS[3]), (200, OUTPUTS[0])] {
            let (pool, sent) = (FakeCognito::start(), Sent::default());
            let proxy = FaultProxy::before(pool.address());
            proxy.rule(Rule::on("POST", "InitiateAuth", Fault::Repeat(status, echo(&sent, form, in_code))));
            let env = TestEnvironment::for_agent_of_fake_cognito(proxy.address());
            env.write("in.csv", "customer\nada\n");
            let bulk =
                ["--timeout", "2s", "bulk", "in.csv", "--yes", "--expect", "1", "--out", "out.jsonl", "--seal-to", KEY];
            let ran = env.run(&[output, &bulk].concat());
            nothing_is_told(&sent, &env, &ran, &format!("{status} {form} {output:?}"));
        }
    });
}
