//! The inbox shows messages to telephones as well, and one person's alone.

use crate::support::TestEnvironment;
use crate::support::practice_app::PracticeApp;

#[test]
fn an_address_or_a_number_has_an_inbox_of_its_own() {
    let env = TestEnvironment::signed_in("sam");
    let app = PracticeApp::start(&env, &[]);
    let browser = app.browser();
    env.run(&["practice", "forgot-password", "ada@example.com"]).must(0);
    let directory = rusqlite::Connection::open(env.path().join("practice.db")).unwrap();
    let message = "INSERT INTO mail(at, recipient, subject, body, channel, kind) VALUES(0, ?1, 'A <b>code</b>', 'The code is 12345678.', 'phone', 'code')";
    directory.execute(message, ["+44 20 7946 0001"]).unwrap();
    directory.execute(message, ["\"><script>"]).unwrap();
    let all = browser.open("/inbox").text;
    for part in ["ada@example.com", "Text message to <a href=\"/inbox?to=%2B44+20+7946+0001\">+44 20 7946 0001</a>"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    assert!(!all.contains("<b>code") && !all.contains("<script>"), "{all}");
    let phone = browser.open("/inbox?to=%2B44+20+7946+0001").text;
    assert!(phone.contains("This is the inbox of +44 20 7946 0001.") && phone.contains("12345678"), "{phone}");
    assert!(!phone.contains("ada@example.com"), "{phone}");
    let ada = browser.open("/inbox?to=ADA%40example.com").text;
    assert!(ada.contains("Choose a new password") && !ada.contains("12345678"), "{ada}");
    assert!(browser.open("/inbox?to=nobody%40example.com").text.contains("No message was sent."));
    assert_eq!(browser.open("/inbox?to=").text, all);
    assert_eq!(browser.open("/inbox?to=%FF").status, 200);

    let listed = env.run(&["practice", "outbox"]).must(0);
    assert!(listed.stdout.contains("text message to +44 20 7946 0001: "), "{listed:?}");
    let json = env.run(&["-o", "json", "practice", "outbox"]).must(0).json();
    let kinds: Vec<_> =
        json["mails"].as_array().unwrap().iter().map(|mail| (&mail["channel"], &mail["kind"])).collect();
    assert_eq!(kinds[0], (&"email".into(), &"self_service".into()));
    assert_eq!(kinds[1], (&"phone".into(), &"code".into()));
}
