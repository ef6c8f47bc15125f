//! `profile add` at a terminal: it asks, tries, asks again with what was answered, and writes once the server answers.

use crate::support::Terminal;
use crate::support::ldap::{Kind, Server};
use crate::support::{TestEnvironment, assert_screen};

/// Answers the question that the screen ends with.
fn answer(terminal: &mut Terminal, question: &str, with: &str) {
    terminal.wait_until(question, |screen| {
        let asked = screen.trim_end().lines().next_back().unwrap_or_default();
        asked.starts_with(question) && asked.ends_with(':')
    });
    terminal.type_(&format!("{with}\r"));
}

/// Chooses a row of the list below the question.
fn choose(terminal: &mut Terminal, question: &str, row: &str) {
    terminal.wait_until(question, |screen| screen.contains(question) && screen.contains(&format!("\n  {row}")));
    while !terminal.wait_for("> ").contains(&format!("> {row}")) {
        let before = terminal.wait_for("> ");
        terminal.type_("\u{1b}[B");
        terminal.wait_until("the next row", |screen| screen.contains("> ") && screen != before);
    }
    terminal.type_("\r");
}

fn asks_tries_and_asks_again(server: &Server) {
    let env = TestEnvironment::new();
    let config = env.path().join("config.toml");
    let before = "# ours\n[audit]\nforward = { syslog = true } # central\n";
    std::fs::write(&config, before).unwrap();
    let mut terminal = Terminal::run(&env, &["profile", "add", "people"], 200, 60);
    let (backend, screen) = match server.kind {
        Kind::OpenLdap => ("openldap", "profile_added_openldap"),
        Kind::ActiveDirectory => ("active-directory", "profile_added_active_directory"),
    };
    let base = server.value("OU");
    choose(&mut terminal, "Which backend?", backend);
    answer(&mut terminal, "Address of ", "");
    terminal.wait_for("This one is needed");
    answer(&mut terminal, "Address of ", &server.url().replace("ldaps", "ldap"));
    answer(&mut terminal, "File with the certificate authority (ca.pem) [the system's authorities]", "");
    answer(&mut terminal, "Customers' users are below", "ou=customers,dc=elsewhere,dc=test");
    if server.kind == Kind::OpenLdap {
        answer(&mut terminal, "Agents are below", &format!("ou=agents,{}", server.value("BASE")));
        answer(&mut terminal, "Default policy", &format!("cn=default,ou=policies,{}", server.value("BASE")));
    }
    answer(&mut terminal, "Groups whose members agents do not reset", "none");
    let mut again = |told: &str, address: &str, authority: &str, base: &str| {
        terminal.wait_for(told);
        assert_eq!(std::fs::read_to_string(&config).unwrap(), before, "nothing is written: {told}");
        answer(&mut terminal, "Address of ", address);
        answer(&mut terminal, "File with the certificate authority", authority);
        answer(&mut terminal, "Customers' users are below [", base);
        if server.kind == Kind::OpenLdap {
            answer(&mut terminal, "Agents are below [ou=agents,", "");
            answer(&mut terminal, "Default policy [cn=default,", "");
        }
        answer(&mut terminal, "Groups whose members agents do not reset [none]", "");
    };
    again("is not encrypted", server.url(), "", "");
    again("name the right one as ca_cert", "", server.value("CA"), "");
    again("base ou=customers,dc=elsewhere,dc=test is not in this directory", "", "", base);
    terminal.wait_for("Profile people is added");
    assert_eq!(terminal.end().0, 0);
    let shown = terminal.everything().0.replace(server.value("CA"), "[ca.pem]");
    assert_screen!(env, screen, shown);
    let written = std::fs::read_to_string(&config).unwrap();
    assert!(written.contains("# ours") && written.contains("# central"), "what stood there stays: {written}");
    for (key, value) in [("backend", backend), ("url", server.url()), ("base", base), ("protected", "none")] {
        assert!(written.contains(&format!("{key} = \"{value}\"")), "{written}");
    }
    let login = ["--profile", "people", "login", "--agent", "agent", "--password-stdin", "--store", "file"];
    env.run_with(&login, &format!("{}\n", server.value("AGENT_PW"))).must(0);
    let mut taken = Terminal::run(&env, &["profile", "add", "people"], 80, 24);
    assert_eq!(taken.end().0, 2, "told before anything is asked");
    assert_screen!(env, "profile_taken", taken.everything().0);
}

/// Who gives up while the server is tried leaves everything as it was.
fn who_gives_up_changes_nothing() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let env = TestEnvironment::new();
    let url = format!("url=ldaps://{}", silent.local_addr().unwrap());
    let set = ["--set", &url, "--set", "base=dc=tellonce,dc=test"];
    let given = [&["profile", "add", "people", "--backend", "active-directory"][..], &set].concat();
    let mut terminal = Terminal::run(&env, &given, 200, 24);
    answer(&mut terminal, "File with the certificate authority", "");
    answer(&mut terminal, "Groups whose members", "none");
    let (tried, _) = silent.accept().unwrap();
    terminal.type_("\u{3}");
    assert!(terminal.end().1.is_some_and(|signal| signal.contains("Interrupt")));
    drop(tried);
    assert!(!env.path().join("config.toml").exists());
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_profile_for_openldap_is_asked_for() {
    asks_tries_and_asks_again(&Server::start(Kind::OpenLdap));
    who_gives_up_changes_nothing();
}

#[test]
#[ignore = "needs Samba as a domain controller, and root: TELLONCE_LIVE=active-directory"]
fn a_profile_for_active_directory_is_asked_for() {
    asks_tries_and_asks_again(&Server::start(Kind::ActiveDirectory));
}
