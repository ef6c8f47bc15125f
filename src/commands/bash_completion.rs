//! Completion for bash: reads the typed line as bash does, and quotes what it offers.
//!
//! clap's own adapter hands words over with their quotes, breaks an address at its `@`, and offers names unquoted. A
//! name is what somebody entered in a directory: unquoted, a space would split it, and `$(…)` in it would be run.

use std::ffi::OsString;
use std::io::{Result, Write};
use std::path::Path;

use clap::Command;
use clap_complete::engine;
use clap_complete::env::{Bash, EnvCompleter};

/// The variable with the typed line, up to the cursor.
const LINE_VARIABLE: &str = "_TELLONCE_LINE";
/// The variable with the characters at which bash breaks words (bash(1), `COMP_WORDBREAKS`).
const BREAKS_VARIABLE: &str = "_TELLONCE_WORDBREAKS";
/// The separator of what is offered, which no candidate has in it.
const SEPARATOR: &str = "\u{b}";
/// The characters that mean nothing to bash anywhere in a word.
const SAFE: &str = "_-./@%+=:,";
/// The word breaks that do not end a word.
const INNER_BREAKS: &str = "@:=";

const SCRIPT: &str = r#"_clap_complete_NAME() {
    IFS=$'\013' read -r -d '' -a COMPREPLY < <( \
        _TELLONCE_LINE="${COMP_LINE:0:COMP_POINT}" \
        _TELLONCE_WORDBREAKS="$COMP_WORDBREAKS" \
        VAR="bash" \
        COMPLETER -- "${COMP_WORDS[@]}"; \
        printf '\0' \
    )
    if [[ "${COMPREPLY-}" == *= ]]; then
        compopt -o nospace 2> /dev/null
    fi
}
if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -o bashdefault -o nosort -F _clap_complete_NAME BIN
else
    complete -o bashdefault -F _clap_complete_NAME BIN
fi
"#;

/// The adapter for bash.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuotingBash;

impl EnvCompleter for QuotingBash {
    fn name(&self) -> &'static str {
        Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        Bash.is(name)
    }

    fn write_registration(&self, var: &str, name: &str, bin: &str, completer: &str, buf: &mut dyn Write) -> Result<()> {
        let script = SCRIPT
            .replace("NAME", &name.replace('-', "_"))
            .replace("BIN", bin)
            .replace("COMPLETER", &quoted(completer, None))
            .replace("VAR", var);
        buf.write_all(script.as_bytes())
    }

    fn write_complete(
        &self,
        cmd: &mut Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn Write,
    ) -> Result<()> {
        let Ok(line) = std::env::var(LINE_VARIABLE) else {
            return Bash.write_complete(cmd, args, current_dir, buf); // a script of an earlier version is loaded
        };
        let typed = TypedLine::read(&line, &std::env::var(BREAKS_VARIABLE).unwrap_or_default());
        let index = typed.words.len() - 1;
        let words = typed.words.iter().map(OsString::from).collect();
        let candidates = engine::complete(cmd, words, index, current_dir)?;
        let offered = candidates.iter().map(|candidate| typed.offer(&candidate.get_value().to_string_lossy()));
        buf.write_all(offered.collect::<Vec<_>>().join(SEPARATOR).as_bytes())
    }
}

/// The typed line, without its quotes.
#[derive(Debug, PartialEq, Eq)]
struct TypedLine {
    /// The words. The last one is being typed, and may be empty.
    words: Vec<String>,
    /// The quote that is still open.
    quote: Option<char>,
    /// How many characters of the last word bash keeps as they are: it replaces what follows.
    kept: usize,
}

impl TypedLine {
    /// Reads a line by the rules of bash(1), section QUOTING. Expands nothing.
    fn read(line: &str, breaks: &str) -> Self {
        let mut typed = Self { words: vec![String::new()], quote: None, kept: 0 };
        let mut is_in_word = false;
        let mut characters = line.chars().peekable();
        while let Some(character) = characters.next() {
            match (typed.quote, character) {
                (None, ' ' | '\t' | '\n') => {
                    if is_in_word {
                        typed.words.push(String::new());
                        typed.kept = 0;
                    }
                    is_in_word = false;
                    continue;
                }
                (None, '\'' | '"') => typed.turn(Some(character)),
                (Some(open), _) if open == character => typed.turn(None),
                (None, '\\') => typed.push(characters.next()),
                (Some('"'), '\\') => {
                    let escaped = characters.next_if(|next| matches!(next, '$' | '`' | '"' | '\\'));
                    typed.push(escaped.or(Some(character)));
                }
                (None, _) if INNER_BREAKS.contains(character) && breaks.contains(character) => {
                    typed.push(Some(character));
                    // Readline hands a word's `@` over with what follows it.
                    typed.kept = typed.length() - usize::from(character == '@');
                }
                _ => typed.push(Some(character)),
            }
            is_in_word = true;
        }
        typed
    }

    /// Opens or closes a quote, at which bash breaks the word.
    fn turn(&mut self, quote: Option<char>) {
        self.quote = quote;
        self.kept = self.length();
    }

    fn push(&mut self, character: Option<char>) {
        if let Some(word) = self.words.last_mut() {
            word.extend(character);
        }
    }

    fn length(&self) -> usize {
        self.words.last().map_or(0, |word| word.chars().count())
    }

    /// Returns what bash puts in the place of the typed text for this candidate.
    fn offer(&self, candidate: &str) -> String {
        let rest: String = candidate.chars().skip(self.kept).collect();
        quoted(&rest, self.quote)
    }
}

/// Quotes a text for bash, inside the quote that is open.
fn quoted(text: &str, open: Option<char>) -> String {
    let mut quoted = String::with_capacity(text.len());
    for character in text.chars() {
        match open {
            Some('\'') if character == '\'' => quoted.push_str(r"'\''"),
            Some('"') if character == '!' => quoted.push_str("\"'!'\""), // the history is expanded in these quotes too
            Some('"') if matches!(character, '$' | '`' | '"' | '\\') => quoted.extend(['\\', character]),
            None if !character.is_alphanumeric() && !SAFE.contains(character) => quoted.extend(['\\', character]),
            _ => quoted.push(character),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BREAKS: &str = " \t\n\"'@><=;|&(:";

    fn read(line: &str) -> TypedLine {
        TypedLine::read(line, BREAKS)
    }

    #[test]
    fn words_are_read_without_their_quotes() {
        let words = |line| read(line).words;
        assert_eq!(words("tellonce reset jane\\ d"), ["tellonce", "reset", "jane d"]);
        assert_eq!(
            words("tellonce  --profile 'two words' show \"a\\$b\\c"),
            ["tellonce", "--profile", "two words", "show", "a$b\\c"]
        );
        assert_eq!(words("tellonce reset "), ["tellonce", "reset", ""]);
        assert_eq!(words("tellonce reset \\"), ["tellonce", "reset", ""]);
    }

    #[test]
    fn what_bash_keeps_is_not_offered_again() {
        for (line, candidate, offered) in [
            ("t reset ada@ex", "ada@example.com", "@example.com"),
            ("t reset 'ada@ex", "ada@example.com", "ada@example.com"),
            ("t --profile=tra", "--profile=training", "training"),
            ("t reset jane", "jane doe", "jane\\ doe"),
            ("t reset 'jane", "jane o'neil", "jane o'\\''neil"),
            ("t reset \"jane", "jane $(x) `y` !", "jane \\$(x) \\`y\\` \"'!'\""),
            ("t reset $", "$(touch x);#~", "\\$\\(touch\\ x\\)\\;\\#\\~"),
        ] {
            assert_eq!(read(line).offer(candidate), offered, "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_offered_is_read_as_the_candidate(name in "[ -~éß山]{1,20}", quote in 0_usize..3) {
            let open = [None, Some('\''), Some('"')][quote];
            let line = format!("t show {}{}", open.map_or(String::new(), String::from), quoted(&name, open));
            let read = read(&line);
            prop_assert_eq!(&read.words, &["t", "show", &name]);
            prop_assert_eq!(read.quote, open);
        }
    }
}
