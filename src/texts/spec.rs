//! What a text may and must hold.

/// How many lines a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One line. Lines of its source are joined.
    OneLine,
    /// The lines of its source.
    Lines,
}

/// One text: a Fluent message that every language has.
#[derive(Debug)]
pub(super) struct TextSpec {
    /// The message's id.
    pub(super) id: &'static str,
    /// The variables that it may use.
    pub(super) variables: &'static [&'static str],
    /// Those of them whose values must be in the text.
    pub(super) required: &'static [&'static str],
    /// How many lines it has.
    pub(super) layout: Layout,
}

impl TextSpec {
    /// Lists its variables, for errors.
    pub(super) fn describe_variables(&self) -> String {
        let names: Vec<String> = self.variables.iter().map(|name| format!("${name}")).collect();
        if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) }
    }
}
