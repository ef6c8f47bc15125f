#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use super::*;

/// An element with this content, however long.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match content.len() {
        short @ 0..=0x7f => bytes.push(u8::try_from(short).unwrap()),
        long => {
            bytes.push(0x84);
            bytes.extend(u32::try_from(long).unwrap().to_be_bytes());
        }
    }
    bytes.extend(content);
    bytes
}

fn message(tag: u8, content: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[element(INTEGER, &[7]), element(tag, content)].concat())
}

fn done(code: u8, text: &[u8]) -> Vec<u8> {
    [element(ENUMERATED, &[code]), element(OCTETS, b""), element(OCTETS, text)].concat()
}

fn to_search(bytes: &[u8]) -> Result<Response, Violation> {
    response(bytes, |number| (number == 7).then_some(SEARCH))
}

#[test]
fn a_message_ends_where_its_header_says_and_is_bounded() {
    assert_eq!(length(&[]), Ok(None));
    assert_eq!(length(&[0x30]), Ok(None));
    assert_eq!(length(&[0x30, 5]), Ok(Some(7)));
    assert_eq!(length(&[0x30, 0x82, 1]), Ok(None));
    assert_eq!(length(&[0x30, 0x82, 1, 0]), Ok(Some(260)));
    assert_eq!(length(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), Err(Violation::MessageTooLong));
    assert_eq!(length(&[0x30, 0x83, 0x40, 0, 0]), Err(Violation::MessageTooLong));
    for other in [&[0x30, 0x80][..], &[0x30, 0x85, 0, 0, 0, 0, 1], b"HTTP/1.1 400", &[0x15, 3, 3]] {
        assert_eq!(length(other), Err(Violation::Malformed), "{other:x?}");
    }
}

#[test]
fn answers_are_distinguished_by_what_was_asked() {
    let entry = message(ENTRY, &[element(OCTETS, b"cn=a"), element(SEQUENCE, b"")].concat());
    assert_eq!(to_search(&entry), Ok(Response::Part));
    assert_eq!(to_search(&message(SEARCH_DONE, &done(0, b"fine"))), Ok(Response::Last(7)));
    assert_eq!(response(&entry, |_| None), Ok(Response::Unasked));
    assert_eq!(result(&message(SEARCH_DONE, &done(53, b"no"))), Some((53, "no".to_owned())));
    let bound = message(0x61, &[done(49, b""), element(0x87, b"x")].concat());
    assert_eq!(response(&bound, |_| Some(0x60)), Ok(Response::Last(7)));
    assert_eq!(response(&entry, |_| Some(0x60)), Err(Violation::Malformed), "no entry answers a bind");
}

/// On each of these the library stops the process.
#[test]
fn what_the_library_cannot_read_is_refused() {
    let wrong = [
        message(SEARCH_DONE, &element(OCTETS, b"no code")),
        message(SEARCH_DONE, &done(0, &[0xff, 0xfe])),
        message(SEARCH_DONE, &[element(ENUMERATED, &[0]), element(OCTETS, b"")].concat()),
        message(SEARCH_DONE, &[done(10, b""), element(0xa3, &element(OCTETS, &[0xff]))].concat()),
        message(SEARCH_DONE, &[done(0, b""), element(0xab, b"")].concat()),
        message(0x67, &done(0, b"")),
        message(REFERENCE, &element(OCTETS, &[0xff])),
        element(SEQUENCE, &element(INTEGER, &[7])),
        element(SEQUENCE, &[element(OCTETS, &[7]), element(SEARCH_DONE, &done(0, b""))].concat()),
    ];
    for bytes in wrong {
        assert_eq!(to_search(&bytes), Err(Violation::Malformed), "{bytes:x?}");
    }
    let with = |controls: &[u8]| {
        let parts = [element(INTEGER, &[7]), element(SEARCH_DONE, &done(0, b"")), element(CONTROLS, controls)];
        to_search(&element(SEQUENCE, &parts.concat()))
    };
    let name = element(OCTETS, b"1.2");
    assert!(with(&element(SEQUENCE, &name)).is_ok());
    assert!(with(&element(SEQUENCE, &[name.clone(), element(1, &[0xff]), element(OCTETS, b"v")].concat())).is_ok());
    assert!(with(&element(SEQUENCE, &[name.clone(), element(OCTETS, b"v")].concat())).is_ok());
    for control in [vec![], element(1, &[1]), [name.clone(), element(1, &[])].concat(), [name, vec![5, 0]].concat()] {
        assert_eq!(with(&element(SEQUENCE, &control)), Err(Violation::Malformed), "{control:x?}");
    }
}

#[test]
fn nesting_and_counts_are_bounded() {
    let mut deep = element(OCTETS, b"x");
    for _ in 0..MAX_DEPTH {
        deep = element(SEQUENCE, &deep);
    }
    assert!(is_sound(&deep) && !is_sound(&element(SEQUENCE, &deep)));
    assert!(is_sound(&[4, 0].repeat(MAX_ELEMENTS)) && !is_sound(&[4, 0].repeat(MAX_ELEMENTS + 1)));
    assert!(!is_sound(&[0x30, 3, 4, 5, 0]), "what is within ends after it");
    assert!(!is_sound(&[0x1f, 0x81, 0]) && !is_sound(&[4, 0x80]) && !is_sound(&[4]));
}

#[test]
fn no_bytes_stop_the_check() {
    let whole = message(SEARCH_DONE, &done(0, b"fine"));
    for at in 0..whole.len() {
        for byte in [0, 1, 0x30, 0x7f, 0x80, 0x84, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            let _ = (length(&bytes), to_search(&bytes), request(&bytes), result(&bytes));
            let _ = to_search(&bytes[..at]);
        }
    }
}
