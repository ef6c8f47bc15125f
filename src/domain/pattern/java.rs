//! Translates the syntax of `java.util.regex.Pattern` (its class documentation, Java 21) to that of `fancy-regex`.
//!
//! Only what is known to mean the same is let through. All else is an error: such a pattern is left to the server.

mod class;

use std::fmt::Write as _;
use std::iter::Peekable;
use std::vec::IntoIter;

/// Translates the pattern to the other syntax.
///
/// # Errors
/// What has no translation, in words.
pub(super) fn translate(text: &str) -> Result<String, String> {
    let mut translation = Translation { rest: unquoted(text).into_iter().peekable(), done: String::new() };
    translation.sequence()?;
    Ok(translation.done)
}

/// A character of the pattern, and whether `\Q` took its meaning away.
#[derive(Clone, Copy, PartialEq)]
struct Letter {
    character: char,
    quoted: bool,
}

/// Removes `\Q` and `\E`, and marks what stands between as literal.
fn unquoted(text: &str) -> Vec<Letter> {
    let mut letters = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some(quote) = rest.strip_prefix("\\Q") {
            let (inside, after) = quote.split_once("\\E").unwrap_or((quote, ""));
            letters.extend(inside.chars().map(|character| Letter { character, quoted: true }));
            rest = after;
            continue;
        }
        let taken =
            if character == '\\' { rest.chars().take(2).map(char::len_utf8).sum() } else { character.len_utf8() };
        letters.extend(rest[..taken].chars().map(|character| Letter { character, quoted: false }));
        rest = &rest[taken..];
    }
    letters
}

struct Translation {
    rest: Peekable<IntoIter<Letter>>,
    done: String,
}

impl Translation {
    fn next(&mut self) -> Option<Letter> {
        self.rest.next()
    }

    /// Returns the next character that has a meaning; `None` at the end or before a literal.
    fn peek(&mut self) -> Option<char> {
        self.rest.peek().filter(|letter| !letter.quoted).map(|letter| letter.character)
    }

    fn take_if(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    /// Takes the characters up to `end`, and `end` itself.
    fn until(&mut self, end: char) -> Result<String, String> {
        let mut inside = String::new();
        loop {
            match self.next() {
                Some(letter) if letter.character == end => return Ok(inside),
                Some(letter) => inside.push(letter.character),
                None => return Err(format!("a \"{end}\" is missing")),
            }
        }
    }

    fn sequence(&mut self) -> Result<(), String> {
        while let Some(letter) = self.next() {
            match letter.character {
                character if letter.quoted => self.literal(character),
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group()?,
                '.' | '^' | '$' | '|' | ')' => {
                    self.done.push(letter.character);
                    if letter.character != ')' && letter.character != '.' {
                        continue; // nothing to repeat
                    }
                }
                '*' | '+' | '?' | '{' => return Err(format!("\"{}\" has nothing to repeat", letter.character)),
                character => self.literal(character),
            }
            self.quantifier()?;
        }
        Ok(())
    }

    /// Translates `*`, `+`, `?` or `{n,m}`, reluctant (`?`) or possessive (`+`) if it is.
    fn quantifier(&mut self) -> Result<(), String> {
        match self.peek() {
            Some(sign @ ('*' | '+' | '?')) => {
                self.next();
                self.done.push(sign);
            }
            Some('{') => {
                self.next();
                let bounds = self.until('}')?;
                let (least, most) = bounds.split_once(',').unwrap_or((&bounds, &bounds));
                let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                if !is_number(least) || !(most.is_empty() || is_number(most)) {
                    return Err(format!("{{{bounds}}} is no number of times"));
                }
                let _ = write!(self.done, "{{{bounds}}}"); // a String takes it
            }
            _ => return Ok(()),
        }
        if let Some(sign @ ('?' | '+')) = self.peek() {
            self.next();
            self.done.push(sign);
        }
        match self.peek() {
            Some(sign @ ('*' | '+' | '?' | '{')) => Err(format!("\"{sign}\" has nothing to repeat")),
            _ => Ok(()),
        }
    }

    /// Translates what follows `(`. The end of the group is translated like any other character.
    fn group(&mut self) -> Result<(), String> {
        self.done.push('(');
        if self.peek() == Some('*') {
            return Err("\"(*\" has nothing to repeat".to_owned());
        }
        if !self.take_if('?') {
            return Ok(());
        }
        self.done.push('?');
        match self.peek() {
            Some(sign @ (':' | '=' | '!' | '>')) => {
                self.next();
                self.done.push(sign);
                Ok(())
            }
            Some('<') => {
                self.next();
                self.done.push('<');
                if let Some(sign @ ('=' | '!')) = self.peek() {
                    self.next();
                    self.done.push(sign);
                    return Ok(());
                }
                let name = self.name()?;
                let _ = write!(self.done, "{name}>"); // a String takes it
                Ok(())
            }
            _ => self.flags(),
        }
    }

    fn name(&mut self) -> Result<String, String> {
        let name = self.until('>')?;
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric());
        if is_name { Ok(name) } else { Err(format!("\"{name}\" is no name of a group")) }
    }

    /// Translates `(?i)` and `(?i-s:X)`. Of the flags only `i` makes a difference to one line of ASCII.
    fn flags(&mut self) -> Result<(), String> {
        let (mut on, mut off, mut negated) = (false, false, false);
        loop {
            match self.next().map(|letter| letter.character) {
                Some('i') if negated => off = true,
                Some('i') => on = true,
                Some('-') if !negated => negated = true,
                Some('d' | 'm' | 's' | 'u' | 'U') => {}
                Some(end @ (')' | ':')) => {
                    self.done.push_str(match (on, off, end) {
                        (_, true, _) => "-i",
                        (true, false, _) => "i",
                        (false, false, ':') => "",
                        (false, false, _) => ":",
                    });
                    self.done.push(end);
                    return Ok(());
                }
                Some(other) => return Err(format!("the flag or group \"(?{other}\" is not known here")),
                None => return Err("a group has no end".to_owned()),
            }
        }
    }

    /// Translates what follows a backslash.
    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let Some(Letter { character, .. }) = self.next() else { return Err("it ends with a backslash".to_owned()) };
        let set = match character {
            'd' => "[0-9]",
            'D' => "[^0-9]",
            'w' => "[a-zA-Z0-9_]",
            'W' => "[^a-zA-Z0-9_]",
            's' => "[ \\t-\\r]",
            'S' => "[^ \\t-\\r]",
            'h' => "[ \\t]",
            'H' => "[^ \\t]",
            'v' => "[\\n-\\r]",
            'V' => "[^\\n-\\r]",
            'R' if !in_class => "(?:\\r\\n|[\\n-\\r])",
            'b' if !in_class => "\\b",
            'B' if !in_class => "\\B",
            'A' if !in_class => "\\A",
            'z' | 'Z' if !in_class => "\\z", // a temporary password has no line end
            'p' | 'P' => return self.property(character == 'P'),
            'k' if !in_class => {
                if !self.take_if('<') {
                    return Err("\"\\k\" names no group".to_owned());
                }
                let name = self.name()?;
                let _ = write!(self.done, "\\k<{name}>"); // a String takes it
                return Ok(());
            }
            digit @ '1'..='9' if !in_class => {
                if self.peek().is_some_and(|next| next.is_ascii_digit()) {
                    return Err("a back-reference of two digits is read in more than one way".to_owned());
                }
                let _ = write!(self.done, "(?:\\{digit})"); // a String takes it
                return Ok(());
            }
            _ => {
                let literal = self.escaped_literal(character)?;
                self.literal(literal);
                return Ok(());
            }
        };
        self.done.push_str(set);
        Ok(())
    }

    /// Returns the one character that an escape stands for.
    fn escaped_literal(&mut self, character: char) -> Result<char, String> {
        let of = |number: Option<u32>| number.and_then(char::from_u32).ok_or("an escape is no character".to_owned());
        match character {
            't' => Ok('\t'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            'f' => Ok('\u{c}'),
            'a' => Ok('\u{7}'),
            'e' => Ok('\u{1b}'),
            'x' if self.take_if('{') => of(u32::from_str_radix(&self.until('}')?, 16).ok()),
            'x' => of(self.digits(16, 2)),
            'u' => of(self.digits(16, 4)),
            '0' => of(self.octal()),
            'c' => of(self.next().map(|letter| u32::from(letter.character) ^ 64)),
            other if other.is_ascii_alphanumeric() => Err(format!("\"\\{other}\" is not known here")),
            other => Ok(other),
        }
    }

    fn digits(&mut self, radix: u32, count: usize) -> Option<u32> {
        let digits: String = (0..count).filter_map(|_| self.next()).map(|letter| letter.character).collect();
        (digits.len() == count).then(|| u32::from_str_radix(&digits, radix).ok())?
    }

    /// Reads the digits of `\0n`, `\0nn` or `\0mnn` with m up to 3.
    fn octal(&mut self) -> Option<u32> {
        let mut value = None;
        while let Some(digit) = self.peek().and_then(|next| next.to_digit(8)) {
            let next = value.unwrap_or(0) * 8 + digit;
            if next > 0o377 {
                break;
            }
            self.next();
            value = Some(next);
        }
        value
    }

    fn literal(&mut self, character: char) {
        if character.is_ascii_alphanumeric() {
            self.done.push(character);
        } else {
            let _ = write!(self.done, "\\x{{{:x}}}", u32::from(character)); // a String takes it
        }
    }

    /// Translates `\p{Name}`, `\P{Name}` and `\pL`.
    fn property(&mut self, negated: bool) -> Result<(), String> {
        let name = if self.take_if('{') {
            self.until('}')?
        } else {
            self.next().map(|letter| letter.character.to_string()).unwrap_or_default()
        };
        let set = class::set_of(&name).ok_or_else(|| format!("the class \\p{{{name}}} is not known here"))?;
        let _ = write!(self.done, "[{}{set}]", if negated { "^" } else { "" }); // a String takes it
        Ok(())
    }
}

#[cfg(test)]
mod tests;
