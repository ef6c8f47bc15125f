//! Checks LDAP messages as bytes (RFC 4511 section 4.1.1, X.690) before the library reads them.
//!
//! The library panics on a malformed answer.

use super::violation::{MAX_MESSAGE_LENGTH, Violation};

/// The most elements of one answer. The library keeps about 60 bytes for each.
const MAX_ELEMENTS: usize = 50_000;
/// How deep elements may be nested. An entry needs 5 levels.
const MAX_DEPTH: usize = 16;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
const SEQUENCE: u8 = 0x30;
const CONTROLS: u8 = 0xa0;
/// The element that Active Directory adds to its notice of disconnection, against RFC 4511 section 4.4.1.
const NOTICE_NAME: u8 = 0x8a;
const ABANDON: u8 = 0x50;
const SEARCH: u8 = 0x63;
const ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const REFERENCE: u8 = 0x73;
const INTERMEDIATE: u8 = 0x79;
/// The constructed bit of a tag.
const CONSTRUCTED: u8 = 0x20;

/// Returns the length of the message that begins here, with its header. Returns `None` if more bytes are needed.
///
/// # Errors
/// No message begins here, or it is too long.
pub(super) fn length(bytes: &[u8]) -> Result<Option<usize>, Violation> {
    match bytes {
        [] | [SEQUENCE] => Ok(None),
        [SEQUENCE, short @ 0..=0x7f, ..] => Ok(Some(2 + usize::from(*short))),
        [SEQUENCE, long @ 0x81..=0x84, rest @ ..] => {
            let octets = usize::from(*long - 0x80);
            let Some(octets_of_length) = rest.get(..octets) else { return Ok(None) };
            let length = octets_of_length.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
            let whole = length.saturating_add(2 + octets);
            if whole > MAX_MESSAGE_LENGTH { Err(Violation::MessageTooLong) } else { Ok(Some(whole)) }
        }
        _ => Err(Violation::Malformed),
    }
}

/// One BER element.
#[derive(Clone, Copy)]
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
}

impl<'a> Element<'a> {
    /// Splits off the first element. Accepts only tags of one byte and definite lengths.
    fn first(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&tag, rest) = bytes.split_first()?;
        let (&short, rest) = rest.split_first()?;
        let (length, rest) = match short {
            0..=0x7f => (usize::from(short), rest),
            0x81..=0x84 => {
                let (octets, rest) = rest.split_at_checked(usize::from(short - 0x80))?;
                (octets.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        (tag & 0x1f != 0x1f).then_some((Self { tag, content }, rest))
    }

    fn children(self) -> Option<Vec<Self>> {
        let mut found = Vec::new();
        let mut rest = self.content;
        while !rest.is_empty() {
            let (child, after) = Self::first(rest)?;
            found.push(child);
            rest = after;
        }
        (self.tag & CONSTRUCTED != 0).then_some(found)
    }

    fn is_text(self) -> bool {
        self.tag & CONSTRUCTED == 0 && std::str::from_utf8(self.content).is_ok()
    }
}

/// Whether the elements end where they say, and are neither too many nor nested too deep.
pub(super) fn is_sound(bytes: &[u8]) -> bool {
    fn walk(bytes: &[u8], depth: usize, elements: &mut usize) -> bool {
        let mut rest = bytes;
        while !rest.is_empty() {
            let Some((element, after)) = Element::first(rest) else { return false };
            *elements += 1;
            let nested = element.tag & CONSTRUCTED != 0;
            if *elements > MAX_ELEMENTS || depth > MAX_DEPTH || (nested && !walk(element.content, depth + 1, elements))
            {
                return false;
            }
            rest = after;
        }
        true
    }
    walk(bytes, 0, &mut 0)
}

/// A message's number and the tag of its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) number: u32,
    pub(super) tag: u8,
}

fn parts(message: &[u8]) -> Option<(Header, Vec<Element<'_>>)> {
    let (whole, rest) = Element::first(message)?;
    let parts = whole.children().filter(|parts| rest.is_empty() && matches!(parts.len(), 2 | 3))?;
    let number = number(parts[0], INTEGER)?;
    Some((Header { number, tag: parts[1].tag }, parts))
}

fn number(element: Element<'_>, tag: u8) -> Option<u32> {
    let fits = element.tag == tag && matches!(element.content.len(), 1..=4);
    fits.then(|| element.content.iter().fold(0, |number, octet| number << 8 | u32::from(*octet)))
}

/// A request of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// A request that is answered under this number.
    Asks(Header),
    /// A request to abandon this number.
    Abandons(u32),
}

/// Reads a request of the library. Returns `None` for a malformed one.
pub(super) fn request(message: &[u8]) -> Option<Request> {
    let (header, parts) = parts(message)?;
    if header.tag == ABANDON {
        let number = parts[1].content.iter().fold(0, |number, octet| number << 8 | u32::from(*octet));
        return Some(Request::Abandons(number));
    }
    Some(Request::Asks(header))
}

/// An answer of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Response {
    /// An answer that no request waits for.
    Unasked,
    /// A part of the answer, which more messages follow.
    Part,
    /// The last message of the answer to this number.
    Last(u32),
}

/// Reads the code and the message of a result that was checked.
pub(super) fn result(message: &[u8]) -> Option<(u32, String)> {
    let (_, parts) = parts(message)?;
    let children = parts[1].children()?;
    let [code, _, text, ..] = &children[..] else { return None };
    Some((number(*code, ENUMERATED)?, String::from_utf8_lossy(text.content).into_owned()))
}

/// Returns the value of a control of a message that was checked.
pub(super) fn control_value<'a>(message: &'a [u8], oid: &str) -> Option<&'a [u8]> {
    let (_, parts) = parts(message)?;
    let controls = parts.get(2).filter(|controls| controls.tag == CONTROLS)?.children()?;
    controls.into_iter().find_map(|control| match &control.children()?[..] {
        [name, .., value] if name.content == oid.as_bytes() && value.tag == OCTETS => Some(value.content),
        _ => None,
    })
}

/// Checks an answer against the request of its number.
///
/// # Errors
/// The library would panic on it.
pub(super) fn response(message: &[u8], asked: impl FnOnce(u32) -> Option<u8>) -> Result<Response, Violation> {
    if !is_sound(message) {
        return Err(Violation::Malformed);
    }
    let (header, parts) = parts(message).ok_or(Violation::Malformed)?;
    let Some(request) = asked(header.number) else { return Ok(Response::Unasked) };
    let controls_fit = parts.get(2).is_none_or(|controls| match controls.tag {
        CONTROLS => are_controls(*controls),
        tag => tag == NOTICE_NAME,
    });
    let children = parts[1].children().ok_or(Violation::Malformed)?;
    let (fits, response) = match (request, header.tag) {
        (SEARCH, ENTRY | INTERMEDIATE) => (true, Response::Part),
        (SEARCH, REFERENCE) => (children.iter().all(|address| address.is_text()), Response::Part),
        (SEARCH, SEARCH_DONE) => (is_result(&children), Response::Last(header.number)),
        (SEARCH, _) => (false, Response::Part),
        (request, tag) => (tag == request + 1 && is_result(&children), Response::Last(header.number)),
    };
    if fits && controls_fit { Ok(response) } else { Err(Violation::Malformed) }
}

/// Whether an element is a list of controls (RFC 4511 section 4.1.11).
fn are_controls(controls: Element<'_>) -> bool {
    let Some(controls) = controls.children() else { return false };
    controls.into_iter().all(|control| {
        let parts = control.children().unwrap_or_default();
        let [name, more @ ..] = &parts[..] else { return false };
        let rest_fits = match more {
            [] => true,
            [value] => value.tag == OCTETS || is_boolean(*value),
            [critical, value] => is_boolean(*critical) && value.tag == OCTETS,
            _ => false,
        };
        name.tag == OCTETS && name.is_text() && rest_fits
    })
}

fn is_boolean(element: Element<'_>) -> bool {
    element.tag == 0x01 && element.content.len() == 1
}

/// Whether elements make up a result (RFC 4511 section 4.1.9), with the parts that binds (7) and extended answers (10, 11) add.
fn is_result(parts: &[Element<'_>]) -> bool {
    let [code, matched, message, more @ ..] = parts else { return false };
    let begins = number(*code, ENUMERATED).is_some() && matched.is_text() && message.is_text();
    begins
        && more.iter().all(|part| match part.tag & 0x1f {
            3 => part.children().is_some_and(|addresses| addresses.into_iter().all(Element::is_text)),
            7 | 11 => part.tag & CONSTRUCTED == 0,
            10 => part.is_text(),
            _ => true,
        })
}

#[cfg(test)]
mod tests;
