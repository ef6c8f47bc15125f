//! The calls of AWS: each within one time limit, and sent again only where that is harmless.

use std::cell::{Cell, OnceCell};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use backon::Retryable as _;
use jiff::Timestamp;
use tokio::time::timeout;

use super::action::Action;
use super::codes;
use super::credential_errors::find_unanswered;
use super::credentials::AgentCredentials;
use super::errors::{self, ErrorContext, Refusal};
use super::http_client::AwsHttpClient;
use super::settings::{CognitoSettings, Service};
use crate::domain::{Error, Kind, Reason, Result};
use crate::net::retry::{Deadline, pauses};

/// The longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// AWS, called with one agent's credentials.
pub(super) struct Api {
    pub(super) settings: Rc<CognitoSettings>,
    pub(super) credentials: AgentCredentials,
    pub(super) http: AwsHttpClient,
    limit: Duration,
    /// The caller repeats a call that changed nothing, so this client does not.
    caller_retries: Cell<bool>,
    cognito: OnceCell<aws_sdk_cognitoidentityprovider::Client>,
}

/// Who repeats a call that failed and changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeats {
    /// The caller, if it said so.
    ByCaller,
    /// This client. The call follows a change in the same operation, which the caller cannot repeat.
    Here,
}

/// Why a call failed, and whether another try could help.
struct CallError {
    error: Box<Error>,
    /// AWS certainly did not apply the call.
    not_applied: bool,
    is_transient: bool,
    retry_after: Option<Duration>,
}

/// The answer to a call, or AWS's refusal of it.
pub(super) type Answer<T> = Result<T, Refusal>;

impl Api {
    pub(super) fn new(
        settings: Rc<CognitoSettings>,
        credentials: AgentCredentials,
        http: AwsHttpClient,
        limit: Duration,
    ) -> Self {
        Self { settings, credentials, http, limit, caller_retries: Cell::new(false), cognito: OnceCell::new() }
    }

    /// Returns the client of the user pools.
    pub(super) fn cognito(&self) -> &aws_sdk_cognitoidentityprovider::Client {
        self.cognito.get_or_init(|| aws_sdk_cognitoidentityprovider::Client::new(&self.sdk_config(Service::CognitoIdp)))
    }

    /// Returns the SDK's settings for a service. The SDK repeats nothing by itself: the pace and the rules are this tool's.
    pub(super) fn sdk_config(&self, service: Service) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT.min(self.limit))
            .read_timeout(self.limit)
            .operation_attempt_timeout(self.limit)
            .operation_timeout(self.limit)
            .build();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.settings.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(self.credentials.clone()))
            .identity_cache(aws_config::identity::IdentityCache::no_cache())
            .http_client(self.http.clone())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new());
        match self.settings.endpoint(service) {
            Some(url) => config.endpoint_url(url.as_str()).build(),
            None => config.build(),
        }
    }

    /// Leaves retries to the caller.
    pub(super) fn leave_retries(&self) {
        self.caller_retries.set(true);
    }

    /// Returns when an operation that begins now has to end.
    pub(super) fn deadline(&self) -> Deadline {
        Deadline::after(self.limit)
    }

    /// Makes a call, within the time limit of an operation.
    ///
    /// # Errors
    /// Exit 4: the agent lacks the action. Exit 8: no answer. From a change on, [`Error::changed`] says whether AWS may have
    /// applied it.
    pub(super) async fn call<T, E, F>(&self, action: Action, send: impl Fn() -> F) -> Result<Answer<T>>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        self.call_until(self.deadline(), action, send).await
    }

    /// Makes a call, within the time limit of an operation, which this client repeats or the caller.
    ///
    /// # Errors
    /// As for [`Self::call`].
    pub(super) async fn call_repeated<T, E, F>(
        &self,
        repeats: Repeats,
        action: Action,
        send: impl Fn() -> F,
    ) -> Result<Answer<T>>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        self.call_within(self.deadline(), repeats, action, send).await
    }

    /// Makes a call that has to end by a deadline, as one of several pages.
    ///
    /// # Errors
    /// As for [`Self::call`].
    pub(super) async fn call_until<T, E, F>(
        &self,
        deadline: Deadline,
        action: Action,
        send: impl Fn() -> F,
    ) -> Result<Answer<T>>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        self.call_within(deadline, Repeats::ByCaller, action, send).await
    }

    async fn call_within<T, E, F>(
        &self,
        deadline: Deadline,
        repeats: Repeats,
        action: Action,
        send: impl Fn() -> F,
    ) -> Result<Answer<T>>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let left_to_caller = repeats == Repeats::ByCaller && self.caller_retries.get();
        let once = || async {
            self.make_ready(Duration::ZERO).await.map_err(not_sent)?;
            if deadline.is_over() {
                return Err(not_sent(errors::too_long(self.limit)));
            }
            match timeout(deadline.remaining(), Box::pin(send())).await {
                Ok(Ok(answer)) => Ok(Ok(answer)),
                Ok(Err(error)) => self.explain(action, error),
                Err(_) => Err(lost(action, errors::too_long(self.limit), false)),
            }
        };
        let again = |failed: &CallError| {
            failed.is_transient
                && !(left_to_caller && failed.error.is_passing())
                && (action.is_idempotent() || failed.not_applied)
        };
        once.retry(pauses())
            .when(again)
            .adjust(|failed: &CallError, usual| deadline.pause(failed.retry_after, usual))
            .notify(|failed: &CallError, pause| tracing::debug!(error = %failed.error, ?pause, "sent again"))
            .await
            .map_err(|failed| *failed.error)
    }

    /// Makes the credentials last at least this long. Returns when they end; `None` if they do not.
    ///
    /// # Errors
    /// Exit 4: there are none, or their session is over.
    pub(super) async fn make_ready(&self, at_least: Duration) -> Result<Option<Timestamp>> {
        let profile = self.settings.credentials.aws_profile.as_deref();
        self.credentials.ready(at_least).await?.ok_or_else(|| {
            Error::new(Kind::NotAllowed, Reason::NotSignedIn, "There are no AWS credentials.")
                .hint(super::credential_errors::how_to_sign_in(profile))
        })
    }

    /// Explains a call that failed, or hands AWS's refusal to the caller.
    fn explain<T, E>(&self, action: Action, error: SdkError<E, HttpResponse>) -> Result<Answer<T>, CallError>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let status = error.raw_response().map_or(0, |raw| raw.status().as_u16());
        let retry_after = error.raw_response().and_then(|raw| raw.headers().get("retry-after"));
        let retry_after = retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let too_many = || {
            let error = Box::new(errors::throttled(retry_after));
            CallError { error, not_applied: true, is_transient: true, retry_after }
        };
        let SdkError::ServiceError(refused) = error else {
            // A proxy that throttles says so by the status alone.
            return Err(if status == 429 { too_many() } else { unanswered(action, &error) });
        };
        let code = refused.err().code().unwrap_or_default().to_owned();
        let known = if codes::is_code(&code) { &code } else { "an unknown code" };
        tracing::debug!(code = known, status, action = action.name(), "refused");
        if codes::is_throttled(&code) || status == 429 {
            return Err(too_many());
        }
        if codes::is_internal(&code, status) {
            return Err(lost(action, errors::internal(action), true));
        }
        let refusal = Refusal { code, message: refused.err().message().unwrap_or_default().to_owned() };
        let clock_ahead = errors::clock_ahead(self.http.server_time());
        match (ErrorContext { settings: &self.settings, action, clock_ahead }).explain(&refusal) {
            Some(error) => Err(not_sent(error)),
            None => Ok(Err(refusal)),
        }
    }
}

/// Makes the error of a call that AWS did not begin, and that another try does not help.
fn not_sent(error: Error) -> CallError {
    CallError { error: Box::new(error), not_applied: true, is_transient: false, retry_after: None }
}

/// Makes the error of a call that AWS may have applied.
fn lost(action: Action, error: Error, is_transient: bool) -> CallError {
    let error = if action.is_change() { error.answer_lost() } else { error };
    CallError { error: Box::new(error), not_applied: false, is_transient, retry_after: None }
}

/// Explains a call without an answer.
fn unanswered<E: std::error::Error + 'static>(action: Action, error: &SdkError<E, HttpResponse>) -> CallError {
    let found = match error {
        SdkError::DispatchFailure(failed) => failed.as_connector_error().and_then(|error| find_unanswered(error)),
        _ => None,
    };
    match (found, error) {
        (Some(unanswered), _) if !unanswered.may_be_applied => CallError {
            error: Box::new(unanswered.to_error()),
            not_applied: true,
            is_transient: unanswered.is_transient,
            retry_after: None,
        },
        (Some(unanswered), _) => lost(action, unanswered.to_error(), unanswered.is_transient),
        (None, SdkError::ConstructionFailure(_)) => {
            not_sent(Error::bug(format!("{} could not be built.", action.name())))
        }
        (None, SdkError::TimeoutError(_)) => lost(
            action,
            Error::unavailable("AWS did not answer in time.").hint("Give it more time: `--timeout`."),
            false,
        ),
        (None, _) => {
            let error =
                Error::unavailable(format!("The answer to {} cannot be read: it is not one of AWS's.", action.name()))
                    .hint("A proxy may answer in its place. `tellonce doctor` looks.");
            lost(action, error, false)
        }
    }
}
