//! The inside: what the product promises, pure, without I/O. Everything else points here, and this points nowhere else.

mod attempt;
mod capabilities;
mod check;
mod customer;
mod desk;
mod error;
mod exit_code;
mod generator;
mod history;
mod plan;
mod policy;
pub mod ports;
mod preparation;
mod refuse;
mod rehearse;
mod reset;
mod session;
mod temporary_password;
mod told;
mod user;
mod withdraw;

pub use attempt::AttemptId;
pub use capabilities::{Aid, Capabilities, Gap, Promise};
pub use check::{Check, CheckState};
pub use customer::{Customer, CustomerId, Found, Names, Particulars};
pub use desk::{CANDIDATES, Desk, Guards, LONGEST_NAME, Learned, identify, learn, refusal, usable};
pub use error::{Answer, Changed, Failure, Kind, Reason};
pub use exit_code::ExitCode;
pub use generator::generate;
pub use history::{Attempt, End, Finding, History};
pub use plan::{Action, Case, Consent, Plan, Requirement};
pub use policy::{About, Policy, PolicyRead, Rule};
pub use preparation::{Administrator, Apart, OneTimeCode, Preparations, Step, StepState};
pub use rehearse::rehearse;
pub use reset::{AT_LEAST, Delivery, Issuance, ResetRequest, reset};
pub use session::{Keep, Place, Session, StoredSession, Way};
pub use temporary_password::TemporaryPassword;
pub use user::{
    Forced, Issued, NewUser, Obstacle, Pending, Right, SessionsEnded, Stamp, Standing, State, Status, UserId, Whom,
};
pub use withdraw::{Swept, Withdrawn, due, sweep, withdraw};
