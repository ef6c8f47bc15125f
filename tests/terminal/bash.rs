//! Completion in an interactive bash: what is offered is one word, whatever it is named.

use crate::support::{BINARY, Terminal, TestEnvironment};

/// Starts a bash that completes `tellonce`.
fn bash(env: &TestEnvironment) -> Terminal {
    let folder = std::path::Path::new(BINARY).parent().unwrap();
    let mut terminal = Terminal::shell(env, &format!("PATH=\"{}:$PATH\" PS1='> ' bash --norc -i", folder.display()));
    terminal.wait_for("> ");
    terminal.type_("source <(tellonce completions bash); echo loaded\r");
    terminal.wait_until("the script", |screen| screen.lines().any(|line| line.trim() == "loaded"));
    terminal
}

/// An agent who is signed in, and a customer with this id.
fn environment(id: &str) -> TestEnvironment {
    let env = TestEnvironment::signed_in("sam").with_variable("TELLONCE_PROFILE", "practice");
    let directory = rusqlite::Connection::open(env.file("practice.db")).unwrap();
    directory.execute("UPDATE customer SET id = ?1 WHERE id = 'C-1001'", [id]).unwrap();
    env
}

#[test]
fn an_id_with_a_space_or_a_command_in_it_is_quoted() {
    for (id, typed, completed) in [
        ("two words", "tellonce show tw", "tellonce show two\\ words"),
        ("two words", "tellonce show \"two w", "tellonce show \"two words\""),
        ("two words", "tellonce show two\\ w", "tellonce show two\\ words"),
        ("two words", "tellonce --profile=pra\t show 'tw", "tellonce --profile=practice  show 'two words'"),
        ("it's $(touch made)", "tellonce show it", "tellonce show it\\'s\\ \\$\\(touch\\ made\\)"),
        ("it's $(touch made)", "tellonce show 'it", "tellonce show 'it'\\''s $(touch made)'"),
        (
            "C-1001",
            "tellonce --profile \"practice\" show C-1001 -o tab",
            "tellonce --profile \"practice\" show C-1001 -o table",
        ),
    ] {
        let env = environment(id);
        let mut terminal = bash(&env);
        terminal.type_(&format!("{typed}\t"));
        terminal.wait_for(completed);
        terminal.type_("\r");
        terminal.wait_for("Ada Lovelace");
        assert!(!env.file("made").exists(), "{typed}");
    }
}

#[test]
fn an_address_is_completed_after_its_at_sign() {
    let env = TestEnvironment::signed_in("sam").with_variable("TELLONCE_PROFILE", "practice");
    let mut terminal = bash(&env);
    terminal.type_("tellonce show ada@ex\t");
    terminal.wait_for("tellonce show ada@example.com");
    terminal.type_("\r");
    terminal.wait_for("Ada Lovelace");
}
