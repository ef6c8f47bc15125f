//! The customer's app of the practice directory, from outside: the guide, the forms, faults, and hostile requests.

mod browser;
mod faults;
mod guide;
mod hostile;
mod inbox;
