//! What a server can do wrong with each request, told right every time: unchanged, changed, or unknown.

use super::frame_proxy::{BIND, Frames, MODIFY, SEARCH, Verdict};
use crate::support::TestEnvironment;
use crate::support::ldap::{Kind, Server};

const NONE: &str = "protected = \"none\"\n";

/// Whether the customer still gets in with the old password.
fn untouched(server: &Server, customer: &str) -> bool {
    server.binds(&server.name(customer), server.value("CUSTOMER_PW")).is_success()
}

fn busy_is_waited_for(server: &Server, proxy: &Frames, env: &TestEnvironment) {
    for code in [51, 52] {
        proxy.next(SEARCH, 2, Verdict::Answer(code));
        env.run_must_say(&["show", "ada"], 0, "Offered");
        proxy.next(MODIFY, 2, Verdict::Answer(code));
        env.issue("gus");
    }
    proxy.judge(|tag| if tag == MODIFY { Verdict::Answer(51) } else { Verdict::Pass });
    env.refuses("ada", 8, "busy");
    assert!(untouched(server, "ada"));
    proxy.judge(|tag| if tag == BIND { Verdict::Answer(52) } else { Verdict::Pass });
    env.refuses("ada", 8, "not available now");
    proxy.judge(|_| Verdict::Pass);
}

fn lost_answers(server: &Server, proxy: &Frames, env: &TestEnvironment) {
    proxy.next(SEARCH, 1, Verdict::Cut);
    env.run_must_say(&["show", "ada"], 0, "");
    proxy.next(MODIFY, 1, Verdict::Cut);
    env.refuses("ada", 9, "Issue another");
    assert!(untouched(server, "ada"), "it never arrived, which nobody can know");
    proxy.next(MODIFY, 1, Verdict::PassAndCut);
    let told = env.run(&["-o", "json", "reset", "ada", "--yes", "--reveal", "stdout"]);
    told.must_say(9, "\"changed\":\"yes\"");
    assert!(!untouched(server, "ada"), "it arrived");
    proxy.next(MODIFY, 1, Verdict::Silence);
    let waited = env.run(&["--timeout", "1s", "reset", "ada", "--yes", "--reveal", "stdout"]);
    waited.must_say(9, "Issue another");
    proxy.next(SEARCH, 1, Verdict::Silence);
    env.run(&["--timeout", "1s", "show", "ada"]).must_say(8, "did not answer in time");
    proxy.next(SEARCH, 1, Verdict::Nonsense);
    env.run(&["show", "ada"]).must_say(0, "ada");
    proxy.judge(|tag| if tag == SEARCH { Verdict::Nonsense } else { Verdict::Pass });
    env.run(&["show", "ada"]).must_say(8, "closed the connection");
    proxy.judge(|_| Verdict::Pass);
    env.issue("ada");
}

/// The set goes to one server and is read back there: when that is gone, no other is asked.
fn one_server_until_it_is_read_back(proxy: &Frames, env: &TestEnvironment, server: &Server) {
    let second = Frames::start(server.value("STARTTLS_URL").trim_start_matches("ldap://").to_owned());
    let both = format!("url = [{}, {}]\ninsecure_ldap = true", address(proxy), address(&second));
    env.edit_config(&format!("url = {}", proxy.url()), &both);
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&asked);
    second.judge(move |_| {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Verdict::Pass
    });
    let mut changed = false;
    proxy.judge(move |tag| {
        let after = changed;
        changed |= tag == MODIFY;
        if after { Verdict::Cut } else { Verdict::Pass }
    });
    env.refuses("gus", 9, "Issue another");
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 0, "the other server may not know yet");
    env.issue("gus");
    assert_ne!(asked.load(std::sync::atomic::Ordering::SeqCst), 0, "a new job takes the one that answers");
}

fn address(proxy: &Frames) -> String {
    proxy.url().lines().next().unwrap().to_owned()
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn faults() {
    let server = Server::start_with(Kind::OpenLdap, &[("SLAPD_PLAIN", "1")]);
    let plain = server.value("STARTTLS_URL").trim_start_matches("ldap://").to_owned();
    let proxy = Frames::start(plain);
    let env = server.environment_with(&proxy.url(), NONE);
    env.login.must_say(0, "");
    busy_is_waited_for(&server, &proxy, &env);
    lost_answers(&server, &proxy, &env);
    one_server_until_it_is_read_back(&proxy, &env, &server);
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_certificate_that_has_expired() {
    // The start script waits for the server by its own certificate: one that is over lets nobody in.
    let server = Server::start_with(Kind::OpenLdap, &[("SLAPD_DAYS", "-1"), ("LDAPTLS_REQCERT", "allow")]);
    let env = server.environment_with("", NONE);
    env.login.must_say(8, "its certificate has expired");
    let add = ["profile", "add", "second", "--backend", "openldap", "--protect", "none"];
    let keys = server.profile("", std::path::Path::new(server.value("CA")));
    let sets: Vec<String> = keys
        .lines()
        .filter(|line| !line.starts_with("backend"))
        .map(|line| line.replace(" = ", "=").replace('"', ""))
        .collect();
    let sets: Vec<&str> = sets.iter().flat_map(|pair| ["--set", pair.as_str()]).collect();
    env.run(&[&add[..], &sets].concat()).must_say(2, "its certificate has expired");
    assert!(!env.run(&["profile", "list"]).text().contains("second"), "nothing is written");
}
