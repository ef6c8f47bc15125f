//! The practice directory: an embedded identity backend with the whole lifecycle.
