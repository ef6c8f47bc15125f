//! A server that quotes requests in its errors: neither password nor client secret nor token is told or kept, in any form.

use std::path::Path;

use age::secrecy::ExposeSecret;
use age::x25519::Identity;

use crate::support::fake_keycloak::{At, FORMS, FakeKeycloak, quoted, token};
use crate::support::{CommandOutput, TestEnvironment, for_each_concurrently};

/// A home with a profile for the server; `more` are further lines of it.
fn environment(server: &FakeKeycloak, more: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    let text = format!(
        "default = 'live'\n[profiles.live]\nbackend = 'keycloak'\nurl = '{}'\nrealm = 'echo'\nprotected = {{ groups = ['staff-admins'] }}\n{more}\n",
        server.address()
    );
    std::fs::write(env.path().join("config.toml"), text).unwrap();
    env
}

fn run(env: &TestEnvironment, arguments: &[&str]) -> CommandOutput {
    CommandOutput::from(env.command(&[]).args(arguments).env("TELLONCE_TOKEN", token()).output().unwrap())
}

/// The form in which a text has a secret: any that the server quotes it in.
fn found_in<'a>(text: &str, secret: &'a str) -> Option<(&'static str, &'a str)> {
    let text = text.to_lowercase();
    let tail = |form: &str| {
        let whole = quoted(secret, form).to_lowercase();
        if form == "base64" { whole.get(4..whole.len() - 4).unwrap_or_default().to_owned() } else { whole }
    };
    FORMS.into_iter().find(|form| text.contains(tail(form).trim_matches('"'))).map(|form| (form, secret))
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            found.push((path.display().to_string(), text));
        }
    }
    found
}

/// None of the secrets that came to the server is in what was printed, or in any file but the profile's own credential.
#[track_caller]
fn nothing_is_told(server: &FakeKeycloak, env: &TestEnvironment, ran: &CommandOutput, what: &str) {
    let secrets = server.secrets();
    assert!(!secrets.is_empty(), "{what}: nothing came: {ran:?}");
    for secret in &secrets {
        for (place, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            assert_eq!(found_in(text, secret), None, "{what}: {place}: {text}");
        }
        for (path, text) in files(env.path()).into_iter().filter(|(path, _)| !path.ends_with("/secret")) {
            assert_eq!(found_in(&text, secret), None, "{what}: {path}: {text}");
        }
    }
}

/// The ways to ask for output.
const OUTPUTS: [&[&str]; 4] = [&[], &["-o", "json"], &["-vv"], &["-vv", "-o", "json"]];
const RESET: [&str; 5] = ["reset", "ada", "--yes", "--reveal", "stdout"];

#[test]
fn the_check_finds_each_form() {
    for form in FORMS {
        let text = format!("cannot take {}: no", quoted("Kx7-wqPz-Hn4y", form));
        assert!(found_in(&text, "Kx7-wqPz-Hn4y").is_some(), "{form}: {text}");
    }
    assert_eq!(found_in("nothing", "Kx7-wqPz-Hn4y"), None);
}

#[test]
fn a_set_whose_refusal_quotes_the_password() {
    for_each_concurrently(FORMS, |form| {
        let server = FakeKeycloak::start();
        for status in [302, 400, 403, 404, 409, 422, 500, 502, 503] {
            let output = OUTPUTS[usize::from(status) % OUTPUTS.len()];
            let env = environment(&server, "");
            server.quote(At::Set(status), form);
            let ran = run(&env, &[output, &RESET].concat());
            assert_ne!(ran.code, 0, "{status} {form}: {ran:?}");
            nothing_is_told(&server, &env, &ran, &format!("{status} {form} {output:?}"));
        }
    });
}

#[test]
fn a_creation_whose_answer_quotes_the_password() {
    let server = FakeKeycloak::start();
    let new = ["--create", "--email", "new@example.com", "--first-name", "New", "--last-name", "One"];
    let create = [&["reset", "new@example.com", "--yes", "--reveal", "stdout"][..], &new].concat();
    for (at, code) in [(At::Set(400), 7), (At::Set(409), 8), (At::CreatedLocation, 9)] {
        for output in OUTPUTS {
            let env = environment(&server, "");
            server.quote(at, "raw");
            let ran = run(&env, &[output, &create].concat());
            // A name of a field that is the password is taken out of what is told.
            assert_eq!(ran.code, code, "{at:?}: {ran:?}");
            nothing_is_told(&server, &env, &ran, &format!("{at:?} {output:?}"));
        }
    }
}

#[test]
fn what_follows_the_set_and_quotes_the_password() {
    for_each_concurrently(FORMS.into_iter().zip(OUTPUTS.into_iter().cycle()), |(form, output)| {
        let server = FakeKeycloak::start();
        let env = environment(&server, "");
        server.quote(At::LogOut, form);
        let ran = run(&env, &[output, &["--timeout", "2s"], &RESET].concat()).must(9);
        nothing_is_told(&server, &env, &ran, &format!("{form} {output:?}"));
    });
}

#[test]
fn a_read_whose_refusal_quotes_the_agents_token() {
    for_each_concurrently(FORMS, |form| {
        let server = FakeKeycloak::start();
        for status in [302, 400, 401, 403, 404, 418, 500] {
            let output = OUTPUTS[usize::from(status) % OUTPUTS.len()];
            let env = environment(&server, "");
            server.quote(At::Read(status), form);
            let ran = run(&env, &[output, &["--timeout", "2s"], &RESET].concat());
            assert_ne!(ran.code, 0, "{status} {form}: {ran:?}");
            nothing_is_told(&server, &env, &ran, &format!("{status} {form} {output:?}"));
        }
    });
}

#[test]
fn a_token_endpoint_that_quotes_the_clients_secret() {
    let secret = "s3cret of a client/with+signs=\"7\"";
    let own = "sign_in = 'client-credentials'\nclient_id = 'robot'\ncredential = { file = 'secret' }";
    for_each_concurrently(FORMS, |form| {
        let server = FakeKeycloak::start();
        for status in [200, 302, 400, 401, 403, 404, 500, 503] {
            let output = OUTPUTS[usize::from(status / 100) % OUTPUTS.len()];
            let env = environment(&server, own);
            let file = env.path().join("secret");
            std::fs::write(&file, secret).unwrap();
            std::os::unix::fs::chown(&file, None, None).unwrap();
            std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            server.quote(At::Token(status), form);
            for arguments in [&["whoami"][..], &["login", "--client-credentials", "--store", "file"]] {
                let arguments = [output, &["--timeout", "2s"], arguments].concat();
                let ran = CommandOutput::from(env.command(&[]).args(&arguments).output().unwrap());
                assert_ne!(ran.code, 0, "{status} {form}: {ran:?}");
                nothing_is_told(&server, &env, &ran, &format!("{status} {form} {arguments:?}"));
            }
        }
    });
}

#[test]
fn rows_of_a_bulk_run_whose_sets_are_refused_with_the_password() {
    let key = Identity::generate();
    let sealed = ["--out", "sealed.csv", "--seal-to", &key.to_public().to_string()].map(str::to_owned);
    for_each_concurrently(FORMS, |form| {
        let server = FakeKeycloak::start();
        for (status, output) in [(400, OUTPUTS[0]), (400, OUTPUTS[3]), (409, OUTPUTS[1])] {
            for clear in [false, true] {
                let env = environment(&server, "");
                std::fs::write(env.path().join("in.csv"), "customer,ticket\nada,T-1\n").unwrap();
                server.quote(At::Set(status), form);
                let out: Vec<&str> =
                    if clear { vec!["--reveal", "stdout"] } else { sealed.iter().map(String::as_str).collect() };
                let bulk = ["--timeout", "2s", "bulk", "in.csv", "--yes", "--expect", "1"];
                let ran = run(&env, &[output, &bulk, &out].concat());
                assert_ne!(ran.code, 0, "{status} {form}: {ran:?}");
                nothing_is_told(&server, &env, &ran, &format!("{status} {form} {output:?} clear: {clear}"));
                assert!(clear || env.path().join("sealed.csv").exists(), "{ran:?}");
            }
        }
    });
    assert!(key.to_string().expose_secret().starts_with("AGE-SECRET-KEY"));
}
