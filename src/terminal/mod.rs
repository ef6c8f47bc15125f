//! All that reaches eyes: prompts, tables, JSON, the reveal.
