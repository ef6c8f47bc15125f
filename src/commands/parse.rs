//! Parses the command line, with the verbs alone that it names.

use std::ffi::OsString;
use std::mem::ManuallyDrop;

use clap::{Args as _, Command, CommandFactory as _, Error, FromArgMatches as _, Parser as _};

use super::Cli;
use crate::cli::GlobalArgs;

/// Parses the command line.
///
/// Clap gives each verb a copy of every global option, which takes longer than the parsing itself. So only verbs that the line names
/// are defined at first. What clap accepts then, it accepts with all verbs too, and in the same way: no other verb's name is
/// on the line. Whatever else it says, it says of the whole definition, which the messages and the help quote.
pub(super) fn parse(line: Vec<OsString>) -> Result<Cli, Error> {
    // The process ends soon after, and to free a definition takes as long as to make it.
    let whole = ManuallyDrop::new(Cli::command());
    let is_named = |verb: &&Command| line.iter().skip(1).any(|argument| *argument == *verb.get_name());
    let named: Vec<Command> = whole.get_subcommands().filter(is_named).cloned().collect();
    if !named.is_empty() {
        let command = GlobalArgs::augment_args(Command::new("tellonce")).subcommand_required(true).subcommands(named);
        let mut command = ManuallyDrop::new(command);
        let parsed = command.try_get_matches_from_mut(&line);
        if let Ok(cli) = parsed.and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches)) {
            return Ok(cli);
        }
    }
    Cli::try_parse_from(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses a line in both ways. Each has what is understood, or the message.
    fn both(line: &str) -> [Result<String, String>; 2] {
        let line: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let of = |parsed: Result<Cli, Error>| {
            parsed.map(|cli| format!("{cli:?}")).map_err(|error| error.render().ansi().to_string())
        };
        [of(parse(line.clone())), of(Cli::try_parse_from(line))]
    }

    #[test]
    fn a_line_is_understood_as_with_all_verbs_defined() {
        for line in [
            "tellonce reset C-1001 --yes --reveal stdout --ticket T-1",
            "tellonce -vv --profile practice reset -o json C-1001",
            "tellonce --profile reset find --no-input reset",
            "tellonce find show -q --timeout 3s --color never",
            "tellonce reset find",
            "tellonce logout --output=json",
            "tellonce -ojson whoami",
            "tellonce audit list --customer audit",
            "tellonce bulk run customers.csv --out out.csv --seal-to age1x",
            "tellonce profile add reset --backend practice",
            "tellonce practice sign-in ada --password-stdin",
            "tellonce completions bash",
        ] {
            let [ours, whole] = both(line);
            assert_eq!(ours, whole, "{line}");
        }
        assert!(both("tellonce reset C-1001")[0].is_ok() && both("tellonce --profile reset find x")[0].is_ok());
    }

    #[test]
    fn whatever_is_no_command_is_answered_as_with_all_verbs_defined() {
        for line in [
            "tellonce",
            "tellonce --version",
            "tellonce --help",
            "tellonce --version reset",
            "tellonce --help reset",
            "tellonce reset --help",
            "tellonce reset -h",
            "tellonce help",
            "tellonce help reset",
            "tellonce audit help list",
            "tellonce audit",
            "tellonce rest C-1001",
            "tellonce resett reset",
            "tellonce reset C-1001 --yess",
            "tellonce reset C-1001 --create",
            "tellonce reset --reveal",
            "tellonce -o xml reset C-1001",
            "tellonce --profile reset",
            "tellonce reset C-1001 find ada",
            "tellonce find ada --timeout soon",
        ] {
            let [ours, whole] = both(line);
            assert!(ours.is_err(), "{line}: {ours:?}");
            assert_eq!(ours, whole, "{line}");
        }
    }
}
