//! Plays a reset or a withdrawal against the scripted backend.

use std::sync::Arc;
use std::time::Duration;

use tellonce::domain::{
    Guards, Issuance, ResetRequest, Result, Services, Session, WithdrawalRequest, Withdrawn, reset, withdraw,
};

use super::scripted::{Script, Scripted};
use crate::support::conformance::{MovedClock, Player, Revealed, SharedClock, guards, with_services_of};

/// How a command ended, and what was done on the way.
pub struct Ended<T = Issuance> {
    pub answer: Result<T>,
    pub calls: Vec<&'static str>,
    pub passwords: Vec<String>,
    pub revealed: Vec<String>,
    pub plans: Vec<tellonce::domain::Plan>,
    /// By the clock of the test, which stands still while anything is done.
    pub took: Duration,
}

/// Plays a reset of the one customer there is.
pub fn play(script: Script) -> Ended {
    play_with(script, &guards(), ResetRequest { customer: "ada".into(), ..ResetRequest::default() })
}

pub fn play_with(script: Script, guards: &Guards, request: ResetRequest) -> Ended {
    let reveal = Revealed::default();
    let mut revealing = reveal.clone();
    let ended = play_command(script, guards, async |desk: &mut Services<'_>, session: &Session| {
        reset(desk, session, &mut revealing, request).await
    });
    Ended { revealed: reveal.0.take(), ..ended }
}

/// Plays the withdrawal of the one customer's temporary password.
pub fn play_withdrawal(script: Script, guards: &Guards) -> Ended<Withdrawn> {
    let request = WithdrawalRequest { customer: "ada".into(), ..WithdrawalRequest::default() };
    play_command(script, guards, async |desk: &mut Services<'_>, session: &Session| {
        withdraw(desk, session, request).await
    })
}

pub fn play_command<T>(
    script: Script,
    guards: &Guards,
    command: impl AsyncFnOnce(&mut Services<'_>, &Session) -> Result<T>,
) -> Ended<T> {
    let folder = tempfile::tempdir().unwrap();
    let backend = Scripted::new(script);
    let session = backend.session();
    let mut player = Player::confirming("");
    let clock: SharedClock = Arc::new(MovedClock::default());
    let (answer, took) = in_paused_time(async {
        let started = tokio::time::Instant::now();
        let answer = with_services_of(folder.path(), clock, guards, &mut player, async |desk: &mut Services<'_>| {
            command(desk, &session).await
        });
        (answer.await, started.elapsed())
    });
    Ended {
        answer,
        calls: backend.calls(),
        passwords: backend.passwords(),
        revealed: Vec::new(),
        plans: player.shown,
        took,
    }
}

/// Runs the work in a runtime whose time passes only where everything waits for it.
fn in_paused_time<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}
