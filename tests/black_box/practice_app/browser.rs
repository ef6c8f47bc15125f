//! The guide in a real browser, with scripts on and off, at the size of a phone and of a desktop.

use std::path::Path;

use base64::Engine as _;

use crate::support::TestEnvironment;
use crate::support::chromium::Chromium;
use crate::support::practice_app::PracticeApp;

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
    }
    browser.type_into("new-password-again", "short");
    browser.enter();
    assert!(browser.text().contains("That password cannot be used:\n\nat least 12 characters"), "{}", browser.text());
    browser.type_into("new-password", "Chosen-by-me-2026");
    if with_scripts {
        let all = "at least 12 characters; at least one capital letter; at least one small letter; at least one digit; at least one special character (such as - ! ?)";
        assert_eq!(browser.see(ticked), all);
    }
    browser.type_into("new-password-again", "Chosen-by-me-2026");
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
    browser.type_into("new-password", "Chosen-by-me-2026");
    browser.type_into("new-password-again", "Chosen-by-me-2026");
    browser.enter();
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
