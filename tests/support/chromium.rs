//! A headless Chromium, driven by its own debugging protocol over a pipe: no driver, no port.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// One browser with one page. Dropped, it ends, and its folder is removed.
pub struct Chromium {
    child: Child,
    input: ChildStdin,
    output: Receiver<Value>,
    session: Option<String>,
    last: u64,
    /// What was blocked or failed on the pages, in the browser's words.
    problems: RefCell<Vec<String>>,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Starts one with an empty page.
    pub fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        // It reads on descriptor 3 and writes on 4; its own standard output is nobody's.
        let script = "exec chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
            --disable-background-networking --no-proxy-server --user-data-dir=\"$1\" --remote-debugging-pipe \
            3<&0 4>&1 </dev/null >/dev/null";
        let mut child = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(profile.path())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, output) = channel();
        let mut messages = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            while messages.read_until(0, &mut bytes).is_ok_and(|length| length > 0) {
                bytes.pop();
                if sender.send(serde_json::from_slice(&bytes).unwrap()).is_err() {
                    return;
                }
                bytes.clear();
            }
        });
        let input = child.stdin.take().unwrap();
        let mut browser =
            Self { child, input, output, session: None, last: 0, problems: RefCell::default(), _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Log", "Runtime"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    fn send(&mut self, method: &str, parameters: &Value) -> u64 {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.input.write_all(format!("{message}\0").as_bytes()).unwrap();
        self.last
    }

    fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.output.recv_timeout(Duration::from_mins(1)).expect("Chromium answers");
            self.note_problem(&message);
            if wanted(&message) {
                return message;
            }
        }
    }

    /// Keeps what was blocked, and scripts that failed. An answer that is no success is no problem of the page.
    fn note_problem(&self, message: &Value) {
        let entry = &message["params"]["entry"];
        let text = match message["method"].as_str() {
            Some("Log.entryAdded") if entry["level"] == "error" && entry["source"] != "network" => {
                entry["text"].clone()
            }
            Some("Runtime.exceptionThrown") => message["params"]["exceptionDetails"].clone(),
            _ => return,
        };
        self.problems.borrow_mut().push(text.to_string());
    }

    #[allow(clippy::needless_pass_by_value, reason = "calls read better with json!(…) in place")]
    fn call(&mut self, method: &str, parameters: Value) -> Value {
        let id = self.send(method, &parameters);
        let answer = self.until(|message| message["id"] == id);
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Goes to an address and waits until the page is there.
    pub fn go(&mut self, address: &str) {
        self.send("Page.navigate", &json!({ "url": address }));
        self.until(|message| message["method"] == "Page.loadEventFired");
    }

    /// Switches the scripts of pages on or off.
    pub fn allow_scripts(&mut self, allowed: bool) {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": !allowed }));
    }

    /// Forgets every cookie, as a browser of somebody else.
    pub fn forget(&mut self) {
        self.call("Network.clearBrowserCookies", json!({}));
    }

    /// Gives the window this size, in CSS pixels, with light or dark colours.
    pub fn show_as(&mut self, width: u32, height: u32, colours: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let feature = json!({ "features": [{ "name": "prefers-color-scheme", "value": colours }] });
        self.call("Emulation.setEmulatedMedia", feature);
    }

    /// The picture of the window, as PNG in base64.
    pub fn picture(&mut self) -> String {
        self.call("Page.captureScreenshot", json!({ "format": "png" }))["data"].as_str().unwrap().to_owned()
    }

    /// Waits for a page that comes by itself.
    pub fn wait_for_page(&mut self) {
        self.until(|message| message["method"] == "Page.loadEventFired");
    }

    /// What was blocked or failed on the pages so far.
    pub fn problems(&self) -> Vec<String> {
        self.problems.borrow().clone()
    }

    /// What an expression comes to on the page.
    pub fn see(&mut self, expression: &str) -> Value {
        let result = self.call("Runtime.evaluate", json!({ "expression": expression, "returnByValue": true }));
        assert!(result["exceptionDetails"].is_null(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// What the promise of an expression comes to on the page.
    pub fn see_later(&mut self, expression: &str) -> Value {
        let question = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let result = self.call("Runtime.evaluate", question);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// The page's text as a person sees it.
    pub fn text(&mut self) -> String {
        self.see("document.body.innerText").as_str().unwrap().to_owned()
    }

    /// Types into a field as a person does, key by key as far as the page can tell.
    pub fn type_into(&mut self, id: &str, text: &str) {
        assert_eq!(self.see(&format!("document.getElementById('{id}').focus(), document.activeElement.id")), id);
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Presses Enter and waits for the page that follows.
    pub fn enter(&mut self) {
        for kind in ["keyDown", "keyUp"] {
            let key =
                json!({ "type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r" });
            self.send("Input.dispatchKeyEvent", &key);
        }
        self.until(|message| message["method"] == "Page.loadEventFired");
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.child.wait();
    }
}
