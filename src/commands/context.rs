//! What every verb works with: screen, folders, configuration, profile, and the way to a session.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;

use super::case_args::CaseArgs;
use super::decorators::Decorators;
use super::messages::{self, CodeMessenger, notify_by};
use super::reveal_args::RevealArgs;
use crate::auth::{Choice, Kept, SessionStore};
use crate::backends::{self, BackendContext};
use crate::cli::GlobalArgs;
use crate::config::{Configuration, Folders, Profile};
use crate::domain::ports::{AgentSignIn, AuditLog, Interruptions, Prompter, SessionKeeper};
use crate::domain::{
    Case, Error, Kind, Language, OwnPassword, Reason, Services, Session, SignInMethod, StoredSession, Verifier,
};
use crate::ledger::{Ledger, View};
use crate::messages::CustomerMessages;
use crate::platform::{SystemClock, SystemRandom};
use crate::terminal::{RevealOptions, Screen, Signals, TerminalPrompter};
use crate::texts::{Localization, Texts};

/// How long one call to the backend may take without `--timeout`.
const DEFAULT_CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// How often a password may be typed before the sign-in fails.
const MAX_SIGN_IN_TRIES: usize = 3;

/// What every verb works with.
pub(super) struct Context {
    pub(super) global: GlobalArgs,
    pub(super) screen: Screen,
    pub(super) folders: Folders,
    pub(super) configuration: Configuration,
    pub(super) profile: Profile,
    pub(super) signals: Signals,
    pub(super) decorators: Decorators,
    /// What the profile sends to customers, once it is opened: a credential may be read only once.
    pub(super) messages: OnceCell<Rc<CustomerMessages>>,
    /// The ledger, once it is asked for: to open it again would read its write-ahead log again.
    pub(super) ledger: OnceCell<Ledger>,
}

impl Context {
    /// Loads the texts of the profile, in the language that was asked for, else in the profile's, else in English.
    ///
    /// # Errors
    /// Exit 2: there are no texts in the language, or the profile's folder of texts cannot be used.
    pub(super) fn localization(&self, asked_for: Option<Language>) -> Result<Localization, Error> {
        let config = &self.profile.texts;
        let texts = Texts::load(config.templates.as_deref())?;
        let language = asked_for.or_else(|| config.language.clone()).unwrap_or_else(Language::english);
        Localization::new(texts, language)
    }

    /// Builds the options of the reveal from the command line.
    pub(super) fn reveal_options(&self, args: &RevealArgs, localization: Localization) -> RevealOptions {
        RevealOptions {
            show_for: args.show_for,
            allow_plaintext_file: args.allow_plaintext_file,
            json: self.json(),
            localization,
            signals: self.signals.clone(),
        }
    }

    /// Reads the configuration and chooses the profile. Opens no backend.
    pub(super) fn new(global: GlobalArgs, screen: Screen, decorators: Decorators) -> Result<Self> {
        let folders = Folders::find(&|name| std::env::var_os(name))?;
        let configuration = Configuration::load(&folders).context("reading the configuration")?;
        for name in configuration.profile_names() {
            backends::check(&configuration.profile(Some(&name))?)?;
        }
        let mut profile = configuration.profile(global.profile.as_deref())?;
        profile.guards.notify_by = notify_by(&profile)?;
        let signals = Signals::start()?;
        let (messages, ledger) = (OnceCell::new(), OnceCell::new());
        Ok(Self { global, screen, folders, configuration, profile, signals, decorators, messages, ledger })
    }

    /// Builds a context with other folders and an empty configuration, for the same command line.
    pub(super) fn elsewhere(&self, folders: Folders) -> Result<Self> {
        let configuration = Configuration::default();
        let mut profile = configuration.profile(Some(crate::config::BUILT_IN))?;
        profile.guards.notify_by = notify_by(&profile)?;
        Ok(Self {
            global: self.global.clone(),
            screen: self.screen.clone(),
            folders,
            configuration,
            profile,
            signals: self.signals.clone(),
            decorators: self.decorators,
            messages: OnceCell::new(),
            ledger: OnceCell::new(),
        })
    }

    /// Returns how long one call to the backend may take.
    pub(super) fn call_timeout(&self) -> Duration {
        self.global.timeout.unwrap_or(DEFAULT_CALL_TIMEOUT)
    }

    /// Opens the profile's backend for a sign-in.
    pub(super) fn sign_in(&self) -> Result<Box<dyn AgentSignIn>, Error> {
        Ok((self.decorators.sign_in)(backends::open(&self.profile, &self.surroundings())?))
    }

    /// Returns what the backend is opened with.
    pub(super) fn surroundings(&self) -> BackendContext<'_> {
        BackendContext {
            folders: &self.folders,
            call_timeout: self.call_timeout(),
            clock: Arc::new(SystemClock),
            store: Rc::new(self.store()),
            interceptor: self.decorators.requests,
        }
    }

    /// Returns the store of this profile's session.
    pub(super) fn store(&self) -> SessionStore {
        let screen = self.screen.clone();
        SessionStore::new(&self.folders, &self.profile.name, Box::new(move |words| screen.notice(words)))
    }

    /// Returns the error of a command that needs a confirmation when nobody can be asked.
    pub(super) fn nobody_can_confirm(&self, what: &str) -> Error {
        if self.global.no_input {
            let message = format!("{what} is confirmed first, and `--no-input` keeps it from asking.");
            return Error::missing_answer(message, "Add `--yes` to confirm beforehand.");
        }
        Error::missing_answer(
            format!("{what} is confirmed first, and there is no terminal to ask on."),
            "Over SSH, get one with `ssh -t`. In a script, add `--yes` to confirm beforehand.",
        )
    }

    /// Returns a prompter for the terminal. With `yes`, it confirms without asking.
    pub(super) fn prompter(&self, yes: bool) -> TerminalPrompter {
        TerminalPrompter::new(self.screen.clone(), self.signals.clone(), !self.global.no_input, yes)
    }

    /// Returns the existing session, or `None` if nobody is signed in.
    pub(super) async fn session_if_any(&self) -> Result<Option<Session>, Error> {
        Ok(self.kept_session().await?.map(|(session, _)| session))
    }

    /// Returns the existing session and where it is stored. A session from a backend itself may be stored nowhere.
    pub(super) async fn kept_session(&self) -> Result<Option<(Session, Option<Kept>)>, Error> {
        let (stored, kept) = self.store().load()?.unzip();
        let session = self.sign_in()?.resume(stored).await?;
        Ok(session.map(|session| (session, kept)))
    }

    /// Returns the existing session. At a terminal, asks the agent to sign in if there is none.
    ///
    /// # Errors
    /// Exit 4, with the hint `tellonce login`: nobody is signed in, and nobody can be asked.
    pub(super) async fn session(&self) -> Result<Session> {
        if let Some(session) = self.session_if_any().await.context("going on with the session that is kept")? {
            self.warn_of_own_password(&session);
            return Ok(session);
        }
        let mut prompter = self.prompter(false);
        let not_signed_in = Error::not_signed_in(format!("You are not signed in to {}.", self.profile.name));
        match self.sign_in()?.session_keeper() {
            SessionKeeper::Other { begin, .. } => bail!(not_signed_in.hint(begin)),
            SessionKeeper::Tellonce if !prompter.can_ask() => {
                bail!(not_signed_in.hint("Sign in first: `tellonce login`."))
            }
            SessionKeeper::Tellonce => {}
        }
        prompter.say("You are not signed in. Sign in to go on.");
        let method = self.sign_in()?.methods().first().copied().unwrap_or(SignInMethod::Password);
        let (session, stored) = self.sign_in_asking(method, None, &mut prompter).await?;
        if let Some(stored) = stored
            && let Err(error) = self.store().save(&stored, Choice::Keyring)
        {
            tracing::debug!(failure = %error, "the session is not kept");
            prompter.say("This sign-in is for this command only. To stay signed in: `tellonce login --store file`.");
        }
        self.warn_of_own_password(&session);
        Ok(session)
    }

    /// Warns an agent whose own password has expired, because few sign-ins are left.
    fn warn_of_own_password(&self, session: &Session) {
        let expired = session.backend().own_password().filter(|password| password.has_expired());
        if let Some(warning) = expired.and_then(OwnPassword::warning) {
            self.screen.warning(&warning);
        }
    }

    /// Signs in. Asks again if the password was wrong.
    pub(super) async fn sign_in_asking(
        &self,
        method: SignInMethod,
        agent: Option<&str>,
        prompter: &mut dyn Prompter,
    ) -> Result<(Session, Option<StoredSession>), Error> {
        let sign_in = self.sign_in()?;
        let mut tries = 1;
        loop {
            match sign_in.sign_in(method, agent, prompter).await {
                Err(error)
                    if method == SignInMethod::Password
                        && error.reason == Reason::SignInRefused
                        && tries < MAX_SIGN_IN_TRIES
                        && prompter.can_ask() =>
                {
                    prompter.say(&error.message);
                    tries += 1;
                }
                result => return result,
            }
        }
    }

    /// Returns the ledger of this machine. It touches no file before its first use.
    pub(super) fn ledger(&self) -> Ledger {
        let (folders, settings) = (&self.folders, &self.configuration.audit);
        let new = || Ledger::new(folders, settings, Arc::new(Timestamp::now), Box::new(SystemRandom));
        self.ledger.get_or_init(new).clone()
    }

    /// Makes the ledger of this machine for a bulk run.
    pub(super) fn ledger_for_run(&self) -> Ledger {
        Ledger::for_run(&self.folders, &self.configuration.audit, Arc::new(Timestamp::now), Box::new(SystemRandom))
    }

    /// Records what is about to be shown, if the configuration asks for it.
    ///
    /// # Errors
    /// Exit 8: the record could not be written, so nothing may be shown.
    pub(super) async fn record_view(&self, session: &Session, view: View<'_>) -> Result<(), Error> {
        if !self.configuration.audit.views {
            return Ok(());
        }
        let ledger = self.ledger();
        let written = ledger.viewed(session, view).await;
        for warning in ledger.warnings().take() {
            self.screen.warning(&warning);
        }
        written
    }

    /// Checks what the flags say about the case, before anybody is asked or signed in.
    ///
    /// # Errors
    /// Exit 2, naming the flag: its text cannot be used.
    pub(super) fn case(&self, args: CaseArgs) -> Result<Case, Error> {
        Case::from(args).checked(&self.profile.guards)
    }

    /// Refuses to work on the practice directory in a script that did not choose it.
    ///
    /// # Errors
    /// Exit 2, with the hint `--profile practice`: no profile was chosen, and nobody is asked.
    pub(super) fn refuse_practice_by_accident(&self, asks: bool) -> Result<()> {
        if self.profile.chosen || asks {
            return Ok(());
        }
        Err(Error::new(
            Kind::Usage,
            Reason::PracticeByAccident,
            "No profile is set up, so this would work on the practice directory, where nothing is real.",
        )
        .hint("If that is what you want, say so: `--profile practice`. Else set one up: `tellonce profile add`.")
        .into())
    }

    /// Returns what the profile sends to customers. Nothing is sent, and no sender is connected to.
    ///
    /// # Errors
    /// Exit 2: the profile's senders or texts cannot be used.
    pub(super) fn customer_messages(&self) -> Result<Rc<CustomerMessages>, Error> {
        if let Some(messages) = self.messages.get() {
            return Ok(Rc::clone(messages));
        }
        let screen = self.screen.clone();
        let notice: Rc<dyn Fn(&str)> = Rc::new(move |words| screen.notice(words));
        let opened = Rc::new(messages::open(&self.profile, &self.surroundings(), &notice)?);
        Ok(Rc::clone(self.messages.get_or_init(|| opened)))
    }

    /// Runs work that needs the ports of a command. Shows the warnings of the audit log afterwards.
    pub(super) async fn with_services<T>(
        &self,
        prompter: &mut dyn Prompter,
        work: impl AsyncFnOnce(&mut Services<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let log = self.ledger();
        let warnings = log.warnings();
        let verifications = log.clone();
        let open = || self.customer_messages();
        let messenger = CodeMessenger { profile: &self.profile, open: &open };
        let verifier = Verifier { log: &verifications, messenger: &messenger, clock: &SystemClock };
        let mut audit = (self.decorators.audit)(Box::new(log));
        let mut random = SystemRandom;
        let mut services = Services {
            audit: &mut *audit,
            prompter,
            clock: &SystemClock,
            random: &mut random,
            interruptions: &self.signals as &dyn Interruptions,
            guards: &self.profile.guards,
            verifier: Some(verifier),
        };
        let result = work(&mut services).await;
        verifications.write_receipt();
        for warning in warnings.take() {
            self.screen.warning(&warning);
        }
        result
    }
}

/// Finds a customer and reads their status, for the verbs that change nothing. Records that this command shows them.
pub(super) async fn look_up(
    context: &Context,
    command: &'static str,
    text: &str,
) -> Result<(Session, crate::domain::CustomerFacts)> {
    let session = context.session().await?;
    let mut prompter = context.prompter(false);
    let facts = context
        .with_services(&mut prompter, async |services: &mut Services<'_>| {
            session.backend().keep_alive(Duration::ZERO).await?;
            let customer = crate::domain::identify(text, &session, services.prompter).await?;
            crate::domain::gather_facts(&mut *services.audit as &mut dyn AuditLog, &session, &customer).await
        })
        .await?;
    let (customer, user) = (&facts.customer, facts.snapshot.user.as_ref());
    context.record_view(&session, View::Customer { command, customer, user }).await?;
    for note in &facts.recovered {
        context.screen.warning(note);
    }
    Ok((session, facts))
}
