//! The conformance story: L1 to L16, unchanged on every backend.

mod callers;
mod choosing;
mod difference;
mod driver;
mod lock_out;
mod notices;
mod post;
mod services;
mod story;

pub use difference::Difference;
pub use driver::*;
pub use services::*;
pub use story::play;
