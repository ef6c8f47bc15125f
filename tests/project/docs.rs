//! Every command in the README and the docs is run: `console` blocks here, `sh` blocks where it is said below. The tests
//! that a decision names are there.

use std::path::{Path, PathBuf};

use crate::support::{BINARY, CommandOutput, TestEnvironment};

/// The page whose commands need a real server, and the test that runs them in order.
const KEYCLOAK: &str = "docs/backends/keycloak.md";

/// Commands that need a terminal, or are the test run itself, and where they are run.
const ELSEWHERE: [(&str, &str); 10] = [
    (concat!("apt install ./tellonce_", env!("CARGO_PKG_VERSION"), "-1_amd64.deb"), "packaging/try/deb"),
    (concat!("rpm --install tellonce-", env!("CARGO_PKG_VERSION"), "-1.x86_64.rpm"), "packaging/try/rpm"),
    (concat!("tar -xzf tellonce-", env!("CARGO_PKG_VERSION"), "-x86_64-linux.tar.gz"), "packaging/try/tarball"),
    ("cargo install --locked --path .", ".ci/run"),
    ("cargo run -- reset ada@example.com", "tests/terminal/prompts.rs"),
    ("cargo test", ".ci/run"),
    ("tellonce reset C-1001", "tests/terminal/reveal.rs"),
    ("tellonce reset ada@example.com", "tests/terminal/reveal.rs"),
    ("tellonce practice app --open", "tests/black_box/practice_app/guide.rs"),
    ("tellonce status C-1001 --watch", "tests/black_box/cli/watch.rs"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The lines of a document's blocks of one kind.
fn blocks(document: &str, kind: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let mut lines = Vec::new();
    let mut inside = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), inside.clone()) {
            (Some(opened), None) => inside = Some(opened.to_owned()),
            (Some(_), Some(_)) => inside = None,
            (None, Some(open)) if open == kind => lines.push(line.to_owned()),
            _ => {}
        }
        if let Some(open) = &inside {
            assert!(
                ["console", "sh", "toml", "text", "json"].contains(&open.as_str()),
                "{document}: a block of kind \"{open}\""
            );
        }
    }
    lines
}

/// Runs a document's commands in order, in one home, as a new user would type them.
fn run(document: &str) {
    let env = TestEnvironment::new();
    let tools = Path::new(BINARY).parent().unwrap();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let commands = blocks(document, "console");
    assert!(!commands.is_empty(), "{document} has commands");
    for line in commands {
        let Some(command) = line.strip_prefix("$ ") else { panic!("{document}: \"{line}\" is not a command") };
        let (command, expected) = match command.split_once("   # exit ") {
            Some((command, code)) => (command, code.trim().parse().unwrap()),
            None => (command, 0),
        };
        let mut shell = env.program("bash");
        shell.args(["-o", "pipefail", "-c", &command.replace("cargo run --", "tellonce")]).env("PATH", &path);
        let output = CommandOutput::from(shell.output().unwrap());
        assert_eq!(output.code, expected, "{document}: {command}\n{}", output.stderr);
    }
}

#[test]
fn the_readme_works() {
    run("README.md");
}

#[test]
fn the_exit_codes_are_as_documented() {
    run("docs/exit-codes.md");
}

#[test]
fn the_json_examples_work() {
    run("docs/json.md");
}

#[test]
fn the_bulk_page_works() {
    run("docs/bulk.md");
}

#[test]
fn the_guide_works() {
    run("docs/guide.md");
}

#[test]
fn the_verification_page_works() {
    run("docs/verification.md");
}

#[test]
fn the_practice_page_works() {
    run("docs/backends/practice.md");
}

/// A picture or page that is named is there, and each picture is named somewhere.
#[test]
fn links_to_pictures_and_pages_lead_somewhere() {
    let pages = files_below(&root().join("docs")).into_iter().chain([root().join("README.md")]);
    let mut named = Vec::new();
    for page in pages.filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
        let text = std::fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let path = page.parent().unwrap().join(target);
            let path = path.canonicalize().unwrap_or_else(|_| panic!("{}: {target} is not there", page.display()));
            named.push(path);
        }
    }
    for picture in files_below(&root().join("docs/images")) {
        let is_named = named.contains(&picture.canonicalize().unwrap());
        assert!(is_named || is_phone_sized(&picture), "nothing shows {}", picture.display());
    }
}

/// The pictures at the size of a phone are for those who look at the app's own pages.
fn is_phone_sized(picture: &Path) -> bool {
    picture.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("-phone"))
}

#[test]
fn commands_that_need_a_terminal_are_run_elsewhere() {
    for document in [
        "README.md",
        "docs/guide.md",
        "docs/exit-codes.md",
        "docs/json.md",
        "docs/verification.md",
        "docs/senders.md",
        "docs/texts.md",
        "docs/backends/practice.md",
        "docs/bulk.md",
        KEYCLOAK,
        "docs/security.md",
        "docs/architecture.md",
    ] {
        if document == KEYCLOAK {
            let place = std::fs::read_to_string(root().join("tests/live/keycloak/page.rs")).unwrap();
            assert!(place.contains(KEYCLOAK), "it runs every command of the page on a real server");
            continue;
        }
        for command in blocks(document, "sh") {
            let place = ELSEWHERE.iter().find(|(known, _)| *known == command);
            let Some((_, place)) = place else { panic!("{document}: nothing runs \"{command}\"") };
            assert!(root().join(place).exists(), "{place} runs \"{command}\"");
        }
    }
}

#[test]
fn every_reason_and_exit_code_is_documented() {
    let reasons = std::fs::read_to_string(root().join("docs/json.md")).unwrap();
    let source = std::fs::read_to_string(root().join("src/domain/error.rs")).unwrap();
    let names = source.split("pub enum Reason {").nth(1).unwrap().split('}').next().unwrap();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let mut snake = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !snake.is_empty() {
                snake.push('_');
            }
            snake.extend(letter.to_lowercase());
        }
        assert!(reasons.contains(&snake), "docs/json.md lacks {snake}");
    }
    let codes = std::fs::read_to_string(root().join("docs/exit-codes.md")).unwrap();
    for (code, _) in tellonce::domain::ExitCode::ALL {
        assert!(codes.contains(&format!("| {} |", code.number())), "docs/exit-codes.md lacks {}", code.number());
    }
}

/// Every file below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

#[test]
fn what_a_decision_says_shows_it_is_there() {
    let mut source = String::new();
    for path in ["src", "tests"].into_iter().flat_map(|folder| files_below(&root().join(folder))) {
        if path.extension().is_some_and(|ending| ending == "rs") {
            source.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    let list = std::fs::read_to_string(root().join("docs/adr/README.md")).unwrap();
    for path in files_below(&root().join("docs/adr")).into_iter().filter(|path| !path.ends_with("README.md")) {
        let page = path.file_name().unwrap().to_str().unwrap();
        assert!(list.contains(&format!("]({page})")), "docs/adr/README.md lacks {page}");
        let text = std::fs::read_to_string(&path).unwrap();
        let (_, shown_by) = text.split_once("## Shown by").unwrap();
        let named: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{page} names what shows it");
        for name in named {
            let is_there = match name {
                "fail-points" => true, // a feature that a test needs
                path if path.contains(['/', '.']) => root().join(path).exists(),
                function => source.contains(&format!("fn {function}(")),
            };
            assert!(is_there, "{page}: there is no {name}");
        }
    }
}

#[test]
fn the_tests_that_a_page_names_are_there() {
    let pages = ["README.md", "CONTRIBUTING.md", "benches/README.md"].map(|page| root().join(page));
    let pages = files_below(&root().join("docs")).into_iter().chain(pages);
    let mut count = 0;
    for page in pages.filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
        let text = std::fs::read_to_string(&page).unwrap();
        for name in text.split('`').filter(|name| name.starts_with("tests/") && !name.contains(char::is_whitespace)) {
            assert!(root().join(name).exists(), "{}: there is no {name}", page.display());
            count += 1;
        }
    }
    assert!(count > 50, "{count} tests are named");
}
