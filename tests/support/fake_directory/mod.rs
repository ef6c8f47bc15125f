//! A directory server of the test's own, in clear on loopback, with one customer: it answers as slapd or a domain
//! controller does, until a test's rule answers in its place.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use lber::structure::{PL, StructureTag};

use super::TestEnvironment;

mod entries;

/// The tags of requests (RFC 4511 section 4).
pub const BIND: u8 = 0x60;
pub const SEARCH: u8 = 0x63;
pub const MODIFY: u8 = 0x66;
pub const ADD: u8 = 0x68;
const UNBIND: u8 = 0x42;
const EXTENDED: u8 = 0x77;
/// Of answers.
pub const ENTRY: u8 = 0x64;
pub const DONE: u8 = 0x65;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    ActiveDirectory,
    OpenLdap,
}

impl Dialect {
    pub const BOTH: [Self; 2] = [Self::ActiveDirectory, Self::OpenLdap];

    pub fn base(self) -> &'static str {
        if self == Self::OpenLdap { "ou=customers,dc=example,dc=com" } else { "OU=Customers,DC=example,DC=com" }
    }

    /// The profile's own keys.
    pub fn profile(self, port: u16) -> String {
        let (backend, more) = match self {
            Self::OpenLdap => ("openldap", "default_policy = 'cn=default,dc=example,dc=com'\n"),
            Self::ActiveDirectory => ("active-directory", ""),
        };
        format!(
            "backend = \"{backend}\"\nurl = \"ldap://127.0.0.1:{port}\"\ninsecure_ldap = true\nbase = '{}'\nprotected = \"none\"\n{more}",
            self.base()
        )
    }
}

/// A request.
pub struct Asked {
    pub tag: u8,
    /// All of the message.
    pub bytes: Vec<u8>,
    /// Of a search: below which entry. Of a bind: whose.
    pub base: String,
    /// Of a search: it looks at that entry alone.
    pub one_entry: bool,
    pub number: Vec<u8>,
}

impl Asked {
    /// One message in answer to it.
    pub fn answer(&self, tag: u8, content: &[u8]) -> Vec<u8> {
        element(0x30, &[self.number.clone(), element(tag, content)].concat())
    }

    /// The same with controls behind it.
    pub fn answer_with(&self, tag: u8, content: &[u8], controls: &[u8]) -> Vec<u8> {
        element(0x30, &[self.number.clone(), element(tag, content), element(0xa0, controls)].concat())
    }

    /// The tag of its last answer.
    pub fn last(&self) -> u8 {
        if self.tag == SEARCH { DONE } else { self.tag + 1 }
    }

    /// The last answer, with this code.
    pub fn done(&self, code: u8) -> Vec<u8> {
        self.answer(self.last(), &result(code, b"", b""))
    }

    /// The values of an attribute that it sends, or what a bind's password is.
    pub fn secrets(&self) -> Vec<Vec<u8>> {
        let (_, message) = lber::parse::parse_tag(&self.bytes).unwrap();
        let PL::C(parts) = message.payload else { panic!("a message") };
        let mut found = Vec::new();
        if self.tag == BIND
            && let PL::C(bind) = &parts[1].payload
        {
            found.extend(primitive(&bind[2]));
        }
        for part in &parts {
            values(part, &mut found);
        }
        found
    }
}

fn primitive(tag: &StructureTag) -> Option<Vec<u8>> {
    if let PL::P(bytes) = &tag.payload { Some(bytes.clone()) } else { None }
}

fn values(tag: &StructureTag, found: &mut Vec<Vec<u8>>) {
    let PL::C(children) = &tag.payload else { return };
    let named =
        children.first().and_then(primitive).is_some_and(|name| name == b"userPassword" || name == b"unicodePwd");
    if let (true, Some(PL::C(set))) = (named, children.get(1).map(|set| &set.payload)) {
        found.extend(set.iter().filter_map(primitive));
    }
    for child in children {
        values(child, found);
    }
}

/// An element of this content.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let mut bytes = vec![tag];
    if content.len() < 0x80 {
        bytes.push(length[3]);
    } else {
        bytes.extend([&[0x84][..], &length].concat());
    }
    bytes.extend(content);
    bytes
}

/// A result (RFC 4511 section 4.1.9).
pub fn result(code: u8, matched: &[u8], message: &[u8]) -> Vec<u8> {
    [element(0x0a, &[code]), element(4, matched), element(4, message)].concat()
}

/// The control that ends a page (RFC 2696) with this cookie.
pub fn page(cookie: &[u8]) -> Vec<u8> {
    let value = element(0x30, &[element(2, &[0]), element(4, cookie)].concat());
    element(0x30, &[element(4, b"1.2.840.113556.1.4.319"), element(4, &value)].concat())
}

/// An entry with these attributes.
pub fn entry(dn: &str, attributes: &[(&str, Vec<Vec<u8>>)]) -> Vec<u8> {
    let attribute = |(name, values): &(&str, Vec<Vec<u8>>)| {
        let values: Vec<u8> = values.iter().flat_map(|value| element(4, value)).collect();
        element(0x30, &[element(4, name.as_bytes()), element(0x31, &values)].concat())
    };
    [element(4, dn.as_bytes()), element(0x30, &attributes.iter().flat_map(attribute).collect::<Vec<u8>>())].concat()
}

/// An attribute with its values.
type Attribute = (&'static str, Vec<Vec<u8>>);

/// Whether the rule answered.
type Rule = Box<dyn FnMut(&Asked, &mut TcpStream) -> bool + Send>;

#[derive(Clone)]
pub struct Fake {
    pub dialect: Dialect,
    pub port: u16,
    rule: Arc<Mutex<Arc<Mutex<Rule>>>>,
    sets: Arc<AtomicU32>,
    behind: Arc<AtomicBool>,
    more: Arc<Mutex<Vec<Attribute>>>,
}

impl Fake {
    pub fn start(dialect: Dialect) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let none: Rule = Box::new(|_, _| false);
        let rule = Arc::new(Mutex::new(Arc::new(Mutex::new(none))));
        let (sets, behind, more) = (Arc::default(), Arc::default(), Arc::default());
        let fake = Self { dialect, port, rule, sets, behind, more };
        let serving = fake.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, fake) = (client.unwrap(), serving.clone());
                std::thread::spawn(move || fake.serve(client));
            }
        });
        fake
    }

    /// From now on this may answer in place of the server; connections that are being answered stay with their rule.
    pub fn rule(&self, rule: impl FnMut(&Asked, &mut TcpStream) -> bool + Send + 'static) {
        *self.rule.lock().unwrap() = Arc::new(Mutex::new(Box::new(rule)));
    }

    /// From now on it takes changes, and shows what was before them: as a copy does that passes them on.
    pub fn falls_behind(&self) {
        self.behind.store(true, Ordering::SeqCst);
    }

    /// From now on the customer has these attributes, in place of those of the same names. One without values is absent.
    pub fn customer_has(&self, attributes: &[(&'static str, &[&[u8]])]) {
        let owned =
            |(name, values): &(&'static str, &[&[u8]])| (*name, values.iter().map(|value| value.to_vec()).collect());
        *self.more.lock().unwrap() = attributes.iter().map(owned).collect();
    }

    fn serve(&self, mut client: TcpStream) {
        while let Some(asked) = request(&mut client) {
            let rule = Arc::clone(&self.rule.lock().unwrap());
            let answered = (rule.lock().unwrap())(&asked, &mut client);
            if asked.tag == UNBIND || (!answered && client.write_all(&self.answer(&asked)).is_err()) {
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
    }

    fn answer(&self, asked: &Asked) -> Vec<u8> {
        let sets = self.sets.load(Ordering::SeqCst);
        match asked.tag {
            SEARCH => {
                let found = entries::found(self.dialect, asked, sets, &self.more.lock().unwrap());
                let code = if found.is_empty() && asked.one_entry { 32 } else { 0 };
                let entries = found.iter().flat_map(|entry| asked.answer(ENTRY, entry)).collect();
                [entries, asked.done(code)].concat()
            }
            MODIFY | ADD => {
                self.sets.fetch_add(u32::from(!self.behind.load(Ordering::SeqCst)), Ordering::SeqCst);
                asked.done(0)
            }
            EXTENDED => {
                let who = element(0x8b, format!("dn:uid=agent,{}", "dc=example,dc=com").as_bytes());
                asked.answer(asked.last(), &[result(0, b"", b""), who].concat())
            }
            BIND => self.answer_to_bind(asked),
            0x50 => Vec::new(), // abandoned
            _ => asked.done(0),
        }
    }

    /// The customer has to choose a password, whatever theirs is; everybody else is let in.
    fn answer_to_bind(&self, asked: &Asked) -> Vec<u8> {
        let is_customer = asked.base == entries::customer(self.dialect);
        let policy =
            |value: &[u8]| element(0x30, &[element(4, b"1.3.6.1.4.1.42.2.27.8.5.1"), element(4, value)].concat());
        match (self.dialect, is_customer) {
            (Dialect::OpenLdap, true) => {
                asked.answer_with(asked.last(), &result(0, b"", b""), &policy(&[0x30, 3, 0x81, 1, 2]))
            }
            (Dialect::OpenLdap, false) => asked.answer_with(asked.last(), &result(0, b"", b""), &policy(&[0x30, 0])),
            (Dialect::ActiveDirectory, true) => {
                asked.answer(asked.last(), &result(49, b"", b"80090308: LdapErr: DSID-0C090569, data 773, v4f7c"))
            }
            (Dialect::ActiveDirectory, false) => asked.done(0),
        }
    }

    /// Creates the environment of an agent of this server, who is not signed in.
    pub fn environment(&self) -> TestEnvironment {
        TestEnvironment::with_profile(&self.dialect.profile(self.port))
    }
}

/// One request; `None`: the connection ended.
fn request(from: &mut TcpStream) -> Option<Asked> {
    let mut bytes = vec![0; 2];
    from.read_exact(&mut bytes).ok()?;
    let mut length = usize::from(bytes[1]);
    if length > 0x80 {
        let mut long = vec![0; length - 0x80];
        from.read_exact(&mut long).ok()?;
        length = long.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        bytes.extend(long);
    }
    let begin = bytes.len();
    bytes.resize(begin + length, 0);
    from.read_exact(&mut bytes[begin..]).ok()?;
    let number = bytes[begin..begin + 2 + usize::from(bytes[begin + 1])].to_vec();
    let tag = bytes[begin + number.len()];
    let (_, message) = lber::parse::parse_tag(&bytes).unwrap();
    let PL::C(parts) = message.payload else { return None }; // a TLS record, where no LDAP message is due
    let first = |at: usize| match &parts[1].payload {
        PL::C(request) if matches!(tag, SEARCH | BIND) => primitive(&request[at]).unwrap_or_default(),
        _ => Vec::new(),
    };
    let base = String::from_utf8(first(usize::from(tag == BIND))).unwrap();
    Some(Asked { tag, base, one_entry: tag == SEARCH && first(1) == [0], bytes, number })
}
