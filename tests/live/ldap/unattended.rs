//! For scripts: a credential in the profile, customers from a file, and a profile that is asked for and tried.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::TestEnvironment;
use crate::support::ldap::{Kind, Server};

/// Everything that a timer needs, without anybody signing in.
pub fn works(server: &Server) {
    let env = TestEnvironment::new();
    let secret = env.file("agent.password");
    std::fs::write(&secret, format!("{}\n", server.value("AGENT_PW"))).unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    env.write(
        "customers.csv",
        "id,name,email,username,plan\nC-1,Ada L.,ada@example.com,,gold\nC-2,Kay New,kay@example.com,,free\ngus,By Name,,vip,free\nC-4,Fay Twice,fay@example.com,,free\n",
    );
    let keys = server.profile("", Path::new(server.value("CA")));
    let add = [
        "profile",
        "add",
        "live",
        "--backend",
        if server.kind == Kind::OpenLdap { "openldap" } else { "active-directory" },
    ];
    let sets: Vec<String> = keys
        .lines()
        .filter(|line| !line.starts_with("backend"))
        .map(|line| line.replace(" = ", "=").replace('"', ""))
        .chain([
            "agent=agent".to_owned(),
            "credential={ file = \"agent.password\" }".to_owned(),
            "customers={ csv = \"customers.csv\" }".to_owned(),
        ])
        .collect();
    let sets: Vec<&str> = sets.iter().flat_map(|pair| ["--set", pair.as_str()]).collect();
    let mut wrong = sets.clone();
    for pair in &mut wrong {
        if pair.starts_with("agent=") {
            *pair = "agent=noright";
        }
    }
    let tool = |arguments: &[&str]| env.run(arguments);
    tool(&[&add[..], &["--protect", "none"], &wrong].concat()).must_say(2, "Wrong agent name or password");
    tool(&["profile", "list"]).must_say(0, "practice");
    tool(&[&add[..], &["--protect", "none"], &sets].concat()).must_say(0, "its backend answers");
    tool(&["profile", "use", "live"]).must_say(0, "");
    tool(&["doctor"]).must_say(0, "credential sign in");
    tool(&["find", "kay", "-o", "json"]).must_say(0, "C-2");
    tool(&["show", "C-1"]).must_say(0, "gold");
    tool(&["reset", "C-1", "--yes", "--reveal", "stdout"]).must_say(0, "");
    tool(&["reset", "gus", "--yes", "--reveal", "stdout"]).must_say(0, "");
    tool(&["status", "gus", "-o", "json"]).must_say(0, "vip"); // an id that is somebody else's name names nobody else
    tool(&["reset", "C-4", "--yes", "--reveal", "stdout"]).must_say(5, "more than one user");
    tool(&["show", "C-2"]).must_say(0, "Create User");
    tool(&["reset", "kay@example.com", "--yes", "--reveal", "stdout"]).must_say(0, "");
    tool(&["status", "C-2"]).must_say(0, "Force Password Reset");
    let swept = tool(&["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"]);
    swept.must_say(0, "3 of 3 withdrawn");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    tool(&["whoami"]).must_say(2, "open to others");
}
