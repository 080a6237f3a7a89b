//! The body of a request, by Content-Length or by chunks (RFC 9112 6 and 7.1): raw bytes in, the body's bytes out.
//! Each byte is looked at once, and no memory is taken before the bytes have come.

use crate::http::input::Input;
use crate::http::refusal::{BARE_LF, MAX_FIELDS, MAX_HEAD, Refusal, TOO_MANY_FIELDS};

/// The largest body, in bytes.
pub(crate) const MAX_BODY: usize = 16 * 1024 * 1024;
/// The longest line with a chunk's size and extensions, in bytes.
const MAX_CHUNK_LINE: usize = 1024;

const TOO_LARGE: Refusal = Refusal { status: "413 Content Too Large", reason: "the body is larger than 16 MiB" };
const LONG_LINE: Refusal = Refusal::malformed("the line with a chunk's size is too long");

/// Takes a body out of the bytes: what of it comes next.
#[derive(Debug, PartialEq)]
pub(crate) enum BodyReader {
    /// So many bytes, and then the body is complete.
    Length(usize),
    /// The line with the size of a chunk.
    ChunkSize,
    /// So many bytes of a chunk.
    ChunkData(usize),
    /// The end of the line after a chunk's bytes.
    ChunkEnd,
    /// The fields after the last chunk, and an empty line; `line` is where the line that has not fully come starts.
    Trailers { line: usize },
}

impl BodyReader {
    /// For the body that `Content-Length: value` announces (RFC 9110 8.6: digits and nothing else).
    pub(crate) fn of_length(value: &[u8]) -> Result<BodyReader, Refusal> {
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(Refusal::malformed("Content-Length is not a number"));
        }
        // Digits that make no usize make a number that is too large.
        match str::from_utf8(value).ok().and_then(|digits| digits.parse().ok()) {
            Some(length) if length <= MAX_BODY => Ok(BodyReader::Length(length)),
            _ => Err(TOO_LARGE),
        }
    }

    /// Moves what has come of the body from `input` to `body`. True when the body is complete.
    pub(crate) fn read(&mut self, input: &mut Input, body: &mut Vec<u8>) -> Result<bool, Refusal> {
        loop {
            match self {
                BodyReader::Length(left) => return Ok(take(left, input, body)),
                BodyReader::ChunkSize => {
                    let Some(end) = input.line_end(0) else {
                        return if input.unused().len() > MAX_CHUNK_LINE { Err(LONG_LINE) } else { Ok(false) };
                    };
                    let size = chunk_size(input.unused().get(..end).unwrap_or_default())?;
                    if size > MAX_BODY - body.len() {
                        return Err(TOO_LARGE);
                    }
                    input.consume(end);
                    *self = if size == 0 { BodyReader::Trailers { line: 0 } } else { BodyReader::ChunkData(size) };
                }
                BodyReader::ChunkData(left) => {
                    if !take(left, input, body) {
                        return Ok(false);
                    }
                    *self = BodyReader::ChunkEnd;
                }
                BodyReader::ChunkEnd => match input.unused() {
                    [b'\r', b'\n', ..] => {
                        input.consume(2);
                        *self = BodyReader::ChunkSize;
                    }
                    [] | [b'\r'] => return Ok(false),
                    _ => return Err(Refusal::malformed("a chunk is longer than its size says")),
                },
                BodyReader::Trailers { line } => {
                    let Some(end) = section_end(input, line)? else { return Ok(false) };
                    check_trailers(input.unused().get(..end).unwrap_or_default())?;
                    input.consume(end);
                    return Ok(true);
                }
            }
        }
    }
}

/// Moves up to `left` bytes. True when none is left to move.
fn take(left: &mut usize, input: &mut Input, body: &mut Vec<u8>) -> bool {
    let count = input.unused().len().min(*left);
    body.extend_from_slice(input.unused().get(..count).unwrap_or_default());
    input.consume(count);
    *left -= count;
    *left == 0
}

/// The size in `line`: hexadecimal digits, then CR LF or extensions, which mean nothing to this server (RFC 9112 7.1.1).
fn chunk_size(line: &[u8]) -> Result<usize, Refusal> {
    if line.len() > MAX_CHUNK_LINE {
        return Err(LONG_LINE);
    }
    let line = line.strip_suffix(b"\r\n").ok_or(BARE_LF)?;
    let digits = line.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(line.len());
    let (size, extensions) = line.split_at(digits);
    let first = extensions.iter().find(|&&byte| byte != b' ' && byte != b'\t');
    let printable = extensions.iter().all(|&byte| byte == b'\t' || !byte.is_ascii_control());
    let fits = extensions.is_empty() || first == Some(&b';') && printable;
    if size.is_empty() || !fits {
        return Err(Refusal::malformed("a chunk's size is not a hexadecimal number"));
    }
    // Digits that make no usize make a number that is too large.
    let size = str::from_utf8(size).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
    size.ok_or(TOO_LARGE)
}

/// Trailer fields are checked and dropped: RFC 9110 6.5.1 lets nobody merge one whose meaning he doesn't know.
fn check_trailers(section: &[u8]) -> Result<(), Refusal> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    match httparse::parse_headers(section, &mut fields) {
        Ok(httparse::Status::Complete(_)) => Ok(()),
        Err(httparse::Error::TooManyHeaders) => Err(TOO_MANY_FIELDS),
        _ => Err(Refusal::malformed("the trailer section is malformed")),
    }
}

/// Where a section of lines ends, the empty line that ends it included; `None` while that has not come. `line` is kept
/// from call to call: where the line starts that has not fully come.
pub(crate) fn section_end(input: &mut Input, line: &mut usize) -> Result<Option<usize>, Refusal> {
    let found = loop {
        if let Some([b'\r', b'\n', ..]) = input.unused().get(*line..) {
            break Some(*line + 2);
        }
        let Some(end) = input.line_end(*line) else { break None };
        if !input.unused().get(..end).unwrap_or_default().ends_with(b"\r\n") {
            return Err(BARE_LF);
        }
        *line = end;
    };
    if found.unwrap_or(input.unused().len()) > MAX_HEAD {
        return Err(Refusal { status: "431 Request Header Fields Too Large", reason: "the fields exceed 64 KiB" });
    }
    Ok(found)
}
