//! The id that a rename or a move leaves as it is: shown, kept, and found by.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tellonce::auth::SessionStore;
use tellonce::backends::{BackendContext, open};
use tellonce::config::{Configuration, Folders};
use tellonce::domain::{Kind as ErrorKind, Session, SignInMethod, UserProfile};

use crate::support::TestEnvironment;
use crate::support::conformance::{MovedClock, Player, wait_for};
use crate::support::ldap::{Kind, Server};

/// Signs the agent in through the library, by the profile of an environment.
pub async fn agent_session(server: &Server, env: &TestEnvironment) -> Session {
    let (folders, text) = (Folders::all_in(env.path()), env.read("config.toml"));
    let configuration = Configuration::parse(&text, &folders.config_file()).unwrap();
    let profile = configuration.profile(None).unwrap();
    let context = BackendContext {
        folders: &folders,
        call_timeout: Duration::from_secs(10),
        clock: Arc::new(MovedClock::default()),
        store: Rc::new(SessionStore::new(&folders, "live", Box::new(|_| {}))),
        interceptor: |request| request,
    };
    let mut player = Player::confirming(server.value("AGENT_PW"));
    let opened = open(&profile, &context).unwrap();
    opened.sign_in(SignInMethod::Password, Some("agent"), &mut player).await.unwrap().0
}

/// The user of a customer, as `show` has it.
fn shown(env: &TestEnvironment, customer: &str) -> serde_json::Value {
    env.run_must_say(&["-o", "json", "show", customer], 0, "").json()["user"].clone()
}

/// Asks for the user with this id.
fn find(server: &Server, env: &TestEnvironment, id: &str) -> tellonce::domain::Result<Option<UserProfile>> {
    wait_for(async { agent_session(server, env).await.backend().find_by_immutable_id(id).await })
}

/// The user is shown with this id, and found by it, before and after a rename.
fn a_rename_leaves_the_id(server: &Server, customer: &str, id: &str, new_rdn: &str) {
    let env = server.environment();
    assert_eq!(shown(&env, customer)["immutable_id"], id);
    let before = find(server, &env, id).unwrap().unwrap();
    assert_eq!((before.id.as_str(), before.immutable_id.as_deref()), (server.dn(customer).as_str(), Some(id)));
    assert_eq!(find(server, &env, &id.to_uppercase()).unwrap().unwrap(), before);
    server.change(&format!("dn: {}\nchangetype: modrdn\nnewrdn: {new_rdn}\ndeleteoldrdn: 1\n", server.dn(customer)));
    let after = find(server, &env, id).unwrap().unwrap();
    assert_eq!(after.id.as_str(), format!("{new_rdn},{}", server.value("OU")));
    assert_eq!(after.immutable_id, before.immutable_id);
    assert_eq!(shown(&env, &format!("{customer}@example.com"))["immutable_id"], id);
    assert_eq!(find(server, &env, &id.replace('-', "")).unwrap(), None, "another spelling is no id");
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn a_user_of_slapd_keeps_the_id() {
    let server = Server::start(Kind::OpenLdap);
    let id = server.value_of(&server.dn("ada"), "entryUUID");
    a_rename_leaves_the_id(&server, "ada", &id, "uid=countess");
    // What the agent may not read is not shown, and whoever is not found by it may be there.
    let (agent, ou) = (server.value("AGENT"), server.value("OU"));
    let hidden = format!("access to dn.subtree=\"{ou}\" attrs=entryUUID by dn.exact=\"{agent}\" none\n");
    server.serve_with(&hidden, "", "");
    let env = server.environment();
    assert_eq!(shown(&env, "gus")["immutable_id"], serde_json::Value::Null);
    let refused = find(&server, &env, &id).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Refused, "{refused}");
    assert!(refused.to_string().contains("entryUUID cannot be read"), "{refused}");
    env.issue("gus");
}

#[test]
#[ignore = "needs Samba as a domain controller, and root: TELLONCE_LIVE=active-directory"]
fn a_user_of_a_domain_keeps_the_id() {
    let server = Server::start(Kind::ActiveDirectory);
    let told = server.samba_tool(&["user", "show", "ada", "--attributes=objectGUID"]);
    let id = told.lines().find_map(|line| line.strip_prefix("objectGUID: ")).unwrap().to_owned();
    a_rename_leaves_the_id(&server, "ada", &id, "CN=countess");
}
