//! The pages of docs/backends, followed as a new user would: every block of commands, on a server set up by the page, and
//! what the packaged timer and the cron line of docs/timers.md run.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::hardened::harden;
use crate::support::ldap::{Kind, Server};
use crate::support::{BINARY, CommandOutput, TestEnvironment};

/// A file of the project, as text.
fn text(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The blocks of one kind, in order.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let text = text(&format!("docs/backends/{page}"));
    let opened = format!("```{kind}\n");
    text.split(opened.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The page's names are example.com's; the server's are its own.
fn here(text: &str, server: Option<&Server>) -> String {
    let text =
        text.replace("DC=example,DC=com", "DC=tellonce,DC=test").replace("dc=example,dc=com", "dc=tellonce,dc=test");
    let Some(server) = server else { return text };
    text.replace("ldaps://ldap.example.com", server.url())
        .replace("ldaps://dc1.example.com", server.url())
        .replace("=ca.pem", &format!("={}", server.value("CA")))
        .replace("/usr/bin/tellonce", "tellonce")
}

/// Runs the page's commands; what a person would type at a question comes from a file or a flag here.
fn follow(page: &str, server: &Server) {
    let env = TestEnvironment::new();
    env.write("password", &format!("{}\n", server.value("AGENT_PW")));
    let tools = env.file("bin");
    std::fs::create_dir(&tools).unwrap();
    let answers = format!(
        "#!/bin/sh\ncase \" $* \" in\n*' login '*) exec {0} \"$@\" --password-stdin <{1};;\n*' reset '*) exec {0} \"$@\" --yes --reveal stdout;;\n*) exec {0} \"$@\";;\nesac\n",
        BINARY,
        env.file("password").display()
    );
    let tool = tools.join("tellonce");
    std::fs::write(&tool, answers).unwrap();
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    let timers = ["packaging/systemd/tellonce-sweep@.service", "docs/timers.md"].map(text).join("\n");
    let mut scripts = blocks(page, "sh");
    assert!(scripts.len() >= 2, "{page} has commands");
    for (mark, what) in [("ExecStart=", "the unit"), ("*/15 * * * * ", "the cron line")] {
        let line = timers.lines().find_map(|line| line.strip_prefix(mark));
        scripts.push(line.unwrap_or_else(|| panic!("{what} is not there")).to_owned());
    }
    for script in scripts {
        let mut shell = env.program("bash");
        shell.args(["-euo", "pipefail", "-c", &here(&script, Some(server))]);
        shell.env("PATH", format!("{}:{}", tools.display(), std::env::var("PATH").unwrap()));
        if server.kind == Kind::ActiveDirectory {
            shell.env("SMB_CONF_PATH", server.value("SMBCONF"));
        }
        let ended = CommandOutput::from(shell.output().unwrap());
        assert!(ended.is_success(), "{page}:\n{script}\n{}", ended.text());
    }
    let status = env.run(&["status", "ada", "-o", "json"]);
    assert!(status.text().contains("force_password_reset"), "{}", status.text());
}

/// Under the page's policy: by telling the temporary password, and with none that was bound before the newest.
fn the_customer_chooses(server: &Server) {
    let env = server.environment();
    let (dn, first, second) = (server.dn("gus"), env.issue("gus"), env.issue("gus"));
    let choose =
        |password: &str| server.tool("ldappasswd", &dn, password, &["-a", password, "-s", "Chosen-by-Gus-1"], "");
    assert_eq!(choose(&first).code, 49, "superseded");
    let untold = format!("dn: {dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: Chosen-by-Gus-2\n");
    let untold = server.tool("ldapmodify", &dn, &second, &[], &untold);
    assert!(!untold.is_success(), "a connection that tells no old password chooses none: {}", untold.text());
    let chosen = choose(&second);
    assert!(chosen.is_success(), "{}", chosen.text());
    let inside = server.binds(&dn, "Chosen-by-Gus-1");
    assert!(inside.is_success() && !inside.text().contains("must be changed"), "{}", inside.text());
    assert_eq!(server.binds(&dn, &second).code, 49, "the temporary one is over");
}

/// The page's rules: those of agents who read a customer's whole entry, and those of agents who read the least.
fn rules() -> [String; 2] {
    let all = blocks("openldap.md", "text");
    let mut rules = all.into_iter().filter(|block| block.starts_with("access to"));
    let (whole, least) = (rules.next().unwrap(), rules.next().unwrap());
    let replaced = "access to dn.subtree=\"ou=customers,dc=example,dc=com\"\n    by group.exact=\"cn=agents,ou=groups,dc=example,dc=com\" read by self read by * none\n";
    assert!(whole.contains(replaced), "the last rule but one: {whole}");
    let least = whole.replace(replaced, &least);
    [whole, least]
}

/// Agents who read no more than the page says do the whole job, and doctor finds no fault.
fn the_least_is_enough(server: &Server, least: &str) {
    std::fs::write(server.file("access.own"), here(least, None)).unwrap();
    server.serve_with("", "", "");
    let env = server.environment_with("", "protected = { groups = [\"staff-admins\"] }\n");
    let issued = env.issue("vip");
    let sweep = ["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"];
    env.run_must_say(&sweep, 0, "1 of 1 withdrawn");
    assert_eq!(server.binds(&server.dn("vip"), &issued).code, 49);
    let create = ["reset", "amy@example.com", "--create", "--email", "amy@example.com", "--first-name", "Amy"];
    env.run_must_say(&[&create[..], &["--last-name", "Least", "--yes", "--reveal", "stdout"]].concat(), 0, "");
    env.refuses("dan", 7, "locked permanently");
    env.run_must_say(&["doctor"], 0, "all that decides about a reset can be read");
    let agent = (server.value("AGENT"), server.value("AGENT_PW"));
    let read = server.tool("ldapsearch", agent.0, agent.1, &["-LLL", "-b", &server.dn("ada"), "*", "+"], "");
    assert!(!read.text().contains("modifyTimestamp") && read.text().contains("pwdChangedTime"), "{}", read.text());
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn the_openldap_page_works() {
    let [rules, least] = rules();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access");
    std::fs::write(&path, here(&rules, None)).unwrap();
    let server = Server::start_with(Kind::OpenLdap, &[("SLAPD_ACL", path.to_str().unwrap())]);
    server.change(&format!(
        "dn: cn=staff-admins,ou=groups,{0}\nchangetype: add\nobjectClass: groupOfNames\ncn: staff-admins\nmember: cn=admin,{0}\n",
        server.value("BASE")
    ));
    server.replace(&format!("cn=default,ou=policies,{}", server.value("BASE")), "pwdSafeModify", "TRUE");
    let monitor =
        blocks("openldap.md", "text").into_iter().find(|block| block.starts_with("database monitor")).unwrap();
    std::fs::write(server.file("monitor.conf"), here(&monitor, None)).unwrap();
    server.serve_with("", "", "");
    let doctor = server.environment().run(&["doctor"]);
    assert!(doctor.text().contains("server clock") && !doctor.text().contains("unknown: "), "{}", doctor.text());
    follow("openldap.md", &server);
    the_customer_chooses(&server);
    // What the page promises of its rules: an agent writes passwords, reads none, and deletes nobody.
    let (agent, password, ada) = (server.value("AGENT"), server.value("AGENT_PW"), server.dn("ada"));
    let read = server.tool("ldapsearch", agent, password, &["-LLL", "-b", &ada, "userPassword", "pwdHistory"], "");
    assert!(!read.text().contains("userPassword") && !read.text().contains("pwdHistory"), "{}", read.text());
    let delete = server.tool("ldapdelete", agent, password, &[&ada], "");
    assert_eq!(delete.code, 50, "{}", delete.text());
    let mail = format!("dn: {ada}\nchangetype: modify\nreplace: mail\nmail: other@example.com\n");
    let write = server.tool("ldapmodify", agent, password, &[], &mail);
    assert_eq!(write.code, 50, "{}", write.text());
    the_least_is_enough(&server, &least);
}

#[test]
#[ignore = "needs Samba as a domain controller, and root: TELLONCE_LIVE=active-directory"]
fn the_active_directory_page_works() {
    let server = Server::start_with(Kind::ActiveDirectory, &[("SAMBA_DELEGATE", "no")]);
    server.change(&format!(
        "dn: CN=staff-admins,{}\nchangetype: add\nobjectClass: group\nsAMAccountName: staff-admins\n",
        server.value("BASE")
    ));
    harden(&server);
    server.environment().refuses("ada", 4, "right");
    follow("active-directory.md", &server);
    let (agent, password, ada) = (server.value("AGENT"), server.value("AGENT_PW"), server.dn("ada"));
    let delete = server.tool("ldapdelete", agent, password, &[&ada], "");
    assert_eq!(delete.code, 50, "{}", delete.text());
}
