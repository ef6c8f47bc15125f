//! The plan of `setup` as text: as a plan to confirm, and as steps to do by hand.

use crate::domain::{Preparations, StepState};

/// Lists what is prepared and what is still to be done.
pub(crate) fn preparation_lines(plan: &Preparations) -> Vec<String> {
    let mut lines = vec![match &plan.administrator {
        Some(name) => format!("{}, as {name}:", capitalized(&plan.about)),
        None => format!("{}:", capitalized(&plan.about)),
    }];
    lines.extend(plan.steps.iter().map(|step| {
        let apart = if step.apart.is_some() { " (asked apart)" } else { "" };
        format!("- {}{apart}: {}", step.state.describe(), step.words)
    }));
    lines.extend(plan.notes.iter().map(|note| format!("Note: {note}")));
    lines
}

/// A line of the instructions.
pub(crate) enum PlanLine {
    /// Words for a person, which may be broken to the terminal's width.
    Words(String),
    /// A text of several lines to copy, which stays as it is. It has no text of a backend.
    Document(String),
}

/// Lists the remaining steps, as instructions for doing them by hand.
pub(crate) fn steps_by_hand(plan: &Preparations) -> Vec<PlanLine> {
    let words = PlanLine::Words;
    let mut lines = vec![words(format!("{}, by hand in the administration console:", capitalized(&plan.about)))];
    let mut number = 0;
    for step in &plan.steps {
        match step.state {
            StepState::ToDo | StepState::ByHand => {
                number += 1;
                lines.push(words(format!("{number}. {}", capitalized(&step.words))));
                lines.extend(step.by_hand.iter().map(|line| words(format!("   - {line}"))));
                lines.extend(step.document.iter().cloned().map(PlanLine::Document));
            }
            StepState::NotHere => lines.push(words(format!("Not possible: {}", step.words))),
            StepState::Already | StepState::Done | StepState::LeftOut => {
                lines.push(words(format!("There already: {}", step.words)));
            }
        }
    }
    lines.extend(plan.notes.iter().map(|note| words(format!("Note: {note}"))));
    lines.extend(plan.next.iter().map(|next| words(format!("Then: {next}"))));
    lines
}

/// Capitalizes the first letter.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
