//! Bulk as a black box: delivery, refusals, killed and resumed, full disks, closed pipes, hostile input.

mod failing;
mod fixture;
mod hostile;
mod input;
mod killed;
mod runs;
mod signals;
mod trust;
mod unseal;
