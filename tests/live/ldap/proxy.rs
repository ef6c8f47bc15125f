//! A TCP proxy that cuts the connection once: right after it has passed on what came first after the intent was written.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::support::ledger::intents;

pub struct Proxy {
    port: u16,
    /// The ledger to look at; taken when it has cut.
    log: Arc<Mutex<Option<(PathBuf, usize)>>>,
}

impl Proxy {
    pub fn start(to: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&log);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&to).unwrap());
                let (back_from, back_to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let log = Arc::clone(&shared);
                std::thread::spawn(move || pass_on(client, server, &log));
                std::thread::spawn(move || pass_on(back_from, back_to, &Mutex::new(None)));
            }
        });
        Self { port, log }
    }

    pub fn url(&self) -> String {
        format!("\"ldaps://127.0.0.1:{}\"", self.port)
    }

    /// As soon as there is one more intent in the log than now.
    pub fn cut_after_intent_in_next(&self, log: PathBuf) {
        let now = intents(&log);
        *self.log.lock().unwrap() = Some((log, now));
    }

    pub fn cut_after_intent_in(&self, log: PathBuf) {
        *self.log.lock().unwrap() = Some((log, 0));
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, log: &Mutex<Option<(PathBuf, usize)>>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let mut log = log.lock().unwrap();
        let intent = log.as_ref().is_some_and(|(path, before)| intents(path) > *before);
        if intent {
            *log = None;
            let _ = from.shutdown(Shutdown::Both); // no answer comes back, but the request arrives
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
