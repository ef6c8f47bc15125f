//! The addresses and numbers that a directory has of a customer: listed masked, and what cannot be read is named.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::support::TestEnvironment;
use crate::support::fake_directory::{Dialect, Fake, SEARCH};

const LOGIN: [&str; 6] = ["login", "--agent", "uid=agent,dc=example,dc=com", "--password-stdin", "--store", "file"];
const SHOW: [&str; 4] = ["-o", "json", "show", "ada"];

fn signed_in(dialect: Dialect, more: &str) -> (Fake, TestEnvironment) {
    let fake = Fake::start(dialect);
    let env = TestEnvironment::with_profile(&format!("{}{more}", dialect.profile(fake.port)));
    env.run_with(&LOGIN, "Ag3nts-Password\n").must(0);
    (fake, env)
}

/// The masked values, in their order.
fn masked(shown: &Value) -> Vec<&str> {
    shown["contacts"].as_array().unwrap().iter().map(|contact| contact["masked"].as_str().unwrap()).collect()
}

#[test]
fn none_one_and_ten_are_listed() {
    for dialect in Dialect::BOTH {
        let (fake, env) = signed_in(dialect, "");
        let one = env.run(&SHOW).must(0).json();
        assert_eq!(masked(&one), ["a***@example.com"], "{dialect:?}");
        fake.customer_has(&[("mail", &[])]);
        let none = env.run(&SHOW).must(0).json();
        assert_eq!((&none["contacts"], &none["contacts_unreadable"]), (&json!([]), &json!([])), "{dialect:?}");
        let mails: Vec<String> = (0..5).map(|number| format!("a{number}@example.com")).collect();
        let mails: Vec<&[u8]> = mails.iter().map(String::as_bytes).collect();
        let mobiles: [&[u8]; 4] = [b"+44 20 7946 0010", b"+44 20 7946 0011", b"+442079460011", b"+44 20 7946 0012"];
        let more: [&[u8]; 2] = [b"+44 20 7946 0013", b"+44 20 7946 0014"];
        fake.customer_has(&[("MAIL", &mails), ("Mobile", &mobiles), ("telephonenumber", &more)]);
        let ten = env.run(&SHOW).must(0).json();
        let numbers = ["***10", "***11", "***12", "***13", "***14"];
        assert_eq!(masked(&ten), [&["a***@example.com"; 5][..], &numbers].concat(), "{dialect:?}");
        let text = env.run(&["show", "ada"]).must(0);
        assert!(text.text().contains("On file") && text.text().contains("***12"), "{}", text.text());
        assert!(!text.text().contains("7946 0012") && !text.text().contains("a3@example.com"), "{}", text.text());
    }
}

#[test]
fn attributes_of_the_organisations_own_are_named_in_the_profile() {
    let named = "contact_attributes = { email = ['mail', 'acmePrivateMail'], phone = ['acmeHandy'] }\n";
    for dialect in Dialect::BOTH {
        let (fake, env) = signed_in(dialect, named);
        fake.customer_has(&[
            ("acmeprivatemail", &[b"ada@example.org"]),
            ("acmeHandy", &[b"+44 20 7946 0018"]),
            ("mobile", &[b"+44 20 7946 0019"]),
        ]);
        let shown = env.run(&SHOW).must(0).json();
        assert_eq!(masked(&shown), ["a***@example.com", "a***@example.org", "***18"], "{dialect:?}");
    }
}

#[test]
fn values_that_are_none_are_counted_and_never_written_to_the_screen_as_they_are() {
    let long = format!("{}@example.com", "a".repeat(288));
    for dialect in Dialect::BOTH {
        let (fake, env) = signed_in(dialect, "");
        let mails: [&[u8]; 5] =
            [b"ada@example.com", b"eve\r\nBcc: x@example.com", long.as_bytes(), &[0xff, 0xfe, b'@', 1], b""];
        fake.customer_has(&[("mail", &mails), ("mobile", &[b"ask reception"])]);
        let shown = env.run(&SHOW).must(0).json();
        assert_eq!(masked(&shown), ["a***@example.com"], "{dialect:?}");
        let unreadable = json!(["4 e-mail addresses that are none", "a telephone number that is none"]);
        assert_eq!(shown["contacts_unreadable"], unreadable, "{dialect:?}");
        let text = env.run(&["show", "ada"]).must(0);
        assert!(text.text().contains("4 e-mail addresses that are none"), "{}", text.text());
        assert!(!text.text().contains("Bcc") && !text.text().contains(&long), "{}", text.text());
        env.run(&["reset", "ada", "--yes", "--reveal", "stdout"]).must(0); // they decide about no reset
    }
}

/// Replication metadata: these attributes, changed at this second since 1601.
fn metadata(rows: &[(u32, u64)]) -> Vec<u8> {
    let mut bytes = vec![1, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend(u32::try_from(rows.len()).unwrap().to_le_bytes());
    bytes.extend([0; 4]);
    for (id, seconds) in rows {
        bytes.extend([&id.to_le_bytes()[..], &1_u32.to_le_bytes(), &seconds.to_le_bytes(), &[0; 32]].concat());
    }
    bytes
}

#[test]
fn a_domain_tells_when_an_attribute_was_changed() {
    let (fake, env) = signed_in(Dialect::ActiveDirectory, "");
    let changed = metadata(&[(0x9_005a, 13_440_009_680), (0x15_0003, 13_440_096_079), (0x15_0029, 13_440_009_679)]);
    fake.customer_has(&[
        ("mobile", &[b"+44 20 7946 0018"]),
        ("telephoneNumber", &[b"+44 20 7946 0019"]),
        ("replPropertyMetaData", &[&changed]),
    ]);
    let shown = env.run(&SHOW).must(0).json();
    let times: Vec<&Value> = shown["contacts"].as_array().unwrap().iter().map(|found| &found["changed_at"]).collect();
    assert_eq!(times, [&json!("2026-11-25T16:01:19Z"), &json!("2026-11-24T16:01:19Z"), &Value::Null]);
    assert!(shown["contacts"][0]["unchanged_since"].is_null());
}

#[test]
fn slapd_tells_since_when_nothing_of_the_entry_changed() {
    let (fake, env) = signed_in(Dialect::OpenLdap, "");
    let untold = env.run(&SHOW).must(0).json();
    assert!(untold["contacts"][0]["unchanged_since"].is_null(), "{untold}");
    fake.customer_has(&[("modifyTimestamp", &[b"20261124160119Z"])]);
    let shown = env.run(&SHOW).must(0).json();
    let contact = &shown["contacts"][0];
    assert_eq!((&contact["changed_at"], &contact["unchanged_since"]), (&Value::Null, &json!("2026-11-24T16:01:19Z")));
}

#[test]
fn an_attribute_that_slapd_hides_is_named_and_stops_no_reset() {
    let (fake, env) = signed_in(Dialect::OpenLdap, "");
    fake.rule(|asked, stream| {
        // A filter on it is Undefined: nothing is found.
        let hidden = asked.tag == SEARCH && asked.bytes.windows(8).any(|part| part == b"\x87\x06mobile");
        if hidden {
            let _ = stream.write_all(&asked.done(0));
        }
        hidden
    });
    let shown = env.run(&SHOW).must(0).json();
    assert_eq!(shown["contacts_unreadable"], json!(["the attribute mobile"]));
    assert_eq!(masked(&shown), ["a***@example.com"]);
    let text = env.run(&["show", "ada"]).must(0);
    assert!(text.text().contains("Not readable"), "{}", text.text());
    env.run(&["reset", "ada", "--yes", "--reveal", "stdout"]).must(0);
}

#[test]
fn an_attribute_that_a_domain_hides_is_named_and_stops_no_reset() {
    let (fake, env) = signed_in(Dialect::ActiveDirectory, "");
    // Everybody is denied to read mobile, and has all other rights.
    let everybody = [1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
    let mobile = [0xa3, 0xff, 0xf8, 0xf0, 0x91, 0x11, 0xd0, 0x11, 0xa0, 0x60, 0, 0xaa, 0, 0x6c, 0x33, 0xed];
    let denied = [&[6, 0, 40, 0, 0x10, 0, 0, 0, 1, 0, 0, 0][..], &mobile, &everybody].concat();
    let allowed = [&[0, 2, 20, 0, 0xff, 0x01, 0x01, 0][..], &everybody].concat();
    let header = [1, 0, 4, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 4, 0, 68, 0, 2, 0, 0, 0];
    let permissions = [&header[..], &denied, &allowed].concat();
    fake.customer_has(&[("nTSecurityDescriptor", &[&permissions])]);
    let shown = env.run(&SHOW).must(0).json();
    assert_eq!(shown["contacts_unreadable"], json!(["the attribute mobile"]));
    env.run(&["reset", "ada", "--yes", "--reveal", "stdout"]).must(0);
}

#[test]
fn a_name_that_is_none_is_refused_when_the_profile_is_read() {
    for dialect in Dialect::BOTH {
        for wrong in ["work mail", "mail)(uid=*", ""] {
            let env = TestEnvironment::with_profile(&format!(
                "{}contact_attributes = {{ email = ['{wrong}'] }}\n",
                dialect.profile(9)
            ));
            let error = env.run(&["-o", "json", "whoami"]).must(2).error();
            let message = error["message"].as_str().unwrap();
            assert!(message.contains("is not the name of an attribute") && message.contains("line "), "{message}");
        }
    }
}
