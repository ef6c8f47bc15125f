//! The guide: a temporary password, a password of their own, "Forgot Your Password?", and what support does meanwhile.

use crate::support::practice_app::{PracticeApp, heading};
use crate::support::{TestEnvironment, wait_until};

const OWN: &str = "Chosen-by-me-2026";

#[test]
fn a_customer_gets_back_in_and_only_the_newest_password_works() {
    let env = TestEnvironment::signed_in("sam");
    let app = PracticeApp::start(&env, &[]);
    let browser = app.browser();
    let first = env.issue("ada@example.com");
    let temporary = env.issue("ada@example.com");
    for wrong in ["wrong", &first, &temporary.to_lowercase()] {
        let refused = browser.sign_in("ada@example.com", wrong);
        assert_eq!((refused.status, heading(&refused).as_str()), (401, "Sign in"), "{wrong}");
        assert!(refused.text.contains("Wrong name or password."), "{refused:#?}");
        assert!(!refused.text.contains(wrong), "no password is written into a page");
    }
    let page = browser.sign_in("ada@example.com", &temporary);
    assert_eq!(heading(&page), "Choose your own password");
    assert!(page.text.contains("at least 12 characters") && page.text.contains("Update Password"), "{page:#?}");
    assert_eq!(heading(&browser.open("/")), "Choose your own password", "it cannot be passed over");

    let refused = browser.update_password(&page, "short");
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("<p>That password cannot be used:</p><ul><li>at least 12 characters</li>"),
        "{refused:#?}"
    );
    let kept = browser.update_password(&page, &temporary);
    assert_eq!(
        (kept.status, heading(&kept).as_str()),
        (422, "Choose your own password"),
        "the temporary one cannot be kept"
    );
    let fields = [("new_password", OWN), ("new_password_again", "Chosen-by-me-2027")];
    let different = browser.submit(&page, "/choose-password", &fields);
    assert!(different.text.contains("<li>the two are not the same</li>"), "{different:#?}");

    let done = browser.update_password(&page, OWN);
    assert_eq!(heading(&done), "You are signed in");
    assert!(done.text.contains("Ada Lovelace (ada.lovelace)"), "{done:#?}");
    assert_eq!(env.status("C-1001")["status"], "active");
    let out = browser.submit(&done, "/sign-out", &[]);
    assert!(out.text.contains("You are signed out."), "{out:#?}");
    assert_eq!(heading(&browser.open("/")), "Sign in", "signed out");
    assert_eq!(browser.sign_in("ada@example.com", &temporary).status, 401);
    assert_eq!(heading(&browser.sign_in("ada.lovelace", OWN)), "You are signed in");
}

#[test]
fn the_mailed_link_works_once_and_not_while_a_temporary_password_is_pending() {
    let env = TestEnvironment::signed_in("sam");
    let app = PracticeApp::start(&env, &[]);
    let browser = app.browser();
    let ask = |email: &str| browser.submit(&browser.open("/forgot-password"), "/forgot-password", &[("email", email)]);
    let (known, unknown) = (ask("bjork@example.com"), ask("nobody@example.com"));
    assert_eq!(known.text, unknown.text, "nothing tells whether a user exists");
    let inbox = browser.open("/inbox");
    let link = inbox.text.split("href=\"").find(|part| part.starts_with("/reset?")).expect("a link");
    let link = link.split('"').next().unwrap();
    let token = link.split_once("token=").unwrap().1;
    let page = browser.open(link);
    let choose = |new: &str| {
        let fields = [("link_token", token), ("new_password", new), ("new_password_again", new)];
        browser.submit(&page, "/reset", &fields)
    };
    assert_eq!(choose("short").status, 422);
    let done = choose(OWN);
    assert!(done.text.contains("Your password is updated. Sign in with it."), "{done:#?}");
    let again = choose("Another-one-2026");
    assert_eq!((again.status, heading(&again).as_str()), (409, "This link does not work"));
    assert_eq!(heading(&browser.sign_in("bjork@example.com", OWN)), "You are signed in");

    env.issue("bjork@example.com");
    ask("bjork@example.com");
    assert!(browser.open("/inbox").text.contains("Your password is being reset by support."));
}

#[test]
fn a_reset_ends_the_session_and_a_newer_one_the_page_of_the_older() {
    let env = TestEnvironment::signed_in("sam");
    let app = PracticeApp::start(&env, &[]);
    let browser = app.browser();
    let page = browser.sign_in("ada@example.com", &env.issue("ada@example.com"));
    assert_eq!(browser.open("/session").status, 204);
    let newer = env.issue("ada@example.com");
    assert_eq!(browser.open("/session").status, 401, "the script is told");
    let late = browser.update_password(&page, OWN);
    assert_eq!((late.status, heading(&late).as_str()), (409, "The temporary password does not work any more"));

    let page = browser.sign_in("ada@example.com", &newer);
    browser.update_password(&page, OWN);
    assert_eq!(browser.open("/session").status, 204);
    env.issue("ada@example.com");
    assert_eq!(browser.open("/session").status, 401);
    let ended = browser.open("/");
    assert_eq!(heading(&ended), "Sign in");
    assert!(ended.text.contains("Your session has ended. Sign in again."), "{ended:#?}");
}

#[test]
fn a_form_sent_twice_and_two_tabs_lose_nothing() {
    let env = TestEnvironment::signed_in("sam");
    let app = PracticeApp::start(&env, &[]);
    let browser = app.browser();
    let old_tab = browser.open("/");
    let page = browser.sign_in("ada@example.com", &env.issue("ada@example.com"));
    browser.update_password(&page, OWN);
    assert_eq!(
        heading(&browser.update_password(&page, OWN)),
        "You are signed in",
        "sent twice, or after the back button"
    );
    assert_eq!(heading(&browser.open("/choose-password")), "You are signed in", "the back button");
    let stale = browser.submit(&old_tab, "/sign-in", &[("name", "ada@example.com"), ("password", OWN)]);
    assert_eq!((stale.status, heading(&stale).as_str()), (403, "This page is out of date"));
    assert_eq!(heading(&browser.open("/")), "You are signed in", "and nobody was signed out");
}

#[test]
fn a_locked_user_and_a_withdrawn_password_are_refused_as_the_practice_directory_does() {
    let env = TestEnvironment::signed_in("sam");
    let app = PracticeApp::start(&env, &[]);
    let browser = app.browser();
    let temporary = env.issue("ada@example.com");
    env.run(&["--profile", "practice", "withdraw", "C-1001", "--yes"]).must(0);
    let withdrawn = browser.sign_in("ada@example.com", &temporary);
    assert_eq!(withdrawn.status, 401);
    for _ in 0..5 {
        browser.sign_in("bjork@example.com", "wrong");
    }
    let locked = browser.sign_in("bjork@example.com", "wrong");
    assert!(locked.text.contains("Too many failed attempts: try again later."), "{locked:#?}");
}

#[test]
fn the_address_that_is_printed_is_opened_in_the_browser() {
    let env = TestEnvironment::signed_in("sam");
    let (programs, opened) = (env.path().join("programs"), env.path().join("opened"));
    std::fs::create_dir(&programs).unwrap();
    let script = format!("#!/bin/sh\necho \"$1\" >'{}'\n", opened.display());
    let browser = programs.join("xdg-open");
    std::fs::write(&browser, script).unwrap();
    std::fs::set_permissions(&browser, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let app = PracticeApp::start_command(env.command(&["-o", "json", "practice", "app", "--open"]).env("PATH", path));
    let address = wait_until(
        "the browser",
        || std::fs::read_to_string(&opened).unwrap_or_default(),
        |address| address.ends_with('\n'),
    );
    assert_eq!(address.trim(), app.printed["url"].as_str().unwrap());
    assert_eq!(heading(&app.browser().open("/")), "Sign in");
}
