//! completions/ and man/ are what the code generates. `TELLONCE_GENERATE=write cargo test --test project generated` rewrites them.

use std::collections::BTreeMap;
use std::path::Path;

use clap_complete::Shell;
use tellonce::commands::{completion_script, man_pages};

const SHELLS: [(Shell, &str); 5] = [
    (Shell::Bash, "tellonce.bash"),
    (Shell::Elvish, "tellonce.elv"),
    (Shell::Fish, "tellonce.fish"),
    (Shell::PowerShell, "tellonce.ps1"),
    (Shell::Zsh, "_tellonce"),
];

/// The folder as it should be must be the folder as it is; or is made so.
fn check(folder: &str, wanted: &BTreeMap<String, String>) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    if std::env::var_os("TELLONCE_GENERATE").is_some() {
        std::fs::create_dir_all(&folder)?;
        for (name, text) in wanted {
            std::fs::write(folder.join(name), text)?;
        }
    }
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(&folder)? {
        let entry = entry?;
        found.insert(entry.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(entry.path())?);
    }
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(wanted), "{}", folder.display());
    for (name, text) in wanted {
        assert!(found[name] == *text, "{} is not what the code generates", folder.join(name).display());
    }
    Ok(())
}

#[test]
fn completions_are_what_the_code_generates() -> Result<(), Box<dyn std::error::Error>> {
    let script = |(shell, name): (Shell, &str)| Ok((name.to_owned(), completion_script(shell)?));
    let wanted = SHELLS.into_iter().map(script).collect::<anyhow::Result<_>>()?;
    Ok(check("completions", &wanted)?)
}

#[test]
fn man_pages_are_what_the_code_generates() -> Result<(), Box<dyn std::error::Error>> {
    let wanted = man_pages()?.into_iter().collect();
    Ok(check("man", &wanted)?)
}
