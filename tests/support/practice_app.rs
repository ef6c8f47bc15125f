//! The customer's app of the practice directory, served by the tool, and a browser that fills in its forms.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::TestEnvironment;
use super::keycloak::web::{Body, Client, Jar, Method, Reply};

/// One running app. Dropped, it ends.
pub struct PracticeApp {
    child: Child,
    /// What it printed: its address and port.
    pub printed: Value,
}

impl PracticeApp {
    /// Starts the app on a free port, and waits until it says its address.
    pub fn start(environment: &TestEnvironment, more: &[&str]) -> Self {
        Self::start_command(&mut environment.command(&[&["-o", "json", "practice", "app"], more].concat()))
    }

    /// Starts a command that serves the app, and waits until it says its address.
    pub fn start_command(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let printed = serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut words = String::new();
            child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
            panic!("the app did not start: {line}{words}")
        });
        Self { child, printed }
    }

    pub fn port(&self) -> u16 {
        u16::try_from(self.printed["port"].as_u64().unwrap()).unwrap()
    }

    /// The address without the last slash, as browsers send it in `Origin`.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    /// Sends a request as it stands, and returns all that comes back until the server closes.
    pub fn exchange(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let _ = stream.write_all(request.as_bytes()); // a request that is refused early is not read to its end
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    }

    /// Opens a connection and sends nothing.
    pub fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port())).unwrap()
    }

    /// Opens a browser without cookies.
    pub fn browser(&self) -> FormBrowser {
        FormBrowser { origin: self.origin(), jar: Jar::new(Client::new(None)) }
    }

    /// Sends a signal, and returns how the app ended.
    pub fn end_by(&mut self, signal: Signal) -> std::process::ExitStatus {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for PracticeApp {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}

/// A browser without scripts: it keeps cookies, follows redirects and fills in forms.
pub struct FormBrowser {
    origin: String,
    jar: Jar,
}

impl FormBrowser {
    /// Opens a page.
    pub fn open(&self, path: &str) -> Reply {
        self.jar.follow(Method::GET, &format!("{}{path}", self.origin), Body::Nothing, &self.origin)
    }

    /// Fills in the form of a page and sends it.
    pub fn submit(&self, page: &Reply, action: &str, fields: &[(&str, &str)]) -> Reply {
        let token = form_token(&page.text).unwrap_or_else(|| panic!("a form: {page:#?}"));
        let hidden = [("form_token", token)];
        let fields = hidden.iter().chain(fields).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let headers = [("origin", self.origin.as_str())];
        let sent = self.jar.send_with(
            Method::POST,
            &format!("{}{action}", self.origin),
            &headers,
            Body::Form(fields.collect()),
        );
        match &sent.location {
            Some(to) => self.jar.follow(Method::GET, to, Body::Nothing, &self.origin),
            None => sent,
        }
    }

    /// Signs in on the first page.
    pub fn sign_in(&self, name: &str, password: &str) -> Reply {
        self.submit(&self.open("/"), "/sign-in", &[("name", name), ("password", password)])
    }

    /// Presses "Update Password" on this page.
    pub fn update_password(&self, page: &Reply, new: &str) -> Reply {
        self.submit(page, "/choose-password", &[("new_password", new), ("new_password_again", new)])
    }

    /// The headers of a request with this browser's cookie.
    pub fn cookie(&self) -> String {
        self.jar.cookies("/")
    }
}

/// The token in a page's form.
pub fn form_token(html: &str) -> Option<&str> {
    html.split_once("name=\"form_token\" value=\"")?.1.split('"').next()
}

/// The page's first heading.
pub fn heading(page: &Reply) -> String {
    let inside = page.text.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>"));
    inside.map_or_else(|| panic!("a page: {page:#?}"), |(heading, _)| heading.to_owned())
}
