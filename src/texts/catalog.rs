//! The texts of one language, ready to be put together.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource};
use unic_langid::LanguageIdentifier;

use super::spec::{Layout, TextSpec};
use crate::domain::Language;

/// The texts of one language.
pub(super) struct Catalog {
    bundle: FluentBundle<FluentResource>,
}

impl Catalog {
    /// Makes one without texts. The language decides about plurals.
    pub(super) fn new(language: &Language) -> Self {
        let id: LanguageIdentifier = language.as_str().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // The marks are for a text that mixes directions. In a mail's subject and a text message they are rubbish.
        bundle.set_use_isolating(false);
        Self { bundle }
    }

    /// Adds texts, which replace those of the same id.
    pub(super) fn add(&mut self, resource: FluentResource) {
        self.bundle.add_resource_overriding(resource);
    }

    /// Whether it has this text.
    pub(super) fn has(&self, spec: &TextSpec) -> bool {
        self.bundle.get_message(spec.id).is_some_and(|message| message.value().is_some())
    }

    /// Puts a text together, and says what is wrong with it. What has no value is left as `{$name}`.
    pub(super) fn format(&self, spec: &TextSpec, arguments: &FluentArgs<'_>) -> (String, Vec<FluentError>) {
        let Some(pattern) = self.bundle.get_message(spec.id).and_then(|message| message.value()) else {
            return (String::new(), Vec::new());
        };
        let mut faults = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(arguments), &mut faults);
        let text = match spec.layout {
            Layout::OneLine => text.replace('\n', " "),
            Layout::Lines => text.into_owned(),
        };
        (text, faults)
    }
}
