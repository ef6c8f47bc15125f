//! The plan of `setup`, for people: as a plan, and as steps for those who do it by hand.

use crate::domain::{Preparations, StepState};

/// What is there and what is to be done, in lines.
pub(crate) fn preparation_lines(plan: &Preparations) -> Vec<String> {
    let mut lines = vec![match &plan.administrator {
        Some(name) => format!("{}, as {name}:", capital(&plan.about)),
        None => format!("{}:", capital(&plan.about)),
    }];
    lines.extend(plan.steps.iter().map(|step| {
        let apart = if step.apart.is_some() { " (asked apart)" } else { "" };
        format!("- {}{apart}: {}", step.state.words(), step.words)
    }));
    lines.extend(plan.notes.iter().map(|note| format!("Note: {note}")));
    lines
}

/// What is left to be done by hand, in lines.
pub(crate) fn steps_by_hand(plan: &Preparations) -> Vec<String> {
    let mut lines = vec![format!("{}, by hand in the administration console:", capital(&plan.about))];
    let mut number = 0;
    for step in &plan.steps {
        match step.state {
            StepState::ToDo => {
                number += 1;
                lines.push(format!("{number}. {}", capital(&step.words)));
                lines.extend(step.by_hand.iter().map(|line| format!("   - {line}")));
            }
            StepState::NotHere => lines.push(format!("Not possible: {}", step.words)),
            StepState::Already | StepState::Done | StepState::LeftOut => {
                lines.push(format!("There already: {}", step.words));
            }
        }
    }
    lines.extend(plan.notes.iter().map(|note| format!("Note: {note}")));
    lines.extend(plan.next.iter().map(|next| format!("Then: {next}")));
    lines
}

/// The text with a capital letter in front.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
