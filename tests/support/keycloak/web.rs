//! HTTP as the rig speaks it: plain functions that wait, usable inside and outside of async code.
//!
//! The story plays the customer by calls that wait, in the middle of async code; reqwest's own blocking client refuses
//! that. So the requests run on one thread of their own, and the caller waits on a channel.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{LazyLock, Mutex, mpsc};
use std::time::Duration;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::Value;

pub use reqwest::Method;

/// Runs on the rig's own thread, and waits for it.
fn wait<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    static RUNTIME: LazyLock<tokio::runtime::Handle> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
        handle
    });
    let (sender, receiver) = mpsc::channel();
    RUNTIME.spawn(async move { drop(sender.send(work.await)) });
    receiver.recv().expect("the rig's requests end without a panic")
}

/// What a request carries.
pub enum Body {
    Nothing,
    Form(Vec<(String, String)>),
    Json(Value),
    Bytes(Vec<u8>),
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Where it came from.
    pub url: String,
    /// Where it leads, made absolute.
    pub location: Option<String>,
    /// Its text.
    pub text: String,
    cookies: Vec<String>,
    headers: reqwest::header::HeaderMap,
}

impl Reply {
    /// The value of a header.
    #[track_caller]
    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:#?}"));
        value.to_str().unwrap().to_owned()
    }

    /// Its JSON; null for an empty answer.
    #[track_caller]
    pub fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:#?}"))
    }

    /// The last part of `Location`: the id of what was made.
    #[track_caller]
    pub fn made(&self) -> String {
        let location = self.location.as_deref().unwrap_or_else(|| panic!("nothing was made: {self:#?}"));
        location.rsplit('/').next().unwrap().to_owned()
    }
}

/// A client without cookies, redirects or proxies.
#[derive(Clone)]
pub struct Client(reqwest::Client);

impl Client {
    /// Trusts this CA alone, where one is given.
    pub fn new(ca: Option<&Path>) -> Self {
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_mins(1));
        let trusted = ca.map(|ca| reqwest::Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap());
        Self(builder.tls_certs_only(trusted).build().unwrap())
    }

    /// One request; an error where no answer came.
    pub fn try_send(&self, method: Method, url: &str, headers: &[(&str, &str)], body: Body) -> Result<Reply, String> {
        let mut request = self.0.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request = match body {
            Body::Nothing => request,
            Body::Form(fields) => request.form(&fields),
            Body::Json(value) => request.json(&value),
            Body::Bytes(bytes) => request.body(bytes),
        };
        wait(async move {
            let response = request.send().await.map_err(|error| format!("{error:?}"))?;
            let texts = |name| {
                let values = response.headers().get_all(name).iter();
                values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect::<Vec<_>>()
            };
            let (cookies, url) = (texts(SET_COOKIE), response.url().clone());
            let location = texts(LOCATION).first().map(|to| url.join(to).unwrap().to_string());
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let text = response.text().await.map_err(|error| format!("{error:?}"))?;
            Ok(Reply { status, url: url.to_string(), location, text, cookies, headers })
        })
    }

    /// One request that is answered.
    #[track_caller]
    pub fn send(&self, method: Method, url: &str, headers: &[(&str, &str)], body: Body) -> Reply {
        self.try_send(method.clone(), url, headers, body).unwrap_or_else(|error| panic!("{method} {url}: {error}"))
    }
}

/// A client with cookies. They are `Secure` even over plain http, where only a browser that treats loopback as secure
/// would send them back: so does this jar.
pub struct Jar {
    client: Client,
    cookies: Mutex<BTreeMap<(String, String), String>>,
}

impl Jar {
    pub fn new(client: Client) -> Self {
        Self { client, cookies: Mutex::default() }
    }

    /// The names of the cookies that are held.
    pub fn names(&self) -> Vec<String> {
        self.cookies.lock().unwrap().keys().map(|(_, name)| name.clone()).collect()
    }

    /// The cookies that go to a path, as one header has them.
    pub fn cookies(&self, path: &str) -> String {
        let cookies = self.cookies.lock().unwrap();
        let held = cookies.iter().filter(|((scope, _), _)| path.starts_with(scope.as_str()));
        held.map(|((_, name), value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// One request; cookies go with it and are kept.
    #[track_caller]
    pub fn send(&self, method: Method, url: &str, body: Body) -> Reply {
        self.send_with(method, url, &[], body)
    }

    /// One request with these headers besides.
    #[track_caller]
    pub fn send_with(&self, method: Method, url: &str, headers: &[(&str, &str)], body: Body) -> Reply {
        let held = self.cookies(reqwest::Url::parse(url).unwrap().path());
        let mut headers = headers.to_vec();
        if !held.is_empty() {
            headers.push((COOKIE.as_str(), &held));
        }
        let reply = self.client.send(method, url, &headers, body);
        for cookie in &reply.cookies {
            self.keep(cookie);
        }
        reply
    }

    fn keep(&self, cookie: &str) {
        let mut parts = cookie.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let (mut scope, mut gone) = ("/".to_owned(), false);
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            match key.to_ascii_lowercase().as_str() {
                "path" => value.clone_into(&mut scope),
                "max-age" => gone |= value == "0",
                "expires" => gone |= value.contains("1970"),
                _ => {}
            }
        }
        let mut cookies = self.cookies.lock().unwrap();
        if gone {
            cookies.remove(&(scope, name.to_owned()));
        } else {
            cookies.insert((scope, name.to_owned()), value.to_owned());
        }
    }

    /// One request, and redirects below `within` followed; the last answer, which may lead elsewhere.
    #[track_caller]
    pub fn follow(&self, method: Method, url: &str, body: Body, within: &str) -> Reply {
        let mut reply = self.send(method, url, body);
        for _ in 0..20 {
            match &reply.location {
                Some(to) if to.starts_with(within) => reply = self.send(Method::GET, &to.clone(), Body::Nothing),
                _ => return reply,
            }
        }
        panic!("redirected without end: {reply:#?}")
    }
}
