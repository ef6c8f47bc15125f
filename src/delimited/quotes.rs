//! The rules of quotes (RFC 4180 section 2), which the parser does not enforce.

use memchr::memchr;

/// Where in a record the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell.
    CellStart,
    /// In a cell without quotes.
    Bare,
    /// In a cell with quotes.
    Quoted,
    /// Behind a quote that closes the cell, or that a second one makes a part of it.
    Closing,
}

/// What is wrong with a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QuoteProblem {
    /// A quoted cell goes on behind its closing quote: where it ends, and which rows there are, cannot be known.
    TextAfterQuote,
    /// A cell that does not begin with a quote has one inside. Its row is unusable, and it ends where it seems to.
    QuoteInside,
}

/// Follows the quotes of one record, chunk by chunk.
pub(super) struct QuoteRules {
    delimiter: u8,
    state: State,
}

impl QuoteRules {
    pub(super) const fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::CellStart }
    }

    /// Begins the next record.
    pub(super) const fn restart(&mut self) {
        self.state = State::CellStart;
    }

    /// Whether the record is within quotes.
    pub(super) fn is_open(&self) -> bool {
        self.state == State::Quoted
    }

    /// Follows more bytes of the record. Calls `opened` with the position of each opening quote.
    pub(super) fn follow(&mut self, bytes: &[u8], mut opened: impl FnMut(usize)) -> Result<(), QuoteProblem> {
        if self.state != State::Closing && memchr(b'"', bytes).is_none() {
            self.pass_over(bytes);
            return Ok(());
        }
        let mut has_quote_inside = false;
        for (at, byte) in bytes.iter().enumerate() {
            self.state = match (self.state, *byte) {
                (State::CellStart, b'"') => {
                    opened(at);
                    State::Quoted
                }
                (State::Quoted, b'"') => State::Closing,
                (State::Closing, b'"') | (State::Quoted, _) => State::Quoted,
                (_, byte) if byte == self.delimiter => State::CellStart,
                (State::Closing, b'\r' | b'\n') => State::Closing,
                (State::Closing, _) => return Err(QuoteProblem::TextAfterQuote),
                (State::CellStart | State::Bare, byte) => {
                    has_quote_inside |= byte == b'"';
                    State::Bare
                }
            };
        }
        if has_quote_inside { Err(QuoteProblem::QuoteInside) } else { Ok(()) }
    }

    /// Follows bytes without a quote.
    fn pass_over(&mut self, bytes: &[u8]) {
        if let (State::CellStart | State::Bare, Some(last)) = (self.state, bytes.last()) {
            self.state = if *last == self.delimiter { State::CellStart } else { State::Bare };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_in_pieces_has_the_same_quotes() {
        for (record, expected) in [
            ("a,\"b\"\n", Ok(false)),
            ("a,\"b\"\"c\"\r\n", Ok(false)),
            ("\"a,b\nc\",d", Ok(false)),
            ("\"\"", Ok(false)),
            ("\"\"\"\"", Ok(false)),
            ("a,\"b", Ok(true)),
            ("a,\"b\"\"", Ok(true)),
            ("a,\"b\"c", Err(QuoteProblem::TextAfterQuote)),
            ("a,\"b\" ,c", Err(QuoteProblem::TextAfterQuote)),
            ("a,b\"c,d", Err(QuoteProblem::QuoteInside)),
            ("a, \"b\",d", Err(QuoteProblem::QuoteInside)),
        ] {
            for piece in 1..=record.len() {
                let mut rules = QuoteRules::new(b',');
                let mut found = Ok(());
                for bytes in record.as_bytes().chunks(piece) {
                    found = found.and(rules.follow(bytes, |_| {}));
                }
                assert_eq!(found.map(|()| rules.is_open()), expected, "{record:?} in pieces of {piece}");
            }
        }
    }
}
