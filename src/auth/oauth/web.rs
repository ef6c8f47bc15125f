//! The authorization code grant with PKCE, with a loopback redirect (RFC 8252 section 7.3, RFC 7636).

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use oauth2::{AuthorizationCode, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::errors::{Refusal, to_error};
use super::{OAuth, Tokens, tokens};
use crate::domain::ports::Prompter;
use crate::domain::{Error, Kind, Reason, Result};

/// How long to wait until somebody has signed in.
const SIGN_IN_TIMEOUT: Duration = Duration::from_mins(10);
/// The longest request that is read, in bytes: a browser's, with its headers.
const MAX_REQUEST: usize = 32 * 1024;
/// How long a connection may take to send its request, and again to receive the response.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(5);
/// The most connections that are served at once. More wait to be accepted.
const MAX_CONNECTIONS: usize = 64;
/// The pause after a connection could not be accepted, for example because no descriptor is free.
const ACCEPT_RETRY_PAUSE: Duration = Duration::from_millis(50);
/// The browser's page after a sign-in.
const DONE: &str = "You are signed in. Close this page and go back to the terminal.";
/// The browser's page after a refusal.
const REFUSED: &str = "You are not signed in. Close this page; the terminal says why.";

impl OAuth {
    /// Signs in with a browser on this machine: opens it, shows the address, and waits for the redirect.
    ///
    /// # Errors
    /// Exit 4: refused, or nobody signed in in time. Exit 8: no answer, or no free port.
    pub(crate) async fn sign_in_with_browser(&self, prompter: &mut dyn Prompter) -> Result<Tokens> {
        let no_port = |error: std::io::Error| {
            Error::unavailable("No port of this machine could be opened for the browser to come back to.")
                .hint("Sign in with a code instead: `tellonce login --device`.")
                .because(error)
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(no_port)?;
        let port = listener.local_addr().map_err(no_port)?.port();
        let redirect_uri = RedirectUrl::new(format!("http://127.0.0.1:{port}/callback"))
            .map_err(|error| Error::bug("The redirect URI is no address.").because(error))?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.configured_client().set_redirect_uri(redirect_uri);
        let (address, state) = client.authorize_url(CsrfToken::new_random).set_pkce_challenge(challenge).url();
        prompter.say("Sign in in the browser. If none opens on this machine, open this address in one:");
        prompter.say(address.as_str());
        if let Err(error) = crate::platform::open_browser(address.as_str()) {
            tracing::debug!(%error, "no browser was opened");
        }
        let code = tokio::time::timeout(SIGN_IN_TIMEOUT, wait_for_redirect(&listener, state.secret(), &self.client_id))
            .await
            .map_err(|_| {
                Error::new(Kind::NotAllowed, Reason::SignInRefused, "Nobody signed in within 10 minutes.")
                    .hint("Begin again: `tellonce login --web`.")
            })??;
        let granted = client
            .exchange_code(AuthorizationCode::new(code.clone()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.secret().clone()))
            .request_async(&|request| self.send(request))
            .await;
        granted.map(|granted| tokens(&granted)).map_err(|error| {
            to_error(error, &self.endpoints.token, &self.client_id).redacted(&code).redacted(verifier.secret())
        })
    }
}

/// Waits for the redirect that carries this `state`. Connections are served concurrently, since browsers open some that
/// they never use.
async fn wait_for_redirect(listener: &TcpListener, state: &str, client_id: &str) -> Result<String> {
    let mut open = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if open.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => open.push(serve(stream, state, client_id)),
                Err(_) => tokio::time::sleep(ACCEPT_RETRY_PAUSE).await,
            },
            ended = open.next(), if !open.is_empty() => {
                if let Some(Some(redirect)) = ended {
                    return redirect;
                }
            }
        }
    }
}

/// Serves one connection. Returns `None` if it is silent, or its request is not the redirect and gets a 404.
async fn serve(mut stream: TcpStream, state: &str, client_id: &str) -> Option<Result<String>> {
    let target = tokio::time::timeout(CONNECTION_TIMEOUT, read_target(&mut stream)).await.ok().flatten()?;
    let value = |name: &str| target.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let is_redirect = target.path() == "/callback" && value("state").as_deref() == Some(state);
    let code = value("code");
    let (status, text) = match (is_redirect, &code) {
        (false, _) => ("404 Not Found", "There is nothing here."),
        (true, Some(_)) => ("200 OK", DONE),
        (true, None) => ("200 OK", REFUSED),
    };
    let _ = tokio::time::timeout(CONNECTION_TIMEOUT, respond(&mut stream, status, text)).await; // the browser may have closed the connection
    let refused = || {
        let (error, description) = (value("error"), value("error_description"));
        Refusal::from_response(error.as_deref().unwrap_or_default(), description.as_deref()).to_error(client_id)
    };
    is_redirect.then(|| code.ok_or_else(refused))
}

/// Reads the target of a GET request. Returns `None` for any other request.
async fn read_target(stream: &mut TcpStream) -> Option<Url> {
    let mut read = Vec::new();
    let mut chunk = [0; 2048];
    while !read.windows(4).any(|end| end == b"\r\n\r\n") {
        let length = stream.read(&mut chunk).await.ok()?;
        if length == 0 || read.len() + length > MAX_REQUEST {
            return None;
        }
        read.extend_from_slice(&chunk[..length]);
    }
    let text = String::from_utf8(read).ok()?;
    let target = text.lines().next()?.strip_prefix("GET ")?.split(' ').next()?;
    Url::parse("http://127.0.0.1").ok()?.join(target).ok()
}

async fn respond(stream: &mut TcpStream, status: &str, text: &str) {
    let page = format!("<!doctype html><meta charset=utf-8><title>tellonce</title><p>{text}</p>");
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncache-control: no-store\r\nreferrer-policy: no-referrer\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
        page.len()
    );
    let _ = stream.write_all(response.as_bytes()).await; // the browser may have closed the connection
    let _ = stream.shutdown().await;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    async fn get(port: u16, target: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn silent_and_stray_connections_do_not_delay_the_redirect() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let browser = async {
            let mut silent = Vec::new();
            for _ in 0..8 {
                silent.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
            }
            let mut half = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            half.write_all(b"GET /callback?state=s&code=c HTTP/1.1\r\n").await.unwrap();
            for stray in ["/favicon.ico", "/callback?state=other&code=c", "/callback"] {
                assert!(get(port, stray).await.starts_with("HTTP/1.1 404"), "{stray}");
            }
            let started = tokio::time::Instant::now();
            assert!(get(port, "/callback?state=s&code=c").await.contains(DONE));
            assert!(started.elapsed() < CONNECTION_TIMEOUT);
        };
        let (redirect, ()) = tokio::join!(wait_for_redirect(&listener, "s", "tellonce"), browser);
        assert_eq!(redirect.unwrap(), "c");
    }

    #[tokio::test]
    async fn a_refusal_quotes_only_known_descriptions() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = "/callback?state=s&error=access_denied&error_description=s3cret";
        let (redirect, answer) = tokio::join!(wait_for_redirect(&listener, "s", "tellonce"), get(port, target));
        assert!(answer.contains(REFUSED));
        assert!(!redirect.unwrap_err().message_with_hint().contains("s3cret"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_connection_is_closed_after_five_seconds() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let silent = async {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.unwrap();
            rest
        };
        let closed = tokio::time::timeout(Duration::from_mins(1), async {
            tokio::select! {
                rest = silent => rest,
                _ = wait_for_redirect(&listener, "s", "tellonce") => unreachable!("nobody answered"),
            }
        });
        assert_eq!(closed.await.unwrap(), b"");
    }
}
