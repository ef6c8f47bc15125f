//! The identity backends: one folder each, and the registry.

pub mod practice;

use std::sync::Arc;
use std::time::Duration;

use crate::config::{Folders, Profile};
use crate::domain::ports::{AgentSignIn, Clock};
use crate::domain::{Answer, Failure, Kind, Place, Reason};
use practice::{Practice, PracticeSignIn};

/// What every backend is opened with.
pub struct Surroundings<'a> {
    /// Where files are.
    pub folders: &'a Folders,
    /// How long one call may take.
    pub one_call: Duration,
    /// The time.
    pub clock: Arc<dyn Clock + Send + Sync>,
}

/// The registry: opens the profile's backend, for an agent to sign in to. A new backend is one line here.
///
/// # Errors
/// Exit 2: the profile names a backend that there is not, or one that is set up wrong. Exit 8: it does not answer.
pub fn open(profile: &Profile, around: &Surroundings<'_>) -> Answer<Box<dyn AgentSignIn>> {
    let place = Place { profile: profile.name.clone(), backend: profile.backend.clone() };
    match profile.backend.as_str() {
        "practice" => {
            let directory =
                Practice::open(&around.folders.practice_directory(), around.one_call, Arc::clone(&around.clock))?;
            Ok(Box::new(PracticeSignIn::new(directory, place, profile.protected_groups.clone())))
        }
        other => Err(Failure::new(
            Kind::Usage,
            Reason::Configuration,
            format!("Profile {} has the backend \"{other}\", which this version does not have.", profile.name),
        )
        .hint("There is: practice.")),
    }
}
