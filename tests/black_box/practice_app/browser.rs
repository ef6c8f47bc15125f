//! The guide in a real browser, with scripts on and off, at the size of a phone and of a desktop.

use std::path::Path;

use base64::Engine as _;

use crate::support::TestEnvironment;
use crate::support::chromium::Chromium;
use crate::support::practice_app::PracticeApp;

const OWN: &str = "Chosen-by-me-2026";
/// Waits for the announcement to screen readers that begins with START, and returns it.
const ANNOUNCED: &str = "new Promise(done => { const look = () => { const text = document.getElementById('rules-status').textContent; text.startsWith(START) ? done(text) : setTimeout(look, 50); }; look(); })";

fn walk(with_scripts: bool) {
    let env = TestEnvironment::signed_in("sam");
    let app = PracticeApp::start(&env, &[]);
    let mut browser = Chromium::start();
    browser.allow_scripts(with_scripts);
    let temporary = env.issue("ada@example.com");
    browser.go(&app.origin());
    assert!(browser.text().contains("Practice: nothing here is real."));
    browser.type_into("name", "ada@example.com");
    browser.type_into("password", &temporary);
    browser.enter();
    assert!(browser.text().contains("Choose your own password"), "{}", browser.text());
    browser.type_into("new-password", "short");
    let ticked = "[...document.querySelectorAll('#rules li.met')].map(rule => rule.textContent).join('; ')";
    if with_scripts {
        assert_eq!(browser.see(ticked), "at least one small letter", "ticked while typing");
        let missing = browser.see_later(&ANNOUNCED.replace("START", "'Still missing'"));
        assert!(
            missing.as_str().unwrap().contains("at least 12 characters; at least one capital letter;"),
            "{missing}"
        );
    }
    browser.type_into("new-password-again", "short");
    browser.enter();
    assert!(browser.text().contains("That password cannot be used:\n\nat least 12 characters"), "{}", browser.text());
    browser.type_into("new-password", OWN);
    if with_scripts {
        let all = "at least 12 characters; at least one capital letter; at least one small letter; at least one digit; at least one special character (such as - ! ?)";
        assert_eq!(browser.see(ticked), all);
        browser.see_later(&ANNOUNCED.replace("START", "'The rules that are checked'"));
    }
    browser.type_into("new-password-again", OWN);
    browser.enter();
    assert!(browser.text().contains("You are signed in"), "{}", browser.text());
    assert_eq!(env.status("C-1001")["status"], "active");
    env.issue("ada@example.com");
    if with_scripts {
        browser.wait_for_page();
    } else {
        browser.go(&app.origin());
    }
    assert!(browser.text().contains("Your session has ended. Sign in again."), "{}", browser.text());
    assert_eq!(browser.problems(), Vec::<String>::new(), "nothing was blocked, and no script failed");
}

#[test]
#[ignore = "needs chromium"]
fn the_guide_works_with_scripts() {
    walk(true);
}

#[test]
#[ignore = "needs chromium"]
fn the_guide_works_without_scripts() {
    walk(false);
}

/// Signs in from the first page, in a browser without cookies. Returns the page that follows.
fn sign_in(browser: &mut Chromium, app: &PracticeApp, name: &str, password: &str) -> String {
    browser.forget();
    browser.go(&app.origin());
    browser.type_into("name", name);
    browser.type_into("password", password);
    browser.enter();
    browser.text()
}

/// Chooses a password on the page that asks for one, and returns the page that follows.
fn choose(browser: &mut Chromium, password: &str) -> String {
    browser.type_into("new-password", password);
    browser.type_into("new-password-again", password);
    browser.enter();
    browser.text()
}

/// Asks for a mail, and returns the newest one in the inbox.
fn forgot_password(browser: &mut Chromium, app: &PracticeApp, email: &str) -> String {
    browser.go(&format!("{}/forgot-password", app.origin()));
    browser.type_into("email", email);
    browser.enter();
    browser.go(&format!("{}/inbox", app.origin()));
    browser.see("document.querySelector('article').innerText").as_str().unwrap().to_owned()
}

/// L8 to L13, each with the agent's side by the real binary.
#[test]
#[ignore = "needs chromium"]
fn each_promise_to_the_customer_is_kept_in_the_browser() {
    let env = TestEnvironment::signed_in("sam");
    let app = PracticeApp::start(&env, &[]);
    let mut browser = Chromium::start();
    browser.allow_scripts(false); // no page comes by itself
    let ada = "ada@example.com";
    // L13: with nothing pending, "Forgot your password?" mails a link.
    assert!(forgot_password(&mut browser, &app, ada).contains("Choose a new password"));
    assert!(sign_in(&mut browser, &app, ada, "Practice-makes-1").contains("You are signed in"));
    let first = env.issue(ada);
    // L9: the session has ended, the old password is refused, and the mail has no link.
    browser.go(&app.origin());
    assert!(browser.text().contains("Your session has ended"), "{}", browser.text());
    assert!(sign_in(&mut browser, &app, ada, "Practice-makes-1").contains("Wrong name or password."));
    assert!(!forgot_password(&mut browser, &app, ada).contains("Choose a new password"));
    // L10: only the newest works. L12: in this case alone.
    let newest = env.issue(ada);
    for wrong in [&first, &newest.to_lowercase(), &newest.to_uppercase()] {
        assert!(sign_in(&mut browser, &app, ada, wrong).contains("Wrong name or password."), "{wrong}");
    }
    // L8: the rules are listed; one that is broken is named, and the temporary password cannot be kept.
    let asked = sign_in(&mut browser, &app, ada, &newest);
    for words in
        ["Choose your own password", "at least 12 characters", "must not contain the username", "Update Password"]
    {
        assert!(asked.contains(words), "{words}: {asked}");
    }
    for (refused, rule) in
        [("Short-1", "at least 12 characters"), ("ada.lovelace-1843X", "must not contain the username")]
    {
        let page = choose(&mut browser, refused);
        let broken = page.split("That password cannot be used:").nth(1).unwrap_or_else(|| panic!("{refused}: {page}"));
        assert!(broken.trim_start().starts_with(rule), "{refused}: {page}");
    }
    assert!(choose(&mut browser, &newest).contains("Choose your own password"), "it cannot be kept");
    assert!(choose(&mut browser, OWN).contains("You are signed in"));
    assert_eq!(env.status("C-1001")["status"], "active");
    // L11: it works once, and not after its time has run out.
    assert!(sign_in(&mut browser, &app, ada, &newest).contains("Wrong name or password."));
    assert!(sign_in(&mut browser, &app, ada, OWN).contains("You are signed in"));
    let late = env.issue(ada);
    let directory = rusqlite::Connection::open(env.path().join("practice.db")).unwrap();
    directory
        .execute("UPDATE user SET issued_at = issued_at - 90000000, expires_at = expires_at - 90000000", [])
        .unwrap();
    let page = sign_in(&mut browser, &app, ada, &late);
    assert!(!page.contains("Choose your own password") && !page.contains("You are signed in"), "{page}");
    let newest = env.issue(ada);
    sign_in(&mut browser, &app, ada, &newest);
    assert!(choose(&mut browser, "Chosen-by-me-2027").contains("You are signed in"));
    // L13: it works again, and the link works once.
    assert!(forgot_password(&mut browser, &app, ada).contains("Choose a new password"));
    let link = browser.see("document.querySelector('article a[href^=\"/reset\"]').href").as_str().unwrap().to_owned();
    browser.go(&link);
    let done = choose(&mut browser, "Chosen-by-me-2028");
    assert!(!done.contains("cannot be used"), "{done}");
    browser.go(&link);
    assert!(choose(&mut browser, "Chosen-by-me-2029").contains("This link does not work"), "{}", browser.text());
    assert!(sign_in(&mut browser, &app, ada, "Chosen-by-me-2028").contains("You are signed in"));
    assert_eq!(browser.problems(), Vec::<String>::new(), "nothing was blocked, and no script failed");
}

/// Looks for barriers with axe-core, at the size of a phone and of a desktop, with light and dark colours. With
/// `TELLONCE_GENERATE=write` it keeps some pictures in docs/images.
fn look_at(browser: &mut Chromium, page: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let axe = std::fs::read_to_string(root.join("tests/axe/node_modules/axe-core/axe.min.js"))
        .expect("npm ci --prefix tests/axe");
    browser.see(&format!("{axe}; true"));
    for (size, width, height) in [("phone", 390, 844), ("desktop", 1280, 800)] {
        for colours in ["light", "dark"] {
            browser.show_as(width, height, colours);
            let found = browser.see_later(
                "axe.run().then(found => found.violations.map(it => it.id + ': ' + it.nodes.map(node => node.html).join(' ')).join('\\n'))",
            );
            assert_eq!(found, "", "{page}, {size}, {colours}");
            let wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
            assert_eq!(browser.see(wide), false, "{page} is wider than a {size}");
            let is_kept = colours == "light" && ["sign-in", "choose-password", "signed-in"].contains(&page);
            if is_kept && std::env::var("TELLONCE_GENERATE").is_ok_and(|mode| mode == "write") {
                let picture = base64::engine::general_purpose::STANDARD.decode(browser.picture()).unwrap();
                std::fs::write(root.join(format!("docs/images/app-{page}-{size}.png")), picture).unwrap();
            }
        }
    }
}

#[test]
#[ignore = "needs chromium and axe-core: npm ci --prefix tests/axe"]
fn no_page_has_a_barrier() {
    let env = TestEnvironment::signed_in("sam");
    let app = PracticeApp::start(&env, &[]);
    let mut browser = Chromium::start();
    browser.go(&app.origin());
    look_at(&mut browser, "sign-in");
    browser.type_into("name", "ada@example.com");
    browser.type_into("password", "wrong");
    browser.enter();
    look_at(&mut browser, "refused");
    browser.type_into("password", &env.issue("ada@example.com"));
    browser.enter();
    browser.type_into("new-password", "Chosen");
    look_at(&mut browser, "choose-password");
    browser.type_into("new-password-again", "Chosen");
    browser.enter();
    look_at(&mut browser, "rules-broken");
    choose(&mut browser, OWN);
    look_at(&mut browser, "signed-in");
    browser.go(&format!("{}/forgot-password", app.origin()));
    browser.type_into("email", "bjork@example.com");
    browser.enter();
    look_at(&mut browser, "forgot-password");
    browser.go(&format!("{}/inbox", app.origin()));
    look_at(&mut browser, "inbox");
    browser.go(&format!("{}/nothing", app.origin()));
    look_at(&mut browser, "no-such-page");
}
