//! Recognises an age secret key where a public key or another text is expected, so that it is never shown or kept.

use std::borrow::Cow;

/// How an age secret key begins (age specification, "X25519 recipient type": Bech32 with this prefix), without its dashes.
const NATIVE: [&str; 2] = ["AGESECRETKEY1", "AGESECRETKEYPQ1"];
/// The letters of Bech32 (BIP 173).
const BECH32: &str = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
/// This many Bech32 letters after the prefix are no accident.
const NO_ACCIDENT: usize = 16;
/// How secret keys and identities of plugins begin, with their dashes.
const WRITTEN: [&str; 2] = ["AGE-SECRET-KEY-", "AGE-PLUGIN-"];
/// The least length of a whole key.
const WHOLE: usize = "AGE-SECRET-KEY-1".len() + 58;
/// The mark that replaces a secret key.
const REMOVED: &str = "[age secret key removed]";

/// The words about a secret key, to follow the name of the text that holds it.
pub(crate) const WORDS: &str =
    "is an age secret key, not a public one. It is not shown or kept here; treat it as exposed, and make a new key";

/// Whether the text has a secret key in it: in any case, and with spaces, line breaks or invisible characters within.
/// A text with the mark of a removed key counts as well.
pub(crate) fn is_secret_key(text: &str) -> bool {
    if !may_have_key(text) {
        return false;
    }
    let bare: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect();
    let is_key_after =
        |after: usize| bare[after..].chars().take_while(|letter| BECH32.contains(*letter)).count() >= NO_ACCIDENT;
    NATIVE.iter().any(|begin| bare.match_indices(begin).any(|(at, _)| is_key_after(at + begin.len())))
        || has_written_prefix(text)
        || text.contains(REMOVED)
}

/// Whether the letters A, G, E follow each other, whatever stands between. This cheap test settles most texts.
fn may_have_key(text: &str) -> bool {
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

fn has_written_prefix(text: &str) -> bool {
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

/// Returns the text without a secret key, for messages that quote unexpected input. Removes a key that is whole and in
/// one piece. Removes the whole text for any other key, because nobody knows where that key ends.
///
/// It is the second line of defence: texts are checked with [`is_secret_key`] where they come in.
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
