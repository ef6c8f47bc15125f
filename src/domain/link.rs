//! Finds links. No text to a customer holds one, so that a customer can tell a message of ours from a forged one.

/// What a link begins with, or holds.
const MARKS: [&str; 4] = ["http:", "https:", "www.", "://"];

/// Returns the first word that is a link, or that a mail program would make one: a scheme, `www.`, or a domain and a
/// slash. Returns `None` if there is none.
pub fn find_link(text: &str) -> Option<&str> {
    let is_border = |letter: char| letter.is_whitespace() || matches!(letter, '(' | ')' | '<' | '>' | '"' | ',' | ';');
    text.split(is_border).find(|word| {
        let word = word.to_lowercase();
        MARKS.iter().any(|mark| word.contains(mark)) || word.split_once('/').is_some_and(|(host, _)| is_domain(host))
    })
}

/// Whether the text ends in a name with a dot and a top-level domain: `example.com`, `id.example.com:8443`.
fn is_domain(text: &str) -> bool {
    let host = text.split_once(':').map_or(text, |(host, _)| host);
    host.rsplit_once('.').is_some_and(|(name, top)| {
        let is_top = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
        is_top && name.chars().next_back().is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_and_ordinary_words_are_not() {
        for link in [
            "See https://example.com.",
            "HTTP:example",
            "(www.example.com)",
            "example.com/reset",
            "id.example.com:8443/x",
            "tel://112",
            "<Example.COM/>",
        ] {
            assert!(find_link(link).is_some(), "{link}");
        }
        for words in ["24/7", "and/or", "e.g. this/that", "ada@example.com", "24.12./25.12.", "+44 20 7946 0018", ""] {
            assert_eq!(find_link(words), None, "{words}");
        }
    }
}
