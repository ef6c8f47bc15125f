//! After a reset no file of ours holds the password, nor anything it could be told from.

use crate::release::{release, signed_in};
use crate::scan::{files, files_with};
use crate::support::TestEnvironment;

/// Looks through the home, and shows that looking finds.
fn no_file_holds(env: &TestEnvironment, password: &str) {
    let found = files(env.path());
    for name in ["practice.db", "ledger.db"] {
        assert!(found.iter().any(|path| path.ends_with(name)), "{found:?}");
    }
    assert_eq!(files_with(env.path(), password), Vec::<std::path::PathBuf>::new());
    let planted = env.path().join("planted");
    for disguise in [password.to_owned(), format!("x{}y", &password[1..10]), password.replace('-', "")] {
        std::fs::write(&planted, disguise).unwrap();
        assert_eq!(files_with(env.path(), password), [planted.as_path()]);
    }
}

#[test]
#[ignore = "needs the release build"]
fn of_a_reset_nothing_is_kept() {
    for customer in ["C-1001", "C-1002", "C-1006"] {
        let env = signed_in(release());
        let reset = ["-vv", "reset", customer, "--yes", "--reveal", "stdout", "--ticket", "T-1"];
        let ran = env.command(&reset).env("RUST_LOG", "trace").output().unwrap();
        assert!(ran.status.success());
        let password = String::from_utf8(ran.stdout).unwrap().trim_end().to_owned();
        let log = String::from_utf8(ran.stderr).unwrap();
        assert!(log.contains("the reveal is over"), "-vv tells what goes on: {log}");
        assert_eq!(crate::scan::traces(log.as_bytes(), &password), 0, "{log}");
        for after in [["show", customer], ["withdraw", customer]] {
            let yes: &[&str] = if after[0] == "withdraw" { &["--yes"] } else { &[] };
            assert!(env.command(&[&after, yes].concat()).output().unwrap().status.success());
            assert_eq!(files_with(env.path(), &password), Vec::<std::path::PathBuf>::new());
        }
        no_file_holds(&env, &password);
    }
}
