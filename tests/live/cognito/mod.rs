//! Amazon Cognito, played by emulators: none of these tests has met Amazon's own.

mod bulk;
mod emulators;
mod faults;
mod least_policy;
mod page;
mod sessions;
mod setup;
mod states;
