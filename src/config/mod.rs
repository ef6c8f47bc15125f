//! Profiles and folders.
