//! The authorization code grant with PKCE, answered on a loopback port (RFC 8252 section 7.3, RFC 7636).

use std::time::Duration;

use oauth2::{AuthorizationCode, CsrfToken, PkceCodeChallenge, RedirectUrl};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::told::{Refused, told};
use super::{OAuth, Tokens, tokens};
use crate::domain::ports::Prompter;
use crate::domain::{Answer, Failure, Kind, Reason};

/// Somebody has to have signed in by then.
const PATIENCE: Duration = Duration::from_mins(10);
/// The longest request that is read, in bytes: a browser's, with its headers.
const LONGEST_REQUEST: usize = 32 * 1024;
/// What the browser shows at the end.
const DONE: &str = "You are signed in. Close this page and go back to the terminal.";
const REFUSED: &str = "You are not signed in. Close this page; the terminal says why.";

impl OAuth {
    /// Opens a browser on this machine (or shows the address where there is none), and waits for it to come back.
    ///
    /// # Errors
    /// Exit 4: refused, or nobody signed in in time. Exit 8: no answer, or no port.
    pub async fn web(&self, prompter: &mut dyn Prompter) -> Answer<Tokens> {
        let no_port = |error: std::io::Error| {
            Failure::unavailable("No port of this machine could be opened for the browser to come back to.")
                .hint("Sign in with a code instead: `tellonce login --device`.")
                .because(error)
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(no_port)?;
        let port = listener.local_addr().map_err(no_port)?.port();
        let back = RedirectUrl::new(format!("http://127.0.0.1:{port}/callback"))
            .map_err(|error| Failure::bug("The address to come back to is no address.").because(error))?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.set_up().set_redirect_uri(back);
        let (address, state) = client.authorize_url(CsrfToken::new_random).set_pkce_challenge(challenge).url();
        prompter.say("Sign in in the browser. If none opens on this machine, open this address in one:");
        prompter.say(address.as_str());
        if let Err(error) = crate::child::open_browser(address.as_str()) {
            tracing::debug!(%error, "no browser was opened");
        }
        let code = tokio::time::timeout(PATIENCE, came_back(&listener, state.secret(), &self.client_id))
            .await
            .map_err(|_| {
                Failure::new(Kind::NotAllowed, Reason::SignInRefused, "Nobody signed in within 10 minutes.")
                    .hint("Begin again: `tellonce login --web`.")
            })??;
        let granted = client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(verifier)
            .request_async(&|request| self.send(request))
            .await;
        granted.map(|granted| tokens(&granted)).map_err(|error| told(error, &self.endpoints.token, &self.client_id))
    }
}

/// Waits until the browser comes back with an answer to this very question; everything else gets a 404.
async fn came_back(listener: &TcpListener, state: &str, client_id: &str) -> Answer<String> {
    loop {
        let accepted = listener.accept().await;
        let Ok((mut stream, _)) = accepted else { continue };
        let Some(asked) = request(&mut stream).await else { continue };
        let value = |name: &str| asked.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        if asked.path() != "/callback" || value("state").as_deref() != Some(state) {
            answer(&mut stream, "404 Not Found", "There is nothing here.").await;
            continue;
        }
        if let Some(code) = value("code") {
            answer(&mut stream, "200 OK", DONE).await;
            return Ok(code);
        }
        answer(&mut stream, "200 OK", REFUSED).await;
        let code = value("error").unwrap_or_else(|| "no code".to_owned());
        return Err(Refused::new(code, value("error_description")).failure(client_id));
    }
}

/// The target of a GET request; none where it is not one.
async fn request(stream: &mut TcpStream) -> Option<Url> {
    let mut read = Vec::new();
    let mut chunk = [0; 2048];
    while !read.windows(4).any(|end| end == b"\r\n\r\n") {
        let length = stream.read(&mut chunk).await.ok()?;
        if length == 0 || read.len() + length > LONGEST_REQUEST {
            return None;
        }
        read.extend_from_slice(&chunk[..length]);
    }
    let text = String::from_utf8(read).ok()?;
    let target = text.lines().next()?.strip_prefix("GET ")?.split(' ').next()?;
    Url::parse("http://127.0.0.1").ok()?.join(target).ok()
}

async fn answer(stream: &mut TcpStream, status: &str, words: &str) {
    let page = format!("<!doctype html><meta charset=utf-8><title>tellonce</title><p>{words}</p>");
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncache-control: no-store\r\nreferrer-policy: no-referrer\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
        page.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await; // a browser that went away has what it came for
    let _ = stream.shutdown().await;
}
