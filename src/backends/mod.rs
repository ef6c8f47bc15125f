//! The identity backends: one folder each, and the registry.

pub mod practice;
