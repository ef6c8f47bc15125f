//! The sender of e-mails against a real mail server: Postfix, with TLS, AUTH and mailboxes.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use tellonce::config::Configuration;
use tellonce::domain::ports::{MessageSender, SEND_LIMIT};
use tellonce::domain::{Channel, CheckState, Contact, Language, Message, MessageKind, SendFailed};
use tellonce::messages::{self, Notice};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::support::fake_smtp::write_secret;
use crate::support::test_certificates::Authority;
use crate::support::{CommandOutput, wait_until};

/// A Postfix of the test's own.
pub struct Postfix {
    folder: TempDir,
    script: PathBuf,
    values: HashMap<String, String>,
}

impl Postfix {
    /// If `TELLONCE_LIVE` does not name it, or it does not start, that is a failure, never a skip.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let live = std::env::var("TELLONCE_LIVE").unwrap_or_default();
        assert!(live.split(',').any(|named| named == "smtp"), "this test needs TELLONCE_LIVE=smtp");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/postfix.sh");
        let folder = tempfile::tempdir().unwrap();
        // Its processes are another user's, and pass through.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let mut start = Command::new(&script);
        start.arg("start").arg(folder.path().join("server")).envs(settings.iter().copied());
        let started = CommandOutput::from(start.output().unwrap());
        assert!(started.is_success(), "Postfix starts: {}", started.text());
        let values = started.stdout.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { folder, script, values }
    }

    pub fn value(&self, name: &str) -> &str {
        &self.values[&format!("TELLONCE_SMTP_{name}")]
    }

    /// The keys of a sender for either port.
    pub fn keys(&self, tls: &str) -> String {
        let server = self.value(if tls == "starttls" { "STARTTLS" } else { "TLS" });
        let ca = self.value("CA");
        format!(
            "smtp = '{server}'\ntls = '{tls}'\nfrom = 'Hilfe für Beispiele <support@example.com>'\nca_cert = '{ca}'\n"
        )
    }

    /// The keys of a sign-in with this password.
    pub fn signing_in(&self, password: &str) -> String {
        let file = self.folder.path().join("password");
        write_secret(&file, password);
        format!("username = '{}'\ncredential = {{ file = '{}' }}\n", self.value("USERNAME"), file.display())
    }

    /// Waits until the mailbox has a mail with this in it, such as its id, and returns all that is in the box.
    pub fn mailbox(&self, name: &str, id: &str) -> String {
        self.mailbox_with(name, |text| text.contains(id))
    }

    /// Waits until the mailbox is as it is wanted, and returns all that is in it.
    pub fn mailbox_with(&self, name: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let path = Path::new(self.value("MAIL")).join(name);
        let read = || std::fs::read_to_string(&path).unwrap_or_default();
        wait_until("the mail in the box", read, is_wanted)
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = Command::new(&self.script).arg("stop").arg(self.folder.path().join("server")).status();
    }
}

fn open(keys: &str) -> Box<dyn MessageSender> {
    let text = format!("[profiles.acme]\nbackend = 'practice'\n[profiles.acme.senders.email]\n{keys}");
    let configuration = Configuration::parse(&text, Path::new("config.toml")).unwrap();
    let notice: Notice = Rc::new(|_: &str| ());
    messages::open(&configuration.profile(Some("acme")).unwrap(), SEND_LIMIT, &notice).unwrap()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

fn message(id: &str, to: &str) -> Message {
    Message {
        kind: MessageKind::Code,
        to: Contact::new(Channel::Email, to),
        id: id.repeat(32),
        language: Language::english(),
        subject: "Ihr Prüfcode für 北京".to_owned(),
        text: Zeroizing::new("Grüße!\nDer Code ist 483-920.\n.\nEnde\n".to_owned()),
    }
}

fn send(keys: &str, message: &Message) -> Result<(), SendFailed> {
    wait(open(keys).send(message))
}

#[test]
#[ignore = "needs Postfix, and root: TELLONCE_LIVE=smtp"]
fn a_mail_is_in_the_mailbox_over_either_kind_of_tls() {
    let server = Postfix::start(&[]);
    let sign_in = server.signing_in(server.value("PASSWORD"));
    for (tls, id, name) in [("implicit", "a", "ada"), ("starttls", "b", "ben")] {
        let keys = format!("{}{sign_in}", server.keys(tls));
        send(&keys, &message(id, &format!("{name}@example.com"))).unwrap();
        let mail = server.mailbox(name, &id.repeat(32));
        for header in [
            format!("Message-ID: <{}@example.com>", id.repeat(32)),
            format!("To: {name}@example.com"),
            "Auto-Submitted: auto-generated".to_owned(),
            "MIME-Version: 1.0".to_owned(),
        ] {
            assert!(mail.lines().any(|line| line == header), "{header}: {mail}");
        }
        assert!(mail.is_ascii(), "{mail}");
        let encoded = [("From: ", "<support@example.com>"), ("Subject: Ihr =?utf-8?b?", "?="), ("Date: ", " +0000")];
        for (begin, end) in encoded {
            assert!(mail.lines().any(|line| line.starts_with(begin) && line.ends_with(end)), "{begin}: {mail}");
        }
        assert!(mail.contains("TLSv1.3"), "Postfix writes how it got it: {mail}");
        let python = "import email, email.policy, mailbox, sys\n\
                      box = mailbox.mbox(sys.argv[1], factory=lambda f: email.message_from_binary_file(f, policy=email.policy.default))\n\
                      mail = box[0]\n\
                      print(mail['From'], mail['Subject'], mail.get_content(), sep='\\n', end='')";
        let file = Path::new(server.value("MAIL")).join(name);
        let mut read = Command::new("python3");
        let read = CommandOutput::from(read.args(["-c", python]).arg(file).env("PYTHONUTF8", "1").output().unwrap());
        let wanted =
            "Hilfe für Beispiele <support@example.com>\nIhr Prüfcode für 北京\nGrüße!\nDer Code ist 483-920.\n.\nEnde";
        assert_eq!(read.stdout.trim_end(), wanted, "another program reads it as it was written: {}", read.stderr);
    }
    let keys = format!("{}{sign_in}", server.keys("implicit"));
    send(&keys, &message("c", "josé@example.com")).unwrap();
    assert!(server.mailbox("jose", &"c".repeat(32)).contains("To: josé@example.com"));
}

#[test]
#[ignore = "needs Postfix, and root: TELLONCE_LIVE=smtp"]
fn what_the_server_refuses_is_told_by_its_code() {
    let server = Postfix::start(&[]);
    let sign_in = server.signing_in(server.value("PASSWORD"));
    for tls in ["implicit", "starttls"] {
        let keys = server.keys(tls);
        let refused = |keys: &str, to: &str| {
            let failed = send(keys, &message("d", to)).unwrap_err();
            assert!(failed.is_permanent && !failed.may_be_sent, "{failed:?}");
            assert!(!failed.words.contains("nobody@") && !failed.words.contains("User unknown"), "{failed:?}");
            failed.words
        };
        let unknown = refused(&format!("{keys}{sign_in}"), "nobody@example.com");
        assert!(unknown.contains("refused the customer's address (550: "), "{unknown}");
        let other = keys.replace("support@example.com", "boss@example.com");
        let other = refused(&format!("{other}{sign_in}"), "ada@example.com");
        assert!(other.contains("(553: the address is not allowed)"), "{other}");
        let elsewhere = refused(&keys, "ada@example.com");
        assert!(elsewhere.contains("(553: ") || elsewhere.contains("(554: "), "without a sign-in: {elsewhere}");
    }
    for tls in ["implicit", "starttls"] {
        let keys = format!("{}{}", server.keys(tls), server.signing_in("wrong"));
        let failed = send(&keys, &message("d", "ada@example.com")).unwrap_err();
        assert!(failed.is_permanent && failed.words.contains("(535: wrong username or password)"), "{failed:?}");
        assert!(!failed.words.contains("UGFzc"), "{failed:?}");
    }
    let wrong_port = server.keys("starttls").replace("tls = 'starttls'", "tls = 'implicit'");
    let failed = send(&wrong_port, &message("d", "ada@example.com")).unwrap_err();
    assert!(failed.words.contains("did not agree on TLS"), "{failed:?}");
    assert_eq!(std::fs::read_dir(server.value("MAIL")).unwrap().count(), 0, "nothing was delivered");
}

#[test]
#[ignore = "needs Postfix, and root: TELLONCE_LIVE=smtp"]
fn a_certificate_that_does_not_fit_gets_nothing() {
    let server = Postfix::start(&[]);
    let sign_in = server.signing_in(server.value("PASSWORD"));
    let other = server.folder.path().join("other.pem");
    Authority::new("another").write(&other);
    let expired = Postfix::start(&[("POSTFIX_DAYS", "-1")]);
    let elsewhere = Postfix::start(&[("POSTFIX_NAME", "mail.example.com")]);
    for tls in ["implicit", "starttls"] {
        let keys = server.keys(tls).replace(server.value("CA"), &other.display().to_string());
        for (keys, words) in [
            (keys, "signed by an authority that is not trusted here"),
            (expired.keys(tls), "its certificate has expired"),
            (elsewhere.keys(tls), "is for mail.example.com, not for localhost"),
        ] {
            let keys = format!("{keys}{sign_in}");
            let failed = send(&keys, &message("e", "ada@example.com")).unwrap_err();
            assert!(failed.is_permanent && failed.words.contains(words), "{failed:?}");
            let check = wait(open(&keys).checks()).remove(0);
            assert!(check.state == CheckState::Fault && check.words.contains(words), "{}", check.words);
        }
    }
}

#[test]
#[ignore = "needs Postfix, and root: TELLONCE_LIVE=smtp"]
fn a_check_signs_in_and_sends_nothing() {
    let server = Postfix::start(&[]);
    for tls in ["implicit", "starttls"] {
        let check = |password| {
            let keys = format!("{}{}", server.keys(tls), server.signing_in(password));
            wait(open(&keys).checks()).remove(0)
        };
        let good = check(server.value("PASSWORD"));
        assert_eq!(good.state, CheckState::Ok, "{}", good.words);
        assert!(good.words.ends_with("and takes these credentials; no message was sent"), "{}", good.words);
        let wrong = check("wrong");
        assert!(wrong.state == CheckState::Fault && wrong.words.contains("(535: "), "{}", wrong.words);
    }
    let log = || std::fs::read_to_string(server.folder.path().join("server/log")).unwrap();
    let log = wait_until("the end of four sign-ins in the log", log, |text| text.matches(" auth=").count() == 4);
    assert!(!log.contains("mail="), "no MAIL command came: {log}");
    assert_eq!(std::fs::read_dir(server.value("MAIL")).unwrap().count(), 0);
}
