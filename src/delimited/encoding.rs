//! Turns an input into UTF-8 by its byte order mark.

use std::io::{Chain, Cursor, ErrorKind, Read, Result};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

/// How much UTF-16 is decoded at once, in bytes.
const CHUNK: usize = 32 * 1024;
/// Stands for what is no UTF-16. It is no UTF-8 either, so that its cell is found to be no text.
const NOT_TEXT: u8 = 0xff;

/// An input as UTF-8, without its byte order mark. Without a mark it is taken as it is.
pub(crate) struct Decoded<R> {
    input: Chain<Cursor<Vec<u8>>, R>,
    utf16: Option<Utf16>,
}

struct Utf16 {
    decoder: Decoder,
    encoded: Box<[u8]>,
    text: Vec<u8>,
    start: usize,
    ended: bool,
}

impl<R: Read> Decoded<R> {
    /// Reads the byte order mark, if there is one.
    pub(crate) fn new(mut read: R) -> Result<Self> {
        let mut start = Vec::with_capacity(3);
        while start.len() < 3 && !start.starts_with(b"\xff\xfe") && !start.starts_with(b"\xfe\xff") {
            let mut byte = [0];
            match read.read(&mut byte) {
                Ok(0) => break,
                Ok(_) => start.push(byte[0]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let mut utf16 = None;
        if let Some((encoding, mark)) = Encoding::for_bom(&start) {
            start.drain(..mark);
            utf16 = (encoding != UTF_8).then(|| Utf16::new(encoding));
        }
        Ok(Self { input: Cursor::new(start).chain(read), utf16 })
    }
}

impl Utf16 {
    fn new(encoding: &'static Encoding) -> Self {
        Self {
            decoder: encoding.new_decoder_without_bom_handling(),
            encoded: vec![0; CHUNK].into_boxed_slice(),
            text: Vec::new(),
            start: 0,
            ended: false,
        }
    }

    /// Decodes the next chunk.
    fn fill(&mut self, input: &mut impl Read) -> Result<()> {
        let length = input.read(&mut self.encoded)?;
        self.ended = length == 0;
        self.start = 0;
        self.text.clear();
        let mut decoded = [0; 4 * 1024];
        let mut rest = &self.encoded[..length];
        loop {
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(rest, &mut decoded, self.ended);
            rest = &rest[read..];
            self.text.extend_from_slice(&decoded[..written]);
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.text.push(NOT_TEXT),
            }
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let Some(utf16) = &mut self.utf16 else { return self.input.read(buffer) };
        while utf16.start == utf16.text.len() && !utf16.ended {
            utf16.fill(&mut self.input)?;
        }
        let read = (&utf16.text[utf16.start..]).read(buffer)?;
        utf16.start += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use proptest::prelude::*;

    use super::*;

    /// Gives one byte at a time, as a slow pipe may.
    struct ByteByByte<'a>(&'a [u8]);

    impl Read for ByteByByte<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            let most = buffer.len().min(1);
            self.0.read(&mut buffer[..most])
        }
    }

    fn decoded(bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        Decoded::new(ByteByByte(bytes)).unwrap().read_to_end(&mut text).unwrap();
        let mut at_once = Vec::new();
        Decoded::new(bytes).unwrap().read_to_end(&mut at_once).unwrap();
        assert_eq!(text, at_once);
        text
    }

    #[test]
    fn what_is_no_utf16_becomes_no_text() {
        assert_eq!(decoded(b"\xff\xfea\0\x00\xd8b\0"), b"a\xffb", "half of a pair");
        assert_eq!(decoded(b"\xfe\xff\0a\0"), b"a\xff", "half of a unit at the end");
        assert_eq!(decoded(b"\xff\xfe"), b"");
        assert_eq!(decoded(b"\xef\xbb"), b"\xef\xbb");
    }

    proptest! {
        #[test]
        fn text_is_the_same_in_every_encoding(text in "[^\u{feff}].*") {
            let mut little = b"\xff\xfe".to_vec();
            little.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
            let mut big = b"\xfe\xff".to_vec();
            big.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
            let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
            for bytes in [&little[..], &big, &marked, text.as_bytes()] {
                prop_assert_eq!(decoded(bytes), text.as_bytes());
            }
        }
    }
}
