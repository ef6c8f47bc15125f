//! The conformance story: L1 to L14, unchanged on every backend. A backend joins with a driver, and by passing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it does not expect"
)]

mod desk;
mod driver;
mod practice;
mod story;

#[test]
fn the_practice_directory_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    let driver = practice::PracticeDriver::new(folder.path());
    desk::wait_for(story::play(&driver, folder.path()));
}
