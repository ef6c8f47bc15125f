//! The texts that the binary holds.

use super::source::Source;
use crate::domain::Language;

/// The languages, each with its files.
const LANGUAGES: [(&str, [(&str, &str); 6]); 2] = [
    (
        "en",
        [
            ("locales/en/code.ftl", include_str!("../../locales/en/code.ftl")),
            ("locales/en/message.ftl", include_str!("../../locales/en/message.ftl")),
            ("locales/en/notice.ftl", include_str!("../../locales/en/notice.ftl")),
            ("locales/en/rules.ftl", include_str!("../../locales/en/rules.ftl")),
            ("locales/en/script.ftl", include_str!("../../locales/en/script.ftl")),
            ("locales/en/time.ftl", include_str!("../../locales/en/time.ftl")),
        ],
    ),
    (
        "de",
        [
            ("locales/de/code.ftl", include_str!("../../locales/de/code.ftl")),
            ("locales/de/message.ftl", include_str!("../../locales/de/message.ftl")),
            ("locales/de/notice.ftl", include_str!("../../locales/de/notice.ftl")),
            ("locales/de/rules.ftl", include_str!("../../locales/de/rules.ftl")),
            ("locales/de/script.ftl", include_str!("../../locales/de/script.ftl")),
            ("locales/de/time.ftl", include_str!("../../locales/de/time.ftl")),
        ],
    ),
];

/// Returns the languages that there are.
pub(super) fn languages() -> impl Iterator<Item = Language> {
    LANGUAGES.iter().filter_map(|(tag, _)| tag.parse().ok())
}

/// Returns the files of one language.
pub(super) fn sources_of(language: &Language) -> impl Iterator<Item = Source> {
    let files = LANGUAGES.iter().filter(|(tag, _)| *tag == language.as_str()).flat_map(|(_, files)| files);
    files.map(|(name, text)| Source { language: language.clone(), name: (*name).to_owned(), text: (*text).to_owned() })
}

/// Returns the files of every language.
pub(super) fn sources() -> Vec<Source> {
    languages().flat_map(|language| sources_of(&language).collect::<Vec<_>>()).collect()
}
