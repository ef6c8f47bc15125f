//! One connection of the mail server.

use std::io::{Read, Result, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{Act, FakeSmtp, Seen, Stage};

/// The connection, before and after the handshake.
pub enum Wire {
    Clear(TcpStream),
    Encrypted(Box<StreamOwned<ServerConnection, TcpStream>>),
    Closed,
}

pub struct Dialog<'a> {
    pub server: &'a FakeSmtp,
    pub seen: &'a Mutex<Seen>,
    pub wire: Wire,
}

/// The client left, or the server does what ends the connection.
fn ended<T>() -> Result<T> {
    Err(std::io::Error::other("ended"))
}

impl Dialog<'_> {
    pub fn run(&mut self, tls: Arc<ServerConfig>) -> Result<()> {
        self.act(Stage::Accept)?;
        if !self.server.start_tls {
            self.encrypt(Arc::clone(&tls))?;
        }
        self.answer(Stage::Greeting, "220 fake\r\n")?;
        let mut is_signed_in = self.server.user.is_none();
        loop {
            let line = self.line()?;
            let verb = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => self.hello()?,
                "STARTTLS" => {
                    self.answer(Stage::StartTls, "220 go on\r\n")?;
                    self.encrypt(Arc::clone(&tls))?;
                }
                "AUTH" => is_signed_in = self.sign_in(&line)?,
                "MAIL" if !is_signed_in => self.say("530 5.7.0 sign in first\r\n")?,
                "MAIL" => self.answer(Stage::Mail, "250 yes\r\n")?,
                "RCPT" => self.answer(Stage::Rcpt, "250 yes\r\n")?,
                "DATA" => {
                    self.answer(Stage::Data, "354 go on\r\n")?;
                    let mail = self.content()?;
                    self.seen.lock().unwrap().mails.push(mail);
                    self.answer(Stage::Content, "250 kept\r\n")?;
                }
                "QUIT" => {
                    self.answer(Stage::Quit, "221 bye\r\n")?;
                    return Ok(());
                }
                _ => self.say("500 what\r\n")?,
            }
        }
    }

    /// Does what the test wants at this stage. Returns whether it said something in place of the answer.
    fn act(&mut self, stage: Stage) -> Result<bool> {
        let Some((_, act)) = self.server.act.as_ref().filter(|(at, _)| *at == stage) else { return Ok(false) };
        match act {
            Act::Drop => ended(),
            Act::Hang => loop {
                self.line()?; // until the client has had enough
            },
            Act::Say(text) => {
                self.say(text)?;
                Ok(true)
            }
        }
    }

    fn answer(&mut self, stage: Stage, usual: &str) -> Result<()> {
        if self.act(stage)? { Ok(()) } else { self.say(usual) }
    }

    fn hello(&mut self) -> Result<()> {
        let is_clear = matches!(self.wire, Wire::Clear(_));
        let offers: &[&str] = if is_clear { &["STARTTLS"] } else { &self.server.offers };
        let lines = [&["fake"], offers].concat();
        let (last, before) = lines.split_last().unwrap();
        let before: String = before.iter().map(|line| format!("250-{line}\r\n")).collect();
        self.answer(Stage::Hello, &format!("{before}250 {last}\r\n"))
    }

    fn sign_in(&mut self, line: &str) -> Result<bool> {
        if self.act(Stage::Auth)? {
            return Ok(false);
        }
        let decode = |text: &str| {
            let bytes = BASE64_STANDARD.decode(text.trim()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let given = if let Some(initial) = line.strip_prefix("AUTH PLAIN ") {
            let text = decode(initial);
            let mut parts = text.split('\0').skip(1).map(str::to_owned);
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
        } else {
            self.say("334 VXNlcm5hbWU6\r\n")?; // Username:
            let username = decode(&self.line()?);
            self.say("334 UGFzc3dvcmQ6\r\n")?; // Password:
            (username, decode(&self.line()?))
        };
        let is_right = self.server.user.is_none_or(|(name, password)| (name, password) == (&given.0, &given.1));
        self.say(if is_right { "235 welcome\r\n" } else { "535 5.7.8 wrong\r\n" })?;
        Ok(is_right)
    }

    fn encrypt(&mut self, tls: Arc<ServerConfig>) -> Result<()> {
        self.act(Stage::Handshake)?;
        let Wire::Clear(stream) = std::mem::replace(&mut self.wire, Wire::Closed) else { return ended() };
        let mut encrypted = StreamOwned::new(ServerConnection::new(tls).unwrap(), stream);
        encrypted.conn.complete_io(&mut encrypted.sock)?;
        self.wire = Wire::Encrypted(Box::new(encrypted));
        Ok(())
    }

    fn content(&mut self) -> Result<String> {
        let mut mail = String::new();
        loop {
            let line = self.read_line()?;
            if line == ".\r\n" {
                return Ok(mail);
            }
            mail.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
    }

    /// Reads a command, and keeps it.
    fn line(&mut self) -> Result<String> {
        let line = self.read_line()?.trim_end().to_owned();
        let is_encrypted = matches!(self.wire, Wire::Encrypted(_));
        self.seen.lock().unwrap().commands.push((is_encrypted, line.clone()));
        Ok(line)
    }

    fn read_line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\n") {
            let read = match &mut self.wire {
                Wire::Clear(stream) => stream.read(&mut byte)?,
                Wire::Encrypted(stream) => stream.read(&mut byte)?,
                Wire::Closed => 0,
            };
            if read == 0 {
                return ended();
            }
            line.push(byte[0]);
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    fn say(&mut self, text: &str) -> Result<()> {
        match &mut self.wire {
            Wire::Clear(stream) => stream.write_all(text.as_bytes()),
            Wire::Encrypted(stream) => stream.write_all(text.as_bytes()).and_then(|()| stream.flush()),
            Wire::Closed => ended(),
        }
    }
}
