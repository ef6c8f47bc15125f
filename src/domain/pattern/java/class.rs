//! Character classes: `[…]`, and the sets that `\p{…}` names.

use super::{Letter, Translation};

impl Translation {
    /// Translates what follows `[`, up to its `]`.
    pub(super) fn class(&mut self) -> Result<(), String> {
        self.done.push('[');
        if self.take_if('^') {
            self.done.push('^');
        }
        let mut is_empty = true;
        loop {
            let Some(letter) = self.next() else { return Err("a \"]\" is missing".to_owned()) };
            match letter.character {
                ']' if !letter.quoted && !is_empty => {
                    self.done.push(']');
                    return Ok(());
                }
                '[' if !letter.quoted => self.class()?,
                '&' if !letter.quoted && self.peek() == Some('&') => {
                    return Err("a class has an intersection (&&)".to_owned());
                }
                _ => self.class_item(letter)?,
            }
            is_empty = false;
        }
    }

    /// Translates one character, a range, or an escape that stands for a set.
    fn class_item(&mut self, letter: Letter) -> Result<(), String> {
        let Some(first) = self.class_character(letter)? else { return Ok(()) };
        self.literal(first);
        if !self.is_range() {
            if first == ':' {
                self.done.push_str("-\\x{3a}"); // "[:alpha:]" is a class there, and five letters in Java
            }
            return Ok(());
        }
        self.next();
        let Some(end) = self.next() else { return Ok(()) };
        let Some(last) = self.class_character(end)? else { return Err("a range ends with a set".to_owned()) };
        if last < first {
            return Err("a range ends before it begins".to_owned());
        }
        self.done.push('-');
        self.literal(last);
        Ok(())
    }

    /// Whether the next character is a dash that makes a range.
    fn is_range(&mut self) -> bool {
        let mut ahead = self.rest.clone();
        ahead.next() == Some(Letter { character: '-', quoted: false })
            && ahead.next().is_some_and(|end| end.quoted || !matches!(end.character, ']' | '['))
    }

    /// Returns the character that stands there; `None` for a set, which is translated already.
    fn class_character(&mut self, letter: Letter) -> Result<Option<char>, String> {
        if letter.quoted || letter.character != '\\' {
            return Ok(Some(letter.character));
        }
        match self.rest.peek().map(|letter| letter.character) {
            Some('d' | 'D' | 'w' | 'W' | 's' | 'S' | 'h' | 'H' | 'v' | 'V' | 'p' | 'P') => {
                self.escape(true)?;
                Ok(None)
            }
            Some(character) => {
                self.next();
                self.escaped_literal(character).map(Some)
            }
            None => Err("it ends with a backslash".to_owned()),
        }
    }
}

/// The general categories (Unicode 17, section 4.5).
const GENERAL: [&str; 38] = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "LC", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe",
    "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cn", "Cs",
];

/// Returns the inside of a class for a name in `\p{…}`: POSIX and java.lang.Character classes are ASCII, others
/// Unicode's.
pub(super) fn set_of(name: &str) -> Option<String> {
    let posix = match name.strip_prefix("java").unwrap_or(name) {
        "Lower" | "LowerCase" => "a-z",
        "Upper" | "UpperCase" => "A-Z",
        "ASCII" => "\\x00-\\x7f",
        "Alpha" | "Alphabetic" | "Letter" => "a-zA-Z",
        "Digit" => "0-9",
        "Alnum" | "LetterOrDigit" => "a-zA-Z0-9",
        "Punct" => "!-/:-@\\[-`{-~",
        "Graph" => "!-~",
        "Print" => " -~",
        "Blank" => " \\t",
        "Cntrl" | "ISOControl" => "\\x00-\\x1f\\x7f",
        "XDigit" => "0-9a-fA-F",
        "Space" | "Whitespace" => " \\t-\\r",
        _ => "",
    };
    let is_java = name.starts_with("java");
    if !posix.is_empty() && (is_java || !matches!(name, "LowerCase" | "UpperCase" | "Letter" | "LetterOrDigit")) {
        return Some(posix.to_owned());
    }
    let (key, value) = name.split_once('=').unwrap_or(("", name));
    let plain = value.strip_prefix("Is").filter(|_| key.is_empty()).unwrap_or(value);
    match key {
        "" | "gc" | "general_category" if GENERAL.contains(&plain) => Some(format!("\\p{{{plain}}}")),
        "" if value.starts_with("Is") => match plain {
            "Alphabetic" | "Uppercase" | "Lowercase" | "White_Space" | "Latin" | "Greek" | "Cyrillic" => {
                Some(format!("\\p{{{plain}}}"))
            }
            "Letter" => Some("\\p{L}".to_owned()),
            "Digit" => Some("\\p{Nd}".to_owned()),
            "Punctuation" => Some("\\p{P}".to_owned()),
            "Control" => Some("\\p{Cc}".to_owned()),
            _ => None,
        },
        _ => None,
    }
}
