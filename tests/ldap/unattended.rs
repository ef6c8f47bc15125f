//! For scripts: a credential in the profile, customers from a file, and a profile that is asked for and tried.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::server::{Kind, Server, must, run};

/// Everything that a timer needs, without anybody signing in.
pub fn works(server: &Server) {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("agent.password");
    std::fs::write(&secret, format!("{}\n", server.value("AGENT_PW"))).unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(
        folder.path().join("customers.csv"),
        "id,name,email,username,plan\nC-1,Ada L.,ada@example.com,,gold\nC-2,Kay New,kay@example.com,,free\ngus,By Name,,vip,free\nC-4,Fay Twice,fay@example.com,,free\n",
    )
    .unwrap();
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
    let tool = |arguments: &[&str]| run(folder.path(), arguments, "");
    must(&tool(&[&add[..], &["--protect", "none"], &wrong].concat()), 2, "Wrong agent name or password");
    must(&tool(&["profile", "list"]), 0, "practice");
    must(&tool(&[&add[..], &["--protect", "none"], &sets].concat()), 0, "its backend answers");
    must(&tool(&["profile", "use", "live"]), 0, "");
    must(&tool(&["doctor"]), 0, "credential sign in");
    must(&tool(&["find", "kay", "-o", "json"]), 0, "C-2");
    must(&tool(&["show", "C-1"]), 0, "gold");
    must(&tool(&["reset", "C-1", "--yes", "--reveal", "stdout"]), 0, "");
    must(&tool(&["reset", "gus", "--yes", "--reveal", "stdout"]), 0, "");
    must(&tool(&["status", "gus", "-o", "json"]), 0, "vip"); // an id that is somebody else's name names nobody else
    must(&tool(&["reset", "C-4", "--yes", "--reveal", "stdout"]), 5, "more than one user");
    must(&tool(&["show", "C-2"]), 0, "Create User");
    must(&tool(&["reset", "kay@example.com", "--yes", "--reveal", "stdout"]), 0, "");
    must(&tool(&["status", "C-2"]), 0, "Force Password Reset");
    let swept = tool(&["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"]);
    must(&swept, 0, "3 of 3 withdrawn");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    must(&tool(&["whoami"]), 2, "open to others");
}
