//! What the parser makes of some bytes. The loop is that of a server: take a piece, hand out all requests that it
//! completes, take the next piece.

use crate::http::parser::Parser;
use crate::seen::Seen;

/// What came of the bytes, the same however they were cut.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    pub requests: Vec<Seen>,
    /// The status and the reason with which the parser refused to go on.
    pub refusal: Option<(&'static str, &'static str)>,
    /// Whether the bytes end within a request. False after a refusal.
    pub is_midway: bool,
    /// The request line of the request that they end within, as far as it came. Empty after a refusal.
    pub line: Vec<u8>,
}

/// One reading of some bytes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    pub outcome: Outcome,
    /// Before which request, counted from 0, it was time to send `100 Continue`. This depends on how the bytes were
    /// cut: a client whose body is there already waits for nothing.
    pub continues: Vec<usize>,
    /// The request line that a server logs for the refusal.
    pub refused_line: Option<Vec<u8>>,
}

/// Reads the pieces, one after another.
pub fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Reading {
    let mut reading = Reading::default();
    let mut parser = Parser::default();
    for piece in pieces {
        parser.feed(piece);
        loop {
            match parser.next() {
                Ok(Some(request)) => reading.outcome.requests.push(Seen::new(&request)),
                Ok(None) => break,
                Err(refusal) => {
                    reading.outcome.refusal = Some((refusal.status, refusal.reason));
                    reading.refused_line = Some(parser.line().to_vec());
                    return reading;
                }
            }
        }
        if parser.take_continue() {
            reading.continues.push(reading.outcome.requests.len());
        }
    }
    reading.outcome.is_midway = parser.is_midway();
    reading.outcome.line = parser.line().to_vec();
    reading
}

/// What comes of `bytes` in one piece.
pub fn whole(bytes: &[u8]) -> Outcome {
    read([bytes]).outcome
}

/// What comes of `bytes`, one at a time.
pub fn bytewise(bytes: &[u8]) -> Outcome {
    read(bytes.chunks(1)).outcome
}
