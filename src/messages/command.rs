//! Sends by a command of the organisation, which gets the message on standard input.

use std::process::ExitStatus;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::outgoing::Outgoing;
use super::payload;
use super::sender_error::{SenderError, check_id};
use crate::domain::ports::MessageSender;
use crate::domain::{Channel, Check, CheckState, Message, SendFailed};
use crate::platform::{CommandError, child, run_with_input, threads};

/// The exit code of a failure that passes (`EX_TEMPFAIL` of sysexits.h).
const TEMPORARY: i32 = 75;
/// The exit codes of a command that refuses the address: `EX_DATAERR`, `EX_NOUSER`, `EX_NOHOST` (sysexits.h).
const ADDRESS_REFUSED: [i32; 3] = [65, 67, 68];

/// Sends by a command. It is run without a shell, with a clean environment, in a process group of its own.
pub(super) struct CommandSender {
    /// The program and its arguments.
    pub(super) words: Vec<String>,
    pub(super) channel: Channel,
    /// After this time the command is ended.
    pub(super) limit: Duration,
}

impl CommandSender {
    fn program(&self) -> &str {
        self.words.first().map(String::as_str).unwrap_or_default()
    }

    /// Runs the command in another thread, because waiting for it must not hold up everything else.
    async fn run(&self, input: serde_json::Result<Zeroizing<Vec<u8>>>) -> Result<(), SenderError> {
        let program = self.program();
        let input = input.map_err(|_| SenderError::permanent("The message cannot be written as JSON."))?;
        let (words, limit) = (self.words.clone(), self.limit);
        let (sender, ended) = oneshot::channel();
        let started = threads::start("sender command", move || {
            let (program, arguments) = words.split_first().map_or(("", &words[..]), |(first, rest)| (first, rest));
            let _ = sender.send(run_with_input(program, arguments, input, limit)); // nobody waits any more
        });
        started.map_err(|error| SenderError::passing(format!("{program} cannot be run ({error}).")))?;
        match ended.await {
            Ok(Ok(status)) => self.exit(status),
            Ok(Err(error)) => Err(self.not_ended(&error)),
            Err(_) => Err(SenderError::passing(format!("{program} cannot be waited for.")).perhaps_sent(true)),
        }
    }

    fn exit(&self, status: ExitStatus) -> Result<(), SenderError> {
        let program = self.program();
        match status.code() {
            Some(0) => Ok(()),
            Some(TEMPORARY) => Err(SenderError::passing(format!("{program} cannot send now (exit {TEMPORARY})."))),
            Some(code) if ADDRESS_REFUSED.contains(&code) => {
                Err(SenderError::permanent(format!("{program} refused the address (exit {code}).")).of_address())
            }
            Some(code) => Err(SenderError::permanent(format!("{program} did not send the message (exit {code})."))),
            None => Err(SenderError::passing(format!("{program} was ended by a signal.")).perhaps_sent(true)),
        }
    }

    fn not_ended(&self, error: &CommandError) -> SenderError {
        let words = format!("{} {error}.", self.program());
        match error {
            CommandError::NotStarted(_) => SenderError::permanent(words),
            CommandError::NotFed(_) => SenderError::passing(words),
            CommandError::Lost(_) => SenderError::passing(words).perhaps_sent(true),
            CommandError::TimedOut(_) => {
                SenderError::passing(format!("{} and was ended.", words.trim_end_matches('.'))).perhaps_sent(true)
            }
        }
    }
}

#[async_trait(?Send)]
impl MessageSender for CommandSender {
    fn channels(&self) -> Vec<Channel> {
        vec![self.channel]
    }

    async fn send(&self, message: &Message) -> Result<(), SendFailed> {
        let outgoing = Outgoing::new(message).map_err(SenderError::into_failed)?;
        self.run(payload::of_message(&outgoing)).await.map_err(SenderError::into_failed)
    }

    async fn checks(&self) -> Vec<Check> {
        let program = self.program();
        if child::find(program).is_none() {
            let error = SenderError::permanent(format!("There is no program {program}, or it may not be run."));
            return vec![error.into_check(self.channel)];
        }
        match self.run(payload::of_check(self.channel)).await {
            Ok(()) => {
                let words = format!("{program} answered a check with exit 0; it was asked to send no message");
                vec![Check::new(check_id(self.channel), CheckState::Ok, words)]
            }
            Err(error) => {
                let advice = "It gets a check on standard input, and has to send nothing and end with 0 then.";
                vec![error.advise(advice).into_check(self.channel)]
            }
        }
    }
}
