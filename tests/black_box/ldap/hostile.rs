//! Servers that send without end, or nothing: each operation is over in its time, in little memory, with exit 8 and words.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::fake_directory::{Asked, Dialect, ENTRY, Fake, MODIFY, SEARCH, element, entry, page, result};
use crate::support::{CommandOutput, TestEnvironment, for_each_concurrently};

/// What one operation is given here, and how much longer the whole command may take: it makes a few of them.
const TIME: &str = "2s";
const LONGEST: Duration = Duration::from_secs(90);
/// The most memory, in bytes: the tool and what it needs take about 60 MiB in a debug build.
const MEMORY: u64 = 300 * 1024 * 1024;

const LOGIN: [&str; 6] = ["login", "--agent", "uid=agent,dc=example,dc=com", "--password-stdin", "--store", "file"];

/// The most memory that the process has taken so far (proc(5): `VmHWM`).
fn peak(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// Runs it to its end, and looks at its memory and at the clock.
#[track_caller]
fn bounded(env: &TestEnvironment, arguments: &[&str]) -> CommandOutput {
    let started = Instant::now();
    let mut child = env.command(arguments).spawn().unwrap();
    while child.try_wait().unwrap().is_none() {
        let taken = peak(&child).unwrap_or_default();
        if taken > MEMORY || started.elapsed() > LONGEST {
            child.kill().unwrap();
            panic!("{arguments:?}: {taken} bytes, {:?}", started.elapsed());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap().into()
}

/// A signed-in agent, whose server then answers searches below base by this.
fn signed_in(
    dialect: Dialect,
    rule: impl FnMut(&Asked, &mut TcpStream) -> bool + Send + 'static,
) -> (Fake, TestEnvironment) {
    let fake = Fake::start(dialect);
    let env = fake.environment();
    let login = env.run_with(&LOGIN, "Ag3nts-Password\n");
    assert!(login.is_success(), "{}", login.text());
    let shown = env.run(&["show", "ada"]);
    assert!(shown.is_success(), "a server that is good: {}", shown.text());
    fake.rule(rule);
    (fake, env)
}

fn is_search_of_users(asked: &Asked) -> bool {
    asked.tag == SEARCH && asked.base.to_lowercase().starts_with("ou=customers")
}

const RESET: [&str; 5] = ["reset", "ada", "--yes", "--reveal", "stdout"];

/// These commands end with exit 8 (`doctor`: 11) and these words.
#[track_caller]
fn refused(said: &str, commands: &[&[&str]], rule: impl FnMut(&Asked, &mut TcpStream) + Clone + Send + 'static) {
    for_each_concurrently(Dialect::BOTH.map(|dialect| (dialect, rule.clone())), |(dialect, mut rule)| {
        let (_fake, env) = signed_in(dialect, move |asked, stream| {
            let hostile = is_search_of_users(asked);
            if hostile {
                rule(asked, stream);
            }
            hostile
        });
        for arguments in commands {
            let ended = bounded(&env, &[&["--timeout", TIME], *arguments].concat());
            let code = if arguments[0] == "doctor" { 11 } else { 8 };
            assert_eq!(ended.code, code, "{dialect:?} {arguments:?}: {}", ended.text());
            assert!(ended.text().contains(said), "{dialect:?} {arguments:?}, \"{said}\": {}", ended.text());
        }
    });
}

fn stranger(number: u64) -> Vec<u8> {
    let name = format!("uid=stranger{number},dc=example,dc=com");
    entry(&name, &[("uid", vec![b"stranger".to_vec()]), ("sAMAccountName", vec![b"stranger".to_vec()])])
}

#[test]
fn pages_without_entries_and_without_end() {
    let (_fake, env) = signed_in(Dialect::OpenLdap, |asked, stream| {
        let hostile = is_search_of_users(asked);
        if hostile {
            let _ = stream.write_all(&asked.answer_with(0x65, &result(0, b"", b""), &page(b"more")));
        }
        hostile
    });
    let sweep = ["--timeout", TIME, "withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"];
    let ended = bounded(&env, &sweep);
    assert_eq!(ended.code, 8, "{}", ended.text());
    assert!(ended.text().contains("pages without an entry"), "{}", ended.text());
}

#[test]
fn pages_with_entries_and_without_end() {
    let mut number = 0;
    let (_fake, env) = signed_in(Dialect::ActiveDirectory, move |asked, stream| {
        let hostile = is_search_of_users(asked);
        if hostile {
            number += 1;
            let one = asked.answer(ENTRY, &stranger(number));
            let _ = stream.write_all(&[one, asked.answer_with(0x65, &result(0, b"", b""), &page(b"more"))].concat());
        }
        hostile
    });
    let sweep = ["--timeout", TIME, "withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"];
    let ended = bounded(&env, &sweep);
    assert_eq!(ended.code, 8, "{}", ended.text());
    assert!(ended.text().contains("did not answer in time"), "{}", ended.text());
}

/// Within one page: it is the sweep that takes as many entries as there are.
#[test]
fn entries_without_end() {
    for_each_concurrently([0, 3000], |fat| {
        let mut number = 0;
        let (_fake, env) = signed_in(Dialect::OpenLdap, move |asked, stream| {
            let hostile = is_search_of_users(asked);
            if !hostile {
                return false;
            }
            loop {
                number += 1;
                let mut attributes = vec![("uid", vec![b"stranger".to_vec()])];
                attributes.extend((fat > 0).then(|| ("description", vec![vec![b'x'; fat]])));
                let one = entry(&format!("uid=stranger{number},dc=example,dc=com"), &attributes);
                if stream.write_all(&asked.answer(ENTRY, &one)).is_err() {
                    return true;
                }
            }
        });
        let sweep = ["--timeout", "60s", "withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"];
        let ended = bounded(&env, &sweep);
        assert_eq!(ended.code, 8, "{}", ended.text());
        let said = if fat == 0 { "more than 100000 entries" } else { "bytes for one search" };
        assert!(ended.text().contains(said) && ended.text().contains("Narrow base"), "{}", ended.text());
    });
}

#[test]
fn references_without_end() {
    refused("references", &[&["find", "ada"], &RESET, &["doctor"]], |asked, stream| {
        let reference = asked.answer(0x73, &element(4, b"ldap://elsewhere.example.com/"));
        while stream.write_all(&reference).is_ok() {}
    });
}

#[test]
fn notices_without_end() {
    refused("references", &[&RESET], |asked, stream| {
        let notice = asked.answer(0x79, &element(0x80, b"1.2.3"));
        while stream.write_all(&notice).is_ok() {}
    });
}

#[test]
fn one_entry_without_end() {
    refused("one answer of more than", &[&RESET, &["doctor"]], |_, stream| {
        let _ = stream.write_all(&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]);
        let filler = vec![b'x'; 64 * 1024];
        while stream.write_all(&filler).is_ok() {}
    });
}

#[test]
fn nothing_comes() {
    refused("did not answer in time", &[&RESET], |_, _| {});
}

#[test]
fn one_byte_at_a_time() {
    refused("did not answer in time", &[&RESET], |asked, stream| {
        for byte in asked.answer(ENTRY, &stranger(1)).into_iter().cycle() {
            if stream.write_all(&[byte]).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    });
}

/// The library would end the process on each of these.
#[test]
fn what_is_no_answer() {
    let nested =
        (0..60_000).fold(vec![4, 0], |inner, _| if inner.len() > 60_000 { inner } else { element(0x30, &inner) });
    let answers: [(u8, Vec<u8>); 6] = [
        (0x65, Vec::new()),
        (0x65, vec![0x0a, 1, 0]),
        (0x65, vec![4, 0, 4, 0, 4, 0]),
        (0x65, vec![0x0a, 1, 0, 4, 2, 0xff, 0xfe, 4, 0]),
        (0x61, result(0, b"", b"")),
        (ENTRY, nested),
    ];
    // `None`: what comes is of another protocol.
    for_each_concurrently(answers.map(Some).into_iter().chain([None]), |answer| {
        refused("no LDAP answer", &[&["find", "ada"]], move |asked, stream| {
            let bytes = match &answer {
                Some((tag, content)) => asked.answer(*tag, content),
                None => b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            };
            drop(stream.write_all(&bytes));
        });
    });
}

/// After the set, nothing that comes is waited for longer either: the customer's password is set, and that is told.
#[test]
fn silence_after_the_set() {
    for_each_concurrently(Dialect::BOTH, |dialect| {
        let mut set = false;
        let (_fake, env) = signed_in(dialect, move |asked, _| {
            let silent = set;
            set |= asked.tag == MODIFY;
            silent
        });
        let ended = bounded(&env, &["--timeout", "1s", "reset", "ada", "--yes", "--reveal", "stdout"]);
        assert_eq!(ended.code, 9, "{dialect:?}: {}", ended.text());
        assert!(ended.text().contains("Issue another"), "{dialect:?}: {}", ended.text());
    });
}

/// Before anything changes, a signal ends the process at once, whatever the server does meanwhile.
#[test]
fn a_signal_ends_the_waiting() {
    for_each_concurrently([Signal::INT, Signal::TERM, Signal::HUP], |signal| {
        let (asks, asked_for) = channel();
        let (_fake, env) = signed_in(Dialect::OpenLdap, move |asked, stream| {
            let hostile = is_search_of_users(asked);
            let reference = asked.answer(0x73, &element(4, b"ldap://elsewhere.example.com/"));
            while hostile && stream.write_all(&reference).is_ok() {
                let _ = asks.send(()); // the test has heard of the first one, or is over
                std::thread::sleep(Duration::from_millis(10));
            }
            hostile
        });
        let mut child = env
            .command(&["--timeout", "1m", "reset", "ada", "--yes", "--reveal", "stdout"])
            .stderr(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        asked_for.recv_timeout(LONGEST).unwrap();
        assert!(child.try_wait().unwrap().is_none(), "it waits for the server");
        let sent = Instant::now();
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert!(!child.wait().unwrap().success());
        assert!(sent.elapsed() < Duration::from_secs(1), "{signal:?}: {:?}", sent.elapsed());
    });
}
