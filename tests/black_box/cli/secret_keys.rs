//! An age secret key given by mistake: never printed, never written, and told as what it is.

use age::secrecy::ExposeSecret as _;

use crate::support::{CommandOutput, PRACTICE, TestEnvironment};

fn secret_key() -> String {
    age::x25519::Identity::generate().to_string().expose_secret().to_owned()
}

/// Neither the output nor any file of the home has it, in either case.
fn is_nowhere(env: &TestEnvironment, ran: &CommandOutput, key: &str) {
    let inside = key.to_uppercase().replace("AGE-SECRET-KEY-", "");
    let inside = &inside[..20];
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.to_uppercase().contains(inside), "{ran:#?}");
    }
    let mut folders = vec![env.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().contains("given") {
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).to_uppercase();
                assert!(!text.contains(inside), "{} has it", path.display());
            }
        }
    }
}

#[test]
fn an_argument_that_is_one_is_not_quoted_by_anything_that_reads_the_command_line() {
    let env = TestEnvironment::signed_in("sam");
    let key = secret_key();
    let (small, apart) = (key.to_lowercase(), format!(" {}\t{}", &key[..30], &key[30..]));
    let bulk = |key: &str| {
        ["bulk", "in.csv", "--yes", "--expect", "1", "--out", "out", "--seal-to", key].map(str::to_owned).to_vec()
    };
    let of = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    for words in [
        bulk(&key),
        bulk(&small),
        bulk(&apart),
        of(&["bulk", "in.csv", &format!("--seal-to={key}")]),
        of(&["reset", &key, "--yes"]),
        of(&["reset", "C-1001", "--yes", "--ticket", &key]),
        of(&["find", &key]),
        of(&["find", "x", "--limit", &key]),
        of(&["find", "x", &key]),
        of(&["status", "--watch", "C-1", "--timeout", &key]),
        of(&["bulk", "show", &key]),
        of(&["bulk", "--resume", &key]),
        of(&["unseal", "out", "--identity", &key, "--customer", "C-1001"]),
        of(&["audit", "list", "--action", &key]),
        of(&["audit", "verify", "--head", &key]),
        of(&["profile", "show", &key]),
        of(&[&key]),
        of(&["reset", "C-1001", "--yes", "--reason", "AGE-PLUGIN-YUBIKEY-1QQPQYRZPQYRZPQYRZ"]),
    ] {
        for more in [&[][..], &["-o", "json"], &["-v"]] {
            let words: Vec<&str> = words.iter().map(String::as_str).chain(more.iter().copied()).collect();
            let ran = env.run(&[&PRACTICE[..], &words].concat()).must(2);
            assert!(ran.stderr.contains("age secret key") && ran.stderr.contains("treat it as"), "{ran:#?}");
            is_nowhere(&env, &ran, &key);
        }
    }
    let told = env.run(&["bulk", "in.csv", "--out", "out", "--seal-to", &key, "-o", "json"]).must(2).error();
    assert!(told["message"].as_str().unwrap().starts_with("The value of --seal-to is an age secret key"), "{told}");
    let ran = env.command(&[]).env("TELLONCE_PROFILE", &key).arg("whoami").output().unwrap();
    let ran = CommandOutput::from(ran).must(2);
    assert!(ran.stderr.contains("TELLONCE_PROFILE"), "{ran:?}");
    is_nowhere(&env, &ran, &key);
    assert!(env.records().is_empty());
}

#[test]
fn a_line_of_recipients_or_a_cell_of_the_input_is_not_quoted_either() {
    let env = TestEnvironment::signed_in("sam");
    let key = secret_key();
    let public = age::x25519::Identity::generate().to_public().to_string();
    std::fs::write(env.path().join("given.keys"), format!("{public}\n {}\n", key.to_lowercase())).unwrap();
    std::fs::write(env.path().join("one.csv"), "customer\nC-1001\n").unwrap();
    let run = |words: &[&str]| env.run(&[&PRACTICE[..], &["bulk"], words].concat());
    let ran = run(&["one.csv", "--yes", "--expect", "1", "--out", "out", "--recipients", "given.keys"]).must(2);
    assert!(ran.stderr.contains("given.keys, line 2: it is an age secret key"), "{ran:?}");
    is_nowhere(&env, &ran, &key);

    let csv = format!(
        "customer,ticket,recipient,create,{key}\n{key},T-1,,,\nC-1002,{key},,,\nC-1004,T-3,{key},,\nC-1005,T-4,,{key},\nC-1001,T-5,,,x\n"
    );
    let jsonl = format!(
        "{{\"customer\":\"{key}\"}}\n\"{key}\"\n{{\"customer\":\"C-1002\",\"reason\":\"{key}\"}}\n{{\"customer\":\"C-1004\",\"ticket\":[\"{key}\"]}}\n{{\"customer\":\"C-1001\"}}\n"
    );
    for (name, text, out) in [("given.csv", &csv, "out.csv"), ("given.jsonl", &jsonl, "out.jsonl")] {
        std::fs::write(env.path().join(name), text).unwrap();
        let ran = run(&[name, "--dry-run", "--out", out, "--seal-to", &public, "-o", "json"]).must(10);
        assert!(ran.stdout.contains("age secret key"), "{ran:#?}");
        is_nowhere(&env, &ran, &key);
        let ran = run(&[name, "--yes", "--expect", "5", "--strict", "--out", out, "--seal-to", &public]).must(2);
        assert!(ran.stderr.contains("line") && ran.stderr.contains("age secret key"), "{ran:#?}");
        is_nowhere(&env, &ran, &key);
        let ran = run(&[name, "--yes", "--expect", "5", "--out", out, "--seal-to", &public, "-v"]).must(10);
        is_nowhere(&env, &ran, &key);
        let written = std::fs::read_to_string(env.path().join(out)).unwrap();
        assert_eq!((written.matches("unusable").count(), written.matches("delivered").count()), (4, 1), "{written}");
        let list = run(&["list", "-o", "json"]).must(0);
        let id = list.json()["runs"][0]["run"].as_str().unwrap().to_owned();
        for told in [list, run(&["show", &id]).must(0), env.run(&["audit", "list"]).must(0)] {
            is_nowhere(&env, &told, &key);
        }
    }
    let words = ["bulk", "-", "--yes", "--expect", "5", "--limit", "2", "--out", "piped", "--seal-to", &public];
    let ran = env.run_with(&[&PRACTICE[..], &words].concat(), &csv);
    is_nowhere(&env, &ran, &key);
    assert!(std::fs::read_to_string(env.path().join("piped")).unwrap().contains("age secret key"), "{ran:?}");
}
