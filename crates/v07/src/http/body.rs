//! The body of a request, by Content-Length or in chunks (RFC 9112 6 and 7.1). No memory is taken before the bytes arrive.

use crate::http::buffer::{Buffer, MAX_HEAD};
use crate::http::refusal::Refusal;
use crate::http::request::{Request, parse_fields};

/// The longest line with a chunk's size and extensions, in bytes.
const MAX_CHUNK_LINE: usize = 1024;

const TOO_LARGE: Refusal =
    Refusal { status: "413 Content Too Large", reason: "the body is larger than this server accepts" };
const LONG_LINE: Refusal = Refusal::malformed("the line with a chunk's size is too long");
const LONG_CHUNK: Refusal = Refusal::malformed("a chunk is longer than its size says");

/// The part of a body that comes next.
#[derive(Debug, PartialEq)]
pub(crate) enum BodyReader {
    /// This many bytes, and then the body is complete.
    Length(usize),
    /// The line with the size of a chunk.
    ChunkSize,
    /// This many bytes of a chunk.
    ChunkData(usize),
    /// The end of the line after a chunk's bytes.
    ChunkEnd,
    /// The fields after the last chunk, and an empty line.
    Trailers(Vec<u8>),
}

impl BodyReader {
    /// For the body that the fields of `request` announce (RFC 9112 6.3), of at most `max` bytes.
    pub(crate) fn new(request: &Request, max: usize) -> Result<BodyReader, Refusal> {
        let mut lengths = request.values("Content-Length");
        let (length, another) = (lengths.next(), lengths.next());
        if another.is_some() {
            return Err(Refusal::malformed("there are two Content-Length fields"));
        }
        if request.values("Transfer-Encoding").next().is_none() {
            return Ok(BodyReader::Length(length.map_or(Ok(0), |length| content_length(length, max))?));
        }
        if length.is_some() {
            return Err(Refusal::malformed("there are both Content-Length and Transfer-Encoding"));
        }
        if request.minor_version == 0 {
            return Err(Refusal::malformed("HTTP/1.0 has no Transfer-Encoding"));
        }
        let codings: Vec<_> = request.list("Transfer-Encoding").map(<[u8]>::to_ascii_lowercase).collect();
        match codings.iter().position(|coding| coding == b"chunked") {
            Some(0) if codings.len() == 1 => Ok(BodyReader::ChunkSize),
            Some(at) if at + 1 == codings.len() => {
                Err(Refusal { status: "501 Not Implemented", reason: "the only transfer coding known is chunked" })
            }
            _ => Err(Refusal::malformed("Transfer-Encoding does not end in a single chunked")),
        }
    }

    /// Moves what has arrived of the body from `buffer` to `body`, up to `max` bytes. True when the body is complete.
    pub(crate) fn read(&mut self, buffer: &mut Buffer, body: &mut Vec<u8>, max: usize) -> Result<bool, Refusal> {
        loop {
            match self {
                BodyReader::Length(left) => return Ok(take(left, buffer, body)),
                BodyReader::ChunkSize => {
                    let Some(line) = buffer.take_line(MAX_CHUNK_LINE, LONG_LINE)? else { return Ok(false) };
                    let size = chunk_size(line)?;
                    if size > max.saturating_sub(body.len()) {
                        return Err(TOO_LARGE);
                    }
                    *self = if size == 0 { BodyReader::Trailers(Vec::new()) } else { BodyReader::ChunkData(size) };
                }
                BodyReader::ChunkData(left) => {
                    if !take(left, buffer, body) {
                        return Ok(false);
                    }
                    *self = BodyReader::ChunkEnd;
                }
                BodyReader::ChunkEnd => match buffer.take_line("\r\n".len(), LONG_CHUNK)? {
                    Some(b"") => *self = BodyReader::ChunkSize,
                    Some(_) => return Err(LONG_CHUNK),
                    None => return Ok(false),
                },
                BodyReader::Trailers(section) => {
                    let complete = buffer.take_fields(section, MAX_HEAD)?;
                    if complete {
                        // Checked and dropped: their meaning isn't known here (RFC 9110 6.5.1).
                        parse_fields(section, 0)?;
                    }
                    return Ok(complete);
                }
            }
        }
    }
}

/// Moves up to `left` bytes. True when none is left to move.
fn take(left: &mut usize, buffer: &mut Buffer, body: &mut Vec<u8>) -> bool {
    let taken = buffer.take(*left);
    body.extend_from_slice(taken);
    *left -= taken.len();
    *left == 0
}

/// The number in a Content-Length field: digits and nothing else (RFC 9110 8.6), up to `max`.
fn content_length(value: &[u8], max: usize) -> Result<usize, Refusal> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::malformed("Content-Length is not a number"));
    }
    // A number too large for its type is too large for a body.
    let length = str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
    length.filter(|length| *length <= max).ok_or(TOO_LARGE)
}

/// The number that a chunk begins with: hexadecimal digits, then the end or extensions, which are ignored (RFC 9112 7.1.1).
fn chunk_size(line: &[u8]) -> Result<usize, Refusal> {
    let digits = line.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(line.len());
    let (size, extensions) = line.split_at(digits);
    let is_printable = extensions.iter().all(|&byte| byte == b'\t' || !byte.is_ascii_control());
    if size.is_empty() || !is_printable || !matches!(extensions.trim_ascii_start(), [] | [b';', ..]) {
        return Err(Refusal::malformed("a chunk's size is not a hexadecimal number"));
    }
    let size = str::from_utf8(size).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
    size.ok_or(TOO_LARGE)
}
