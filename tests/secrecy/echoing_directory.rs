//! Directories that quote the request in their errors, in every form: no secret of it gets into any output or file.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use tellonce::domain::redact;

use crate::scan::{count, files_with, parts};
use crate::support::fake_directory::{ADD, Asked, BIND, Dialect, Fake, MODIFY, SEARCH, element, result};
use crate::support::{CommandOutput, TestEnvironment, for_each_concurrently};

const AGENT: &str = "uid=agent,dc=example,dc=com";
const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const AGENT_PASSWORD: &str = "Ag3nts+\"Pass/word~Öl";
/// Result codes that a refused change may have, and one that no standard knows.
const CODES: [u8; 14] = [1, 2, 10, 11, 19, 21, 34, 49, 50, 53, 65, 68, 80, 200];

/// Stands in every answer to a request with a secret: of such an answer not a word is told.
const MARK: &str = "words-of-the-server";

/// Everything of a request, in the forms that a server may quote it in.
fn quoted(asked: &Asked) -> Vec<u8> {
    let hex = |bytes: &[u8]| bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect::<String>();
    let url: String = url::form_urlencoded::byte_serialize(&asked.bytes).collect();
    let mut told = format!(
        "0000052D: refused {} {} {url} {} ",
        BASE64_STANDARD.encode(&asked.bytes),
        BASE64_URL_SAFE_NO_PAD.encode(&asked.bytes),
        hex(&asked.bytes)
    );
    for secret in asked.secrets() {
        told.push_str(&String::from_utf8_lossy(&secret));
        let list = format!("{secret:?}");
        for form in [" ", &BASE64_STANDARD.encode(&secret), " ", &hex(&secret), " ", &list, " ", &plain(&secret)] {
            told.push_str(form);
        }
    }
    told.into_bytes()
}

fn digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap()
}

/// The password as a person would read it: unicodePwd is in quotes, and wide ([MS-ADTS] section 3.1.1.3.1.5).
fn plain(secret: &[u8]) -> String {
    let wide: Vec<u16> = secret.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    match String::from_utf16(&wide) {
        Ok(text) if text.starts_with('"') && text.ends_with('"') => text.trim_matches('"').to_owned(),
        _ => String::from_utf8_lossy(secret).into_owned(),
    }
}

/// An answer that quotes the request wherever a text may stand: message, matched name, referral, control.
fn echo(asked: &Asked, code: u8) -> Vec<u8> {
    let text = [MARK.as_bytes(), b" ", &quoted(asked)].concat();
    let refers = element(0xa3, &element(4, &text));
    let content = [result(code, &text, &text), refers].concat();
    let control = element(0x30, &[element(4, b"1.3.6.1.4.1.42.2.27.8.5.1"), element(4, &text)].concat());
    asked.answer_with(asked.last(), &content, &control)
}

/// The passwords that the server was sent.
type Sent = Arc<Mutex<Vec<String>>>;

/// Changes are answered with this code and all that they hold.
fn echoing(fake: &Fake, code: u8) -> Sent {
    let sent = Sent::default();
    let kept = Arc::clone(&sent);
    fake.rule(move |asked, stream| {
        let change = matches!(asked.tag, MODIFY | ADD);
        if change {
            kept.lock().unwrap().extend(asked.secrets().iter().map(|secret| plain(secret)));
            let _ = stream.write_all(&echo(asked, code));
        }
        change
    });
    sent
}

/// Neither output nor a file of the home has any form or part of it.
#[track_caller]
fn holds_nothing(env: &TestEnvironment, ended: &CommandOutput, secret: &str, what: &str) {
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for stream in [&ended.stdout, &ended.stderr] {
        assert_eq!(redact(stream, secret), *stream, "{what}: a form of it is told");
        assert!(!stream.contains(MARK), "{what}: the server's words are told: {stream}");
        for part in parts(secret) {
            assert_eq!(count(stream.as_bytes(), &part), 0, "{what}: a part of it is told: {stream}");
        }
        assert_eq!(count(stream.as_bytes(), &wide), 0, "{what}: as unicodePwd has it");
    }
    assert_eq!(files_with(env.path(), secret), Vec::<std::path::PathBuf>::new(), "{what}: in a file");
    for path in crate::scan::files(env.path()) {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert_eq!(redact(&text, secret), text, "{what}: a form of it is in {}", path.display());
    }
}

fn signed_in(dialect: Dialect) -> (Fake, TestEnvironment) {
    let fake = Fake::start(dialect);
    let env = fake.environment();
    let login = ["login", "--agent", AGENT, "--password-stdin", "--store", "file"];
    let login = env.run_with(&login, "Another-Password-1\n");
    assert!(login.is_success(), "{}", login.stderr);
    (fake, env)
}

/// Each dialect with each of these codes.
fn both_with(codes: &[u8]) -> impl Iterator<Item = (Dialect, u8)> {
    Dialect::BOTH.into_iter().flat_map(|dialect| codes.iter().map(move |code| (dialect, *code)))
}

/// Runs it in each way of telling, and looks at what came of the passwords that were sent.
fn tells_nothing(dialect: Dialect, code: u8, arguments: &[&str], fails: bool) {
    for telling in [&[][..], &["-o", "json"], &["-vv"], &["-vv", "-o", "json"]] {
        let (fake, env) = signed_in(dialect);
        let sent = echoing(&fake, code);
        let what = format!("{dialect:?}, code {code}: {telling:?} {arguments:?}");
        let ended = env.run(&[telling, arguments].concat());
        assert!(!ended.is_success() || !fails, "{what}");
        let sent = sent.lock().unwrap().clone();
        assert!(!sent.is_empty(), "{what}: nothing was sent: {}", ended.stderr);
        for secret in &sent {
            holds_nothing(&env, &ended, secret, &what);
        }
    }
}

#[test]
fn a_refused_reset_reveals_nothing_of_the_password() {
    for_each_concurrently(both_with(&CODES), |(dialect, code)| {
        tells_nothing(dialect, code, &["reset", "ada", "--yes", "--reveal", "stdout"], true);
    });
}

#[test]
fn a_refused_creation_reveals_nothing_of_the_password() {
    let new = ["--create", "--email", "zoe@example.com", "--first-name", "Zoe", "--last-name", "New"];
    let arguments = [&["reset", "zoe@example.com", "--yes", "--reveal", "stdout"][..], &new].concat();
    for_each_concurrently(both_with(&[19, 50, 53, 80]), |(dialect, code)| {
        tells_nothing(dialect, code, &arguments, true);
    });
}

/// A withdrawal sets a password as well, which nobody is to know.
#[test]
fn a_refused_withdrawal_reveals_nothing_of_the_password() {
    for_each_concurrently(both_with(&[19, 50, 80]), |(dialect, code)| {
        let (fake, env) = signed_in(dialect);
        let issued = env.run(&["reset", "ada", "--yes", "--reveal", "stdout"]);
        assert!(issued.is_success(), "{}", issued.stderr);
        let sent = echoing(&fake, code);
        let ended = env.run(&["-vv", "withdraw", "ada", "--yes"]);
        let what = format!("{dialect:?}, code {code}: withdraw");
        let sent = sent.lock().unwrap().clone();
        assert!(!sent.is_empty() && !ended.is_success(), "{what}: {}", ended.stderr);
        for secret in &sent {
            holds_nothing(&env, &ended, secret, &what);
        }
    });
}

#[test]
fn rows_of_a_bulk_run_reveal_nothing_of_the_password() {
    for_each_concurrently(both_with(&[19, 53, 80]), |(dialect, code)| {
        let input = tempfile::tempdir().unwrap();
        let rows = input.path().join("rows.csv");
        std::fs::write(&rows, "customer\nada\n").unwrap();
        let rows = rows.to_str().unwrap();
        let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
        let (fake, env) = signed_in(dialect);
        let out = env.path().join("out.jsonl");
        let sealed = ["--out", out.to_str().unwrap(), "--seal-to", key];
        for way in [&sealed[..], &["--reveal", "stdout"]] {
            let sent = echoing(&fake, code);
            let what = format!("{dialect:?}, code {code}: bulk {way:?}");
            let arguments = [&["-vv", "bulk", rows, "--yes", "--expect", "1", "--wait", "1s"], way].concat();
            let ended = env.run(&arguments);
            let sent = sent.lock().unwrap().clone();
            assert!(!sent.is_empty(), "{what}: {}", ended.stderr);
            for secret in &sent {
                holds_nothing(&env, &ended, secret, &what);
            }
        }
        if code == 19 {
            let row = std::fs::read_to_string(out).unwrap();
            assert!(row.contains("\"message\":\""), "{dialect:?}: the row says why: {row}");
        }
    });
}

/// The agent's own password: in the refusal of the bind, and in that of the read behind it, which it does not carry.
#[test]
fn a_refused_sign_in_reveals_nothing_of_the_agents_password() {
    let codes: Vec<u8> = CODES.into_iter().chain([0]).collect();
    for_each_concurrently(both_with(&codes), |(dialect, code)| {
        for telling in [&[][..], &["-o", "json"], &["-vv"]] {
            let fake = Fake::start(dialect);
            let env = fake.environment();
            let mut told = Vec::new();
            fake.rule(move |asked, stream| {
                let bind = asked.tag == BIND;
                if bind {
                    told = quoted(asked);
                }
                let answer = match asked.tag {
                    BIND => echo(asked, code),
                    SEARCH => asked.answer(asked.last(), &result(80, &told, &told)),
                    _ => return false,
                };
                let _ = stream.write_all(&answer);
                true
            });
            let login = ["login", "--agent", AGENT, "--password-stdin", "--store", "file"];
            let ended = env.run_with(&[telling, &login].concat(), &format!("{AGENT_PASSWORD}\n"));
            let what = format!("{dialect:?}, code {code}: {telling:?} login");
            if code != 0 {
                assert!(!ended.is_success(), "{what}");
                holds_nothing(&env, &ended, AGENT_PASSWORD, &what);
                continue;
            }
            // Signed in: the kept session has it, and nothing else has.
            std::fs::remove_dir_all(env.path().join("sessions")).unwrap_or_default();
            holds_nothing(&env, &ended, AGENT_PASSWORD, &what);
        }
    });
}

#[test]
fn reads_after_the_set_that_quote_the_password_reveal_nothing_of_it() {
    for_each_concurrently(both_with(&[50, 80, 51]), |(dialect, code)| {
        let telling: &[&str] = match code {
            50 => &[],
            80 => &["-vv", "-o", "json"],
            _ => &["-vv"],
        };
        let (fake, env) = signed_in(dialect);
        let (sent, kept) = (Sent::default(), Sent::default());
        let (told, remembered) = (Arc::clone(&sent), Arc::clone(&kept));
        fake.rule(move |asked, stream| {
            if asked.tag == MODIFY {
                told.lock().unwrap().extend(asked.secrets().iter().map(|secret| plain(secret)));
                let text = [MARK.as_bytes(), b" ", &quoted(asked)].concat();
                remembered.lock().unwrap().push(String::from_utf8_lossy(&text).into_owned());
            }
            let quotes = remembered.lock().unwrap().last().cloned().filter(|_| asked.tag == SEARCH);
            if let Some(text) = &quotes {
                let content = result(code, text.as_bytes(), text.as_bytes());
                let _ = stream.write_all(&asked.answer_with(asked.last(), &content, &[]));
            }
            quotes.is_some()
        });
        let what = format!("{dialect:?}, code {code}, {telling:?}");
        let ended = env.run(&[telling, &["reset", "ada", "--yes", "--reveal", "stdout"]].concat());
        assert_eq!(ended.code, 9, "{what}: {}", ended.stderr);
        let secrets = sent.lock().unwrap().clone();
        assert_eq!(secrets.len(), 1, "{what}");
        holds_nothing(&env, &ended, &secrets[0], &what);
        drop(kept);
    });
}

/// The answer to the proof, which carried the password: refused as wrong, or for another reason that is written down.
#[test]
fn an_answer_to_the_proof_that_quotes_the_password_reveals_nothing_of_it() {
    for_each_concurrently(both_with(&[49, 51, 80]), |(dialect, code)| {
        let (fake, env) = signed_in(dialect);
        let sent = Sent::default();
        let told = Arc::clone(&sent);
        fake.rule(move |asked, stream| {
            let proves = asked.tag == BIND && asked.base.contains("ada");
            if proves {
                told.lock().unwrap().extend(asked.secrets().iter().map(|secret| plain(secret)));
                let _ = stream.write_all(&echo(asked, code));
            }
            proves
        });
        let what = format!("{dialect:?}, code {code}");
        env.write("in.csv", "customer\nada\n");
        let run = ["-vv", "bulk", "in.csv", "--yes", "--expect", "1", "--out", "out.jsonl", "--seal-to", KEY];
        let ended = env.run(&run);
        let secrets = sent.lock().unwrap().clone();
        assert_eq!(secrets.len(), if code == 49 { 2 } else { 1 }, "{what}: {}", ended.stderr);
        holds_nothing(&env, &ended, &secrets[0], &what);
    });
}
