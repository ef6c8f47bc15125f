//! Recognises an age secret key where a public key or another text is expected, so that it is never shown or kept.

use std::borrow::Cow;

/// How an age secret key begins (age specification, "X25519 recipient type": Bech32 with this prefix), without its dashes.
const NATIVE: [&str; 2] = ["AGESECRETKEY1", "AGESECRETKEYPQ1"];
/// The letters of Bech32 (BIP 173).
const BECH32: &str = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
/// So many of them after the beginning are no accident.
const NO_ACCIDENT: usize = 16;
/// How secret keys and plugins' identities are written.
const WRITTEN: [&str; 2] = ["AGE-SECRET-KEY-", "AGE-PLUGIN-"];
/// The letters of a whole key, at least.
const WHOLE: usize = "AGE-SECRET-KEY-1".len() + 58;
/// What stands where one was.
const REMOVED: &str = "[age secret key removed]";

/// What is said of one, to go on with after the name of what holds it.
pub(crate) const WORDS: &str =
    "is an age secret key, not a public one. It is not shown or kept here; treat it as exposed, and make a new key";

/// Whether there is a secret key in the text: in any case, and with spaces, line breaks or invisible characters in it.
/// A text that had one, and has the mark in its place, counts as well.
pub(crate) fn is_secret_key(text: &str) -> bool {
    if !may_have_one(text) {
        return false;
    }
    let bare: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect();
    let goes_on =
        |after: usize| bare[after..].chars().take_while(|letter| BECH32.contains(*letter)).count() >= NO_ACCIDENT;
    NATIVE.iter().any(|begin| bare.match_indices(begin).any(|(at, _)| goes_on(at + begin.len())))
        || is_written(text)
        || text.contains(REMOVED)
}

/// Whether the letters A, G, E follow each other, whatever stands between: most texts end here, at no cost.
fn may_have_one(text: &str) -> bool {
    let mut found = 0;
    for byte in text.bytes().filter(u8::is_ascii_alphanumeric) {
        found = match (found, byte.to_ascii_uppercase()) {
            (1, b'G') => 2,
            (2, b'E') => return true,
            (_, b'A') => 1,
            _ => 0,
        };
    }
    false
}

fn is_written(text: &str) -> bool {
    let dense: String = text
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    WRITTEN.iter().any(|begin| {
        dense
            .match_indices(begin)
            .any(|(at, _)| dense[at + begin.len()..].starts_with(|next: char| next.is_ascii_alphanumeric()))
    })
}

/// The text without a secret key, for messages that quote what they did not expect. A key that is whole and in one piece
/// is taken out; of any other nothing of the text is left, as it cannot be told where the key ends.
///
/// It is the second line: texts are looked at with [`is_secret_key`] where they come in.
pub(crate) fn without_secret_keys(text: &str) -> Cow<'_, str> {
    if !is_secret_key(text) || text == REMOVED {
        return Cow::Borrowed(text);
    }
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let mut kept = String::with_capacity(text.len());
    for word in text.split_inclusive(|letter| !is_part(letter)) {
        let end = word.find(|letter| !is_part(letter)).unwrap_or(word.len());
        let is_whole = end >= WHOLE && is_secret_key(&word[..end]);
        kept.push_str(if is_whole { REMOVED } else { &word[..end] });
        kept.push_str(&word[end..]);
    }
    if is_secret_key(&kept.replace(REMOVED, " ")) { Cow::Borrowed(REMOVED) } else { Cow::Owned(kept) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It has the form of one, and nobody has it.
    const KEY: &str = "AGE-SECRET-KEY-1QQPQYRZPQYRZPQYRZPQYRZPQYRZPQYRZPQYRZPQYRZPQYRZPQYRZQS7LNPKQ";
    const PLUGIN: &str = "AGE-PLUGIN-YUBIKEY-1QQPQYRZPQYRZPQYRZPQYRZ";

    #[test]
    fn secret_keys_are_recognised_however_they_are_written() {
        let (spaced, broken) = (KEY.replace("QYR", "Q Y\u{200b}R"), KEY.replace("PQY", "PQ\nY"));
        let bare = KEY.replace('-', " ");
        for text in [
            KEY,
            PLUGIN,
            &KEY.to_lowercase(),
            &format!("  {KEY}\t"),
            &format!("key={KEY};"),
            &spaced,
            &broken,
            &bare,
            &KEY.replace("-1", "-PQ-1"),
            "age-secret-key-1 o",
            &format!("\"{PLUGIN}\""),
            "AGE-SECRET-KEY-1QQ",
            "Age-Plugin-X",
        ] {
            assert!(is_secret_key(text), "{text:?}");
            let shown = without_secret_keys(text);
            assert!(is_secret_key(&shown), "that there was one is still seen");
            assert!(shown == REMOVED || (text.contains(KEY) && shown.contains(REMOVED)), "{text:?}: {shown}");
            assert!(!shown.to_ascii_uppercase().contains("QQ"), "{text:?}: {shown}");
        }
    }

    #[test]
    fn what_is_none_stays() {
        for text in [
            "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
            "C-1001",
            "the age secret key 1 was lost",
            "our age plugin is new",
            "AGE-SECRET-KEY-",
            "age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt",
            "mileage secret keynote 17",
            "",
        ] {
            assert!(!is_secret_key(text), "{text:?}");
            assert_eq!(without_secret_keys(text), text);
        }
        assert_eq!(without_secret_keys(&format!("\"{KEY}\" is no key")), format!("\"{REMOVED}\" is no key"));
    }
}
