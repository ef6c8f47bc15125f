//! The conformance story: L1 to L14, unchanged on every backend.

mod driver;
mod lock_out;
mod services;
mod story;

pub use driver::*;
pub use services::*;
pub use story::play;
