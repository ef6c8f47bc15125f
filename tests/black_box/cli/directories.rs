//! Profiles of a directory, as far as they can be looked at without a server.

use crate::support::TestEnvironment;

#[test]
fn what_is_wrong_in_a_directorys_profile_is_named() {
    let base = "base = 'ou=c,dc=x'\nprotected = 'none'\n";
    for (own, what) in [
        ("backend = 'openldap'\nurl = 'ldap://id.example.com'\ndefault_policy = 'cn=p,dc=x'\n", "not encrypted"),
        (
            "backend = 'openldap'\nurl = 'ldap://id.example.com'\ninsecure_ldap = true\ndefault_policy = 'cn=p,dc=x'\n",
            "loopback only",
        ),
        ("backend = 'openldap'\nurl = 'ldaps://id.example.com'\n", "default_policy"),
        ("backend = 'active-directory'\nurl = []\n", "no address"),
        ("backend = 'active-directory'\nurl = 'ldaps://dc1'\nstart_tls = true\n", "start_tls"),
        ("backend = 'active-directory'\nurl = 'ldaps://dc1'\nagent = 'sweeper'\n", "needs credential"),
        ("backend = 'active-directory'\nurl = 'ldaps://dc1'\ncustomer_id = 'a)(b'\n", "not the name of an attribute"),
        ("backend = 'active-directory'\nurl = 'ldaps://dc1'\nbind_dn = 'x'\n", "bind_dn"),
        ("backend = 'active-directory'\nurl = ['ldaps://dc1', 'ldaps://dc2:3269']\n", "dc2:3269\" is a global catalog"),
        ("backend = 'active-directory'\nurl = 'ldap://dc1:3268'\nstart_tls = true\n", "global catalog"),
    ] {
        let env = TestEnvironment::new();
        let text = format!("default = 'acme'\n[profiles.acme]\n{own}{base}");
        std::fs::write(env.path().join("config.toml"), text).unwrap();
        let error = env.run(&["-o", "json", "whoami"]).must(2).error();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("config.toml") && message.contains(what), "{own}: {message}");
    }
}

#[test]
fn a_global_catalog_is_refused_before_anything() {
    let env = TestEnvironment::new();
    let profile = "default = 'acme'\n[profiles.acme]\nbackend = 'active-directory'\nurl = 'ldaps://127.0.0.1:3269'\nbase = 'ou=c,dc=x'\nprotected = 'none'\n";
    std::fs::write(env.path().join("config.toml"), profile).unwrap();
    for command in [&["login", "--agent", "sam", "--password-stdin", "--store", "file"][..], &["reset", "ada", "--yes"]]
    {
        let error = env.run(&[&["-o", "json"], command].concat()).must(2).error();
        assert!(error["message"].as_str().unwrap().contains("636"), "{error}");
    }
    let add = ["profile", "add", "other", "--backend", "active-directory", "--protect", "none"];
    let set = ["--set", "url=ldaps://127.0.0.1:3269", "--set", "base=OU=c,DC=x"];
    let error = env.run(&[&["-o", "json"], &add[..], &set].concat()).must(2).error();
    assert!(error["message"].as_str().unwrap().contains("global catalog"), "{error}");
}

#[test]
fn a_directorys_profile_is_asked_for_and_added_only_if_its_server_answers() {
    let env = TestEnvironment::new();
    for (backend, keys) in [
        ("active-directory", &["url=ldaps://127.0.0.1:9", "base=OU=c,DC=x"][..]),
        ("openldap", &["url=ldaps://127.0.0.1:9", "base=ou=c,dc=x", "default_policy=cn=p,dc=x"]),
    ] {
        let mut add = vec!["-o", "json", "profile", "add", "acme", "--backend", backend];
        for key in keys {
            let error = env.run(&add).must(2).error();
            let named = format!("--set {}=", key.split('=').next().unwrap());
            assert!(error["hint"].as_str().unwrap().contains(&named), "{error}");
            add.extend(["--set", key]);
        }
        let error = env.run(&add).must(2).error();
        assert!(error["hint"].as_str().unwrap().contains("--protect"), "{error}");
        let error = env.run(&[&add[..], &["--protect", "staff-admins"]].concat()).must(2).error();
        assert!(error["message"].as_str().unwrap().contains("cannot be used"), "{error}");
        let listed = env.run(&["-o", "json", "profile", "list"]).must(0).json();
        assert_eq!(listed["profiles"].as_array().unwrap().len(), 1, "nothing was written: {listed}");
    }
}
