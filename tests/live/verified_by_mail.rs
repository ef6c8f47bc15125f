//! A caller who is verified by a real mail, and hears of the reset by another: the tool, slapd and Postfix.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::smtp::Postfix;
use crate::support::CommandOutput;
use crate::support::ldap::{AgentEnvironment, Kind, Server};

const RESET: [&str; 7] = ["-o", "json", "reset", "ada", "--yes", "--reveal", "stdout"];
const VERIFY: [&str; 9] = ["-o", "json", "verify", "ada", "--by", "code", "--to", "1", "--code-stdin"];
/// What is before the code in the mail.
const CODE: &str = "Your recovery code is: ";

/// An agent of the directory, whose profile writes to customers by the mail server and takes no words for a verification.
fn desk(server: &Server, post: &Postfix) -> AgentEnvironment {
    let sender = format!("{}{}", post.keys("implicit"), post.signing_in(post.value("PASSWORD")));
    let more = format!(
        "protected = \"none\"\nrequire = [\"verified\"]\n[profiles.live.verification]\nattested = false\n\
         [profiles.live.messages]\ndesk = 'Example Support'\ncall = 'extension 100'\n\
         [profiles.live.senders.email]\n{sender}"
    );
    server.environment_with("", &more)
}

/// Sends a code, and types what the customer reads of the mail with it: the newest of so many.
fn verify(env: &AgentEnvironment, post: &Postfix, (mails, reads): (usize, fn(&str) -> String)) -> CommandOutput {
    let mut command = env.command(&VERIFY);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mail = post.mailbox_with("ada", |text| text.matches(CODE).count() == mails && text.ends_with("\n\n"));
    let code = mail.rsplit_once(CODE).unwrap().1.lines().next().unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", reads(code)).unwrap();
    CommandOutput::from(child.wait_with_output().unwrap())
}

fn guess(code: &str) -> String {
    let digit = code.chars().next_back().and_then(|digit| digit.to_digit(10)).unwrap();
    format!("{}{}", &code[..code.len() - 1], (digit + 1) % 10)
}

fn reason(refused: &CommandOutput) -> Value {
    let error: Value = serde_json::from_str(refused.stderr.lines().last().unwrap()).unwrap();
    error["reason"].clone()
}

#[test]
#[ignore = "needs slapd, Postfix, and root: TELLONCE_LIVE=openldap,smtp"]
fn a_code_in_the_mailbox_verifies_the_caller_and_the_notice_has_no_password() {
    let (server, post) = (Server::start(Kind::OpenLdap), Postfix::start(&[]));
    let env = desk(&server, &post);
    let refused = env.run(&RESET).must(7);
    assert_eq!(reason(&refused), "not_verified", "{}", refused.text());

    let wrong = verify(&env, &post, (1, guess)).must(7);
    assert_eq!(reason(&wrong), "not_verified", "one wrong code, and no more: {}", wrong.text());
    assert_eq!(reason(&env.run(&RESET).must(7)), "not_verified");
    let signs_in = || server.binds(&server.name("ada"), server.value("CUSTOMER_PW")).is_success();
    assert!(signs_in(), "nothing was changed");

    let verified = verify(&env, &post, (2, str::to_owned)).must(0).json();
    assert_eq!(verified["verification"]["to"], "a***@example.com", "{verified}");
    let issued = env.run(&RESET).must(0);
    let password = issued.password();
    assert!(!signs_in());
    let box_of_ada = post.mailbox_with("ada", |text| text.contains("set a temporary password for you"));
    let notice = box_of_ada.rsplit("\nFrom ").next().unwrap();
    for words in ["Example Support", "extension 100", "Auto-Submitted: auto-generated", "To: ada@example.com"] {
        assert!(notice.contains(words), "{words}: {notice}");
    }
    assert!(!notice.contains("http"), "{notice}");
    assert!(!box_of_ada.contains(&password), "the password is in no mail");
    let waiting = env.run(&["-o", "json", "outbox"]).must(0).json();
    assert_eq!(waiting["notices"], serde_json::json!([]), "{waiting}");
    assert_eq!(reason(&env.run(&RESET).must(7)), "not_verified", "it served once");
}
