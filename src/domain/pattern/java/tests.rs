#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use super::super::Pattern;
use super::*;

fn is_match(pattern: &str, text: &str) -> bool {
    Pattern::from_java(pattern).unwrap_or_else(|why| unreachable!("{pattern}: {why}")).matches(text).unwrap()
}

#[test]
fn what_java_alone_writes_means_here_what_it_means_there() {
    for (pattern, taken, refused) in [
        (r"^(?=.*[@$!%*?&])[A-Za-z\d@$!%*?&]{8,}$", "Abcdef1@", "Abcdef1-"),
        (r"\p{Alnum}+\p{Punct}\p{Upper}", "a1!B", "a1!b"),
        (r"\P{Punct}+", "abc", "a-c"),
        (r"[\p{L}\d]+", "aB3", "a_3"),
        (r"\pL+", "abc", "ab1"),
        (r"\p{IsAlphabetic}\p{javaUpperCase}", "aB", "ab"),
        (r"a*+b", "aab", "aac"),
        (r"a{1,3}+a", "aaaa", "aaa"),
        (r"a{2}+b", "aab", "aaaab"),
        (r"\Q[a.b]\E+", "[a.b]]", "[axb]"),
        (r"\\Q", "\\Q", "Q"),
        (r"(?i)abc(?-i)D", "ABCD", "abcd"),
        (r"(?s)a.c", "abc", "ac"),
        (r"(?iu:a)b", "Ab", "AB"),
        (r"[+--]+", "+,-", "."),
        (r"[a-]+", "a-", "b"),
        (r"[\w-]+", "a_-", "a+"),
        (r"[--/a~~]+", "-./a~", "b"),
        (r"[[:alpha:]]+", ":alph", "bc"),
        (r"[^]a]+", "bc", "b]"),
        (r"[]a]+", "]a", "b"),
        (r"[a[b-d]&]+", "abd&", "e"),
        (r"\h\v?x", "\tx", "hx"),
        (r"\x41\u0042\x{43}\0104\cA", "ABCD\u{1}", "ABCDA"),
        (r"(?<year>\d)\k<year>\1", "111", "112"),
        (r"(?>a+)b", "aab", "aac"),
        (r"(?<!b)a", "a", "b"),
        (r"a\<b\-\ \#", "a<b- #", "ab"),
        (r"}", "}", "{"),
        (r"(?!.*(.)\1)\S+", "abab", "abba"),
        (r"x\Z", "x", "y"),
    ] {
        assert!(is_match(pattern, taken), "{pattern} takes {taken:?}: {}", translate(pattern).unwrap());
        assert!(!is_match(pattern, refused), "{pattern} refuses {refused:?}: {}", translate(pattern).unwrap());
    }
}

#[test]
fn what_is_read_otherwise_there_is_not_evaluated() {
    for pattern in [
        r"[a-z&&[^b]]+",
        r"(?x)a b",
        r"\p{InGreek}",
        r"\G",
        r"\X",
        r"\N{WHITE SMILING FACE}",
        r"a{,3}",
        r"a{",
        r"a**",
        r"*a",
        r"(*FAIL)",
        r"(?#x)",
        r"(?(1)a|b)",
        r"(?P<n>a)",
        r"(?|a)",
        r"[z-a]",
        r"[a",
        r"\",
        r"\10",
        r"(?<1>a)",
        r"\q",
        r"\x4",
        r"[\b]",
        r"(a",
        r"a)",
        r"\k{n}",
        r"[a-\d]",
        r"\u12",
    ] {
        assert!(Pattern::from_java(pattern).is_err(), "{pattern}: {:?}", translate(pattern));
    }
}
