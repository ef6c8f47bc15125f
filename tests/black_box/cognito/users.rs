//! Users of every state, and names and addresses of every kind.

use super::{RESET, agent_of};
use crate::support::TestEnvironment;
use crate::support::fake_cognito::{FakeCognito, FakeUser, STAFF};

const SET: &str = "AdminSetUserPassword";

fn reset<'a>(customer: &'a str) -> [&'a str; 7] {
    let mut arguments: [&'a str; 7] = RESET;
    arguments[3] = customer;
    arguments
}

#[test]
fn every_state_has_its_status_and_what_can_be_done_about_it() {
    let pool = FakeCognito::start();
    let state = |name: &str, state: &str| pool.add(FakeUser::new(name).in_state(state));
    state("una", "UNCONFIRMED");
    state("pia", "FORCE_CHANGE_PASSWORD");
    state("rex", "RESET_REQUIRED");
    state("arch", "ARCHIVED");
    state("comp", "COMPROMISED");
    state("newest", "WAITING_FOR_GODOT");
    state("hidden", "UNKNOWN");
    let identities = r#"[{"userId":"f","providerName":"CorpLogin","providerType":"SAML","primary":true}]"#;
    pool.add(FakeUser::new("CorpLogin_fay").in_state("EXTERNAL_PROVIDER").with("identities", identities));
    pool.add(FakeUser::new("odd").in_state("EXTERNAL_PROVIDER").with("identities", "{"));
    pool.add(FakeUser::new("off").disabled());
    pool.add(FakeUser::new("boss").in_group(STAFF));
    let env = agent_of(&pool);
    for (name, code, reason, status) in [
        ("ada", 0, "", "active"),
        ("una", 0, "", "active"),
        ("pia", 0, "", "force_password_reset"),
        ("rex", 0, "", "force_password_reset"),
        ("arch", 7, "disabled", "disabled"),
        ("comp", 7, "disabled", "disabled"),
        ("newest", 7, "unreadable", "unknown"),
        ("hidden", 7, "unreadable", "unknown"),
        ("CorpLogin_fay", 7, "external", "external"),
        ("odd", 7, "external", "external"),
        ("off", 7, "disabled", "disabled"),
        ("boss", 7, "protected", "active"),
    ] {
        let shown = env.run(&["-o", "json", "show", name]).must(0).json();
        assert_eq!(shown["status"], *status, "{name}: {shown}");
        let ran = env.run(&reset(name));
        assert_eq!(ran.code, code, "{name}: {ran:?}");
        if code != 0 {
            let error = ran.error();
            assert_eq!((&error["reason"], &error["changed"]), (&reason.into(), &"no".into()), "{name}: {error}");
            assert!(!error.to_string().contains("GODOT"), "{name}: a text of the server: {error}");
        }
        assert_eq!(pool.user(name).password.is_some(), code == 0, "{name}");
    }
    env.run_must_say(&["show", "CorpLogin_fay"], 0, "CorpLogin");
}

#[test]
fn a_name_with_quotes_and_backslashes_is_found_and_reset() {
    let pool = FakeCognito::start();
    let names = [r#"o"brien"#, r"back\slash", r#"both\""#, r#"" or sub ^= ""#.trim(), "it's", "%41da", "ünï", "a=b"];
    for name in names {
        let name = name.replace(' ', "_"); // no username has a space
        pool.add(FakeUser::new(&name).with("email", &format!("{name}@example.com")));
    }
    let env = agent_of(&pool);
    for name in names {
        let name = &name.replace(' ', "_");
        for text in [name.clone(), format!("{name}@example.com")] {
            let found = env.run(&["-o", "json", "find", &text]).must(0).json();
            let customers = found["customers"].as_array().unwrap();
            assert_eq!(customers.len(), 1, "{text}: {found}");
            assert_eq!(customers[0]["username"], **name, "{text}");
        }
        let issued = env.run(&reset(name)).must(0);
        assert_eq!(pool.user(name).password, Some(issued.password()), "{name}");
    }
    assert!(pool.user("ada").password.is_none(), "nobody else was touched");
    for text in [r#"""#, r"\", r#"x" or username ^= ""#] {
        let found = env.run(&["-o", "json", "find", text]).must(0).json();
        assert!(!found.to_string().contains("\"ada\""), "{text}: {found}");
    }
}

#[test]
fn two_users_with_one_address_are_candidates() {
    let pool = FakeCognito::start();
    for name in ["ben", "ben2"] {
        pool.add(FakeUser::new(name).with("email", "ben@example.com").with("email_verified", "false"));
    }
    let env = agent_of(&pool);
    let error = env.run(&reset("ben@example.com")).must(5).error();
    assert_eq!(error["candidates"].as_array().unwrap().len(), 2, "{error}");
    assert_eq!((&error["reason"], &error["changed"]), (&"ambiguous".into(), &"no".into()));
    assert!(pool.inputs(SET).is_empty());
    env.run(&reset("ben2")).must(0);
    assert!(pool.user("ben").password.is_none() && pool.user("ben2").password.is_some());
}

#[test]
fn nobody_of_that_name() {
    let pool = FakeCognito::start();
    let env = agent_of(&pool);
    for name in ["nobody", "nobody@example.com", "+442079460018", "5ab00000-0000-4000-8000-00000000ffff", "a b c"] {
        env.run(&reset(name)).must(3);
    }
    let long = "x".repeat(400);
    for name in ["", " ", "a\nb", "a\u{202e}b", &long] {
        let ran = env.run(&reset(name));
        assert!(matches!(ran.code, 2 | 3), "{name:?}: {ran:?}");
    }
    assert!(pool.inputs(SET).is_empty());
}

/// In such a pool the username is the `sub`, which nobody types (Cognito Developer Guide, "Customizing sign-in attributes").
#[test]
fn a_pool_with_the_address_as_username() {
    let pool = FakeCognito::start();
    pool.configure(serde_json::json!({ "UsernameAttributes": ["email"] }));
    let sub = "5ab00000-0000-4000-8000-0000000000e1";
    pool.add(FakeUser::new(sub).with("sub", sub).with("email", "eve@example.com").with("name", "Eve"));
    let env = agent_of(&pool);
    for text in ["eve@example.com", "EVE@example.com", sub] {
        let shown = env.run(&["-o", "json", "show", text]).must(0).json();
        assert_eq!(shown["customer"]["username"], "eve@example.com", "{text}: {shown}");
        let issued = env.run(&reset(text)).must(0);
        assert_eq!(pool.user(sub).password, Some(issued.password()), "{text}");
    }
}

#[test]
fn a_directory_beside_the_pool_finds_its_customers_users() {
    let pool = FakeCognito::start();
    pool.add(FakeUser::new("ben"));
    for name in ["cy", "cy2"] {
        pool.add(FakeUser::new(name).with("email", "cy@example.com"));
    }
    let more = format!("protected = {{ groups = ['{STAFF}'] }}\ncustomers = {{ csv = 'customers.csv' }}");
    let env = TestEnvironment::for_fake_cognito(pool.address(), &more).with_aws_keys();
    env.write(
        "customers.csv",
        "id,name,email,username\nC-1,Ben,ben@example.com,\nC-2,Cy,cy@example.com,\nC-3,Dee,dee@example.com,\nC-4,Cy the second,,cy2\n",
    );
    let issued = env.run(&reset("C-1")).must(0);
    assert_eq!(pool.user("ben").password, Some(issued.password()));
    let error = env.run(&reset("C-2")).must(5).error();
    assert!(error["message"].as_str().unwrap().contains("cy@example.com"), "{error}");
    let created = env.run(&reset("C-3")).must(0).json();
    assert_eq!(created["user_created"], true, "{created}");
    assert_eq!(pool.user("dee@example.com").status, "FORCE_CHANGE_PASSWORD");
    env.run(&reset("C-4")).must(0);
    assert!(pool.user("cy").password.is_none() && pool.user("cy2").password.is_some());
}
