//! The pages of docs/backends, followed as a new user would.
