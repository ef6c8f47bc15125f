//! Completion in a real bash: verbs, profiles, and, when an agent is signed in, customers.

use crate::support::{BINARY, TestEnvironment};

/// What bash offers after these words; the last one is being typed.
fn offered(env: &TestEnvironment, words: &[&str]) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "source <(\"$T\" completions bash); COMP_WORDS=(tellonce {}); COMP_CWORD={}; COMP_TYPE=9; \
         COMP_LINE=\"${{COMP_WORDS[*]}}\"; COMP_POINT=${{#COMP_LINE}}; \
         _clap_complete_tellonce tellonce \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\" 2>/dev/null; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len(),
    );
    let path =
        format!("{}:{}", std::path::Path::new(BINARY).parent().unwrap().display(), std::env::var("PATH").unwrap());
    let output = env.program("bash").args(["-c", &script]).env("T", BINARY).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn bash_offers_verbs_and_flags() {
    let env = TestEnvironment::new();
    assert_eq!(offered(&env, &["res"]), ["reset"]);
    assert!(offered(&env, &["reset", "--rev"]).iter().any(|word| word.starts_with("--reveal")));
}

#[test]
fn bash_offers_profiles() {
    let env = TestEnvironment::new();
    env.run(&["profile", "add", "training", "--backend", "practice"]).must(0);
    assert_eq!(offered(&env, &["--profile", "tra"]), ["training"]);
    assert_eq!(offered(&env, &["--profile", "pra"]), ["practice"]);
}

#[test]
fn bash_offers_customers_to_a_signed_in_agent_only() {
    let env = TestEnvironment::new();
    let verbs = ["reset", "show", "status", "unlock", "withdraw"];
    for verb in verbs {
        assert!(
            offered(&env, &[verb, "ada.l"]).iter().all(|word| !word.contains("ada.lovelace")),
            "signed out: nobody"
        );
    }
    env.sign_agent_in("sam");
    for verb in verbs {
        assert_eq!(offered(&env, &[verb, "ada.l"]), ["ada.lovelace"], "{verb}");
        assert_eq!(offered(&env, &[verb, "C-1001"]), ["C-1001"], "{verb}");
    }
    assert!(offered(&env, &["reset", "malL"]).iter().all(|word| !word.contains('\u{1b}')));
}
