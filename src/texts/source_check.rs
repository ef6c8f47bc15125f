//! Checks a file of texts as it is written, before anything is put together from it.

use std::collections::BTreeSet;

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::unicode::unescape_unicode_to_string;

use super::source::Source;
use super::spec::TextSpec;
use super::specs::ALL;
use crate::domain::{Language, find_link};

/// Variables that somebody may look for, and that no text has.
const PASSWORD: [&str; 3] = ["password", "passwort", "temporary-password"];

/// Parses a file. Returns what can be read of it, and adds what cannot to the faults.
pub(super) fn parse(source: &Source, faults: &mut Vec<String>) -> FluentResource {
    match FluentResource::try_new(source.text.clone()) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            let first = errors.first().map(|error| (source.place(error.pos.start), error.to_string()));
            let (place, what) = first.unwrap_or_else(|| (source.name.clone(), "it cannot be read".to_owned()));
            faults.push(format!("{place}: this is no message of Fluent ({what})"));
            resource
        }
    }
}

/// Checks each message of a file. `known` are the ids of this layer so far, which no later file may have again.
/// Returns the ids of this file.
pub(super) fn check(
    source: &Source,
    resource: &FluentResource,
    known: &mut BTreeSet<(Language, String)>,
    faults: &mut Vec<String>,
) -> Vec<String> {
    let mut ids = Vec::new();
    for entry in resource.entries() {
        let (id, value, attributes, variables) = match entry {
            Entry::Message(message) => {
                let id = message.id.name.to_owned();
                let Some(spec) = ALL.iter().find(|spec| spec.id == id) else {
                    faults.push(format!("{}: tellonce has no message {id}", source.place_of(&id)));
                    continue;
                };
                (id, message.value.as_ref(), &message.attributes, Some(*spec))
            }
            Entry::Term(term) => (format!("-{}", term.id.name), Some(&term.value), &term.attributes, None),
            _ => continue,
        };
        let mut fault = |what: String| faults.push(format!("{}: {id} {what}", source.place_of(&id)));
        if !known.insert((source.language.clone(), id.clone())) {
            fault("is there twice".to_owned());
        }
        if !attributes.is_empty() {
            fault(format!("has the attribute .{}, which is never shown", attributes[0].id.name));
        }
        let Some(value) = value else {
            fault("has no text".to_owned());
            continue;
        };
        let mut parts = Parts::default();
        parts.add_pattern(value);
        for name in parts.variables {
            if PASSWORD.contains(&name) {
                fault(format!("uses ${name}: no text ever holds the password"));
            } else if !variables.is_some_and(|spec| spec.variables.contains(&name)) {
                let there_are = variables.map_or("a term has none".to_owned(), TextSpec::describe_variables);
                fault(format!("uses ${name}, which it does not have; {there_are}"));
            }
        }
        if let Some(name) = parts.functions.first() {
            fault(format!("uses {name}(), which is not there"));
        }
        if let Some(link) = parts.texts.iter().find_map(|text| find_link(text)) {
            fault(format!("holds the link \"{link}\": no text to a customer holds one"));
        }
        ids.push(id);
    }
    ids
}

/// What a message is made of.
#[derive(Default)]
struct Parts<'a> {
    variables: BTreeSet<&'a str>,
    functions: Vec<&'a str>,
    /// The text of each pattern, with an x for what is only known later.
    texts: Vec<String>,
}

impl<'a> Parts<'a> {
    fn add_pattern(&mut self, pattern: &'a Pattern<&'a str>) {
        let mut text = String::new();
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => text.push_str(value),
                PatternElement::Placeable { expression } => text.push_str(&self.add_expression(expression)),
            }
        }
        self.texts.push(text);
    }

    fn add_expression(&mut self, expression: &'a Expression<&'a str>) -> String {
        match expression {
            Expression::Inline(inline) => self.add_inline(inline),
            Expression::Select { selector, variants } => {
                self.add_inline(selector);
                for variant in variants {
                    self.add_pattern(&variant.value);
                }
                "x".to_owned()
            }
        }
    }

    fn add_inline(&mut self, inline: &'a InlineExpression<&'a str>) -> String {
        match inline {
            InlineExpression::StringLiteral { value } => return unescape_unicode_to_string(value).into_owned(),
            InlineExpression::NumberLiteral { value } => return (*value).to_owned(),
            InlineExpression::Placeable { expression } => return self.add_expression(expression),
            InlineExpression::VariableReference { id } => {
                self.variables.insert(id.name);
            }
            InlineExpression::FunctionReference { id, arguments } => {
                self.functions.push(id.name);
                self.add_arguments(arguments);
            }
            InlineExpression::TermReference { arguments: Some(arguments), .. } => self.add_arguments(arguments),
            InlineExpression::TermReference { .. } | InlineExpression::MessageReference { .. } => {}
        }
        "x".to_owned()
    }

    fn add_arguments(&mut self, arguments: &'a CallArguments<&'a str>) {
        let named = arguments.named.iter().map(|argument| &argument.value);
        for argument in arguments.positional.iter().chain(named) {
            self.add_inline(argument);
        }
    }
}
