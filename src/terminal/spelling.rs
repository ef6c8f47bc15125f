//! The spelling alphabet, for reading a password out over a telephone.

/// Returns the prefix and the word for a character: "capital " or nothing, and the ICAO word or a name such as "dash".
pub(super) const fn word(character: char) -> (&'static str, &'static str) {
    let capital = if character.is_ascii_uppercase() { "capital " } else { "" };
    let word = match character.to_ascii_lowercase() {
        'a' => "alfa",
        'b' => "bravo",
        'c' => "charlie",
        'd' => "delta",
        'e' => "echo",
        'f' => "foxtrot",
        'g' => "golf",
        'h' => "hotel",
        'i' => "india",
        'j' => "juliett",
        'k' => "kilo",
        'l' => "lima",
        'm' => "mike",
        'n' => "november",
        'o' => "oscar",
        'p' => "papa",
        'q' => "quebec",
        'r' => "romeo",
        's' => "sierra",
        't' => "tango",
        'u' => "uniform",
        'v' => "victor",
        'w' => "whiskey",
        'x' => "x-ray",
        'y' => "yankee",
        'z' => "zulu",
        '0' => "zero",
        '1' => "one",
        '2' => "two",
        '3' => "three",
        '4' => "four",
        '5' => "five",
        '6' => "six",
        '7' => "seven",
        '8' => "eight",
        '9' => "nine",
        '-' => "dash",
        '!' => "exclamation mark",
        '#' => "hash",
        '%' => "percent",
        '*' => "star",
        '?' => "question mark",
        '_' => "underscore",
        _ => "other",
    };
    (capital, word)
}

/// Splits the password into the rows of its spelling.
///
/// Each group, up to its dash, has its own row. A group that is too wide has several.
pub(super) fn rows(password: &str, width: usize) -> Vec<std::ops::Range<usize>> {
    let mut rows = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (position, character) in password.char_indices() {
        let needed = length(character) + SEPARATOR.len();
        if used > 0 && used + needed > width {
            rows.push(start..position);
            (start, used) = (position, 0);
        }
        used += needed;
        let end = position + character.len_utf8();
        if character == '-' {
            rows.push(start..end);
            (start, used) = (end, 0);
        }
    }
    if start < password.len() {
        rows.push(start..password.len());
    }
    rows
}

/// The separator between two words.
pub(super) const SEPARATOR: &str = ", ";

/// Counts the columns of the longest word of the password's spelling.
pub(super) fn widest(password: &str) -> usize {
    password.chars().map(length).max().unwrap_or(0)
}

fn length(character: char) -> usize {
    let (capital, word) = word(character);
    capital.len() + word.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_that_is_generated_has_a_word() {
        for character in "ACDEFGHJKLMNPQRTUVWXYacdefghjkmnpqrtuvwxy34679-!#%*?_".chars() {
            assert_ne!(word(character).1, "other", "{character}");
        }
        assert_eq!(word('K'), ("capital ", "kilo"));
        assert_eq!(word('k'), ("", "kilo"));
    }

    #[test]
    fn each_group_is_a_row_and_all_of_it_is_spelled() {
        let parts: Vec<&str> = rows("Kd4m-7XpR-tqWn", 76).into_iter().map(|row| &"Kd4m-7XpR-tqWn"[row]).collect();
        assert_eq!(parts, ["Kd4m-", "7XpR-", "tqWn"]);
        let narrow: String = rows("Kd4m-7XpR-tqWn", 20).into_iter().map(|row| &"Kd4m-7XpR-tqWn"[row]).collect();
        assert_eq!(narrow, "Kd4m-7XpR-tqWn");
    }
}
