//! What a client sends, distorted before the parser sees it, or refused though there is nothing wrong with it.

use broken::fault;

use crate::http::refusal::Refusal;

/// How much of a request is looked at.
const SEEN: usize = 128 * 1024;

const REFUSED: Refusal = Refusal::malformed("nothing is wrong with it but this server");

/// What came on one connection.
#[derive(Default)]
pub(crate) struct Incoming {
    seen: Vec<u8>,
    pieces: usize,
    count: usize,
    /// Fields of an earlier request, which get into this one.
    leaked: Vec<u8>,
}

impl Incoming {
    pub(crate) fn with_leaked(leaked: Vec<u8>) -> Incoming {
        Incoming { leaked, ..Incoming::default() }
    }

    /// Takes a piece as it came, and gives back what the parser shall get.
    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<Vec<u8>, Refusal> {
        let starts_in_head = self.body().is_none();
        let is_first = self.pieces == 0;
        self.pieces += 1;
        self.count += piece.len();
        if self.seen.len() < SEEN {
            self.seen.extend_from_slice(piece);
        }
        if self.is_refused(piece, is_first, starts_in_head) {
            return Err(REFUSED);
        }
        let mut piece = piece.to_vec();
        if is_first {
            distort_line(&mut piece);
            distort_fields(&mut piece, &self.leaked);
        }
        let takes_lf = fault::takes_lf_for_crlf() && self.is_chunked() || fault::takes_lf_in_heads() && starts_in_head;
        if takes_lf {
            piece = replaced(&replaced(&piece, b"\r\n", b"\n"), b"\n", b"\r\n");
        }
        Ok(piece)
    }

    /// How many pieces have come.
    pub(crate) fn pieces(&self) -> usize {
        self.pieces
    }

    /// How many bytes have come.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Whether a field of the head starts with this.
    pub(crate) fn has_field(&self, start: &str) -> bool {
        let head = String::from_utf8_lossy(self.head()).to_ascii_lowercase();
        head.lines().skip(1).any(|line| line.starts_with(&start.to_ascii_lowercase()))
    }

    pub(crate) fn expects_continue(&self) -> bool {
        self.pieces == 1 && self.has_field("Expect: 100-continue") && self.body() == Some(b"")
    }

    pub(crate) fn is_chunked(&self) -> bool {
        self.has_field("Transfer-Encoding: chunked")
    }

    pub(crate) fn is_text(&self) -> bool {
        str::from_utf8(&self.seen).is_ok_and(|text| !text.contains('\0'))
    }

    /// Whether the target starts with this.
    pub(crate) fn is_for(&self, target: &str) -> bool {
        let line = String::from_utf8_lossy(self.head());
        line.split(' ').nth(1).is_some_and(|word| word.starts_with(target))
    }

    /// The fields that would do no harm in another request.
    pub(crate) fn leak(&self) -> Vec<u8> {
        let harmless = |line: &&[u8]| !is(line, b"host:") && !is(line, b"content-length:");
        split_lines(self.head()).into_iter().skip(1).filter(harmless).collect::<Vec<_>>().concat()
    }

    pub(crate) fn is_head(&self) -> bool {
        self.head().starts_with(b"HEAD ")
    }

    fn is_refused(&self, piece: &[u8], is_first: bool, starts_in_head: bool) -> bool {
        let splits_line_end = !is_first && piece.starts_with(b"\n");
        let head = self.head();
        let body = self.body().unwrap_or_default();
        let chunks = if self.is_chunked() { body } else { b"" };
        let size = chunks.split(|&byte| byte == b'\r').next().unwrap_or_default();
        let loses = if starts_in_head { fault::loses_a_split_line_end() } else { fault::loses_a_split_chunk_end() };
        loses && splits_line_end
            || fault::gives_up_after_some_pieces() && starts_in_head && self.pieces > 16
            || fault::takes_few_chunks() && chunks.iter().filter(|&&byte| byte == b'\n').count() > 1000
            || fault::knows_no_extensions() && chunks.contains(&b';')
            || fault::knows_no_trailers() && has(chunks, b"\r\n0\r\n") && !has(chunks, b"\r\n0\r\n\r\n")
            || fault::knows_small_letters_only() && size.iter().any(u8::is_ascii_uppercase)
            || fault::wants_to_be_waited_for() && self.has_field("Expect:") && is_first && !body.is_empty()
            || fault::takes_expect_for_one_word() && self.has_field("Expect:") && has(head, b",")
            || fault::keeps_to_rfc_3986() && self.has_odd_target()
            || fault::asks_http_1_0_for_host() && has(head, b" HTTP/1.0\r\n") && !self.has_field("Host:")
            || fault::knows_no_later_version() && has(head, b" HTTP/1.2\r\n")
            || fault::knows_no_absolute_target() && has(&head.to_ascii_lowercase(), b" http://")
            || fault::knows_no_asterisk() && head.starts_with(b"OPTIONS * ")
            || fault::refuses_empty_lines() && is_first && piece.starts_with(b"\r\n")
            || fault::refuses_the_largest_body() && self.has_field("Content-Length: 16777216")
    }

    /// Whether the target has a character that RFC 3986 wants percent-encoded, or a `%` of no use.
    fn has_odd_target(&self) -> bool {
        let line = String::from_utf8_lossy(self.head());
        let target = line.split(' ').nth(1).unwrap_or_default();
        target.contains(['[', ']', '{', '}', '|', '^', '`', '\\']) && !target.starts_with("http://[")
            || target
                .split('%')
                .skip(1)
                .any(|rest| rest.get(..2).is_none_or(|two| u8::from_str_radix(two, 16).is_err()))
    }

    fn head(&self) -> &[u8] {
        split(&self.seen).0
    }

    /// What came after the head; `None` while that is not complete.
    fn body(&self) -> Option<&[u8]> {
        split(&self.seen).1
    }
}

/// Distorts the request line.
fn distort_line(piece: &mut Vec<u8>) {
    let end = piece.iter().position(|&byte| byte == b'\n').unwrap_or(piece.len());
    let rest = piece.split_off(end);
    if fault::sends_head_a_body() && piece.starts_with(b"HEAD ") {
        *piece = replaced(piece, b"HEAD ", b"GET ");
    }
    if fault::does_not_decode_paths() {
        *piece = replaced(piece, b"%", b"%25");
    }
    if fault::prefers_the_host_field()
        && let Some(start) = find(piece, b" http://")
    {
        let host = start + 1..start + 8 + piece.iter().skip(start + 8).take_while(|&&byte| byte != b'/').count();
        piece.drain(host);
    }
    if fault::streams_by_closing() && has(piece, b" /stream ") {
        *piece = replaced(piece, b"HTTP/1.1", b"HTTP/1.0");
    }
    if fault::sends_chunks_to_all() && has(piece, b" /stream ") {
        *piece = replaced(piece, b"HTTP/1.0", b"HTTP/1.1");
    }
    if fault::takes_spaces_for_one() {
        while has(piece, b"  ") {
            *piece = replaced(piece, b"  ", b" ");
        }
    }
    piece.extend(rest);
}

/// Distorts the fields of a head that came in one piece.
fn distort_fields(piece: &mut Vec<u8>, leaked: &[u8]) {
    let (head, Some(body)) = split(piece) else { return };
    let mut lines = split_lines(head);
    let count = lines.len();
    if fault::takes_many_fields() && count > 101 {
        lines.truncate(101);
    }
    if fault::takes_the_first_host() {
        let mut hosts = 0;
        lines.retain(|line| {
            hosts += usize::from(is(line, b"host:"));
            !is(line, b"host:") || hosts == 1
        });
    }
    if fault::prefers_the_coding() && lines.iter().any(|line| is(line, b"transfer-encoding:")) {
        lines.retain(|line| !is(line, b"content-length:"));
    }
    if fault::keeps_the_last_field() {
        let all = lines.clone();
        let mut rest = all.iter().skip(1);
        lines.retain(|line| !rest.next().is_some_and(|_| rest.clone().any(|later| name(later) == name(line))));
    }
    let mut head = lines.concat();
    if fault::takes_underscore_for_hyphen() {
        head = replaced(&head, b"_", b"-");
    }
    if fault::sends_chunks_to_all() && !lines.iter().any(|line| is(line, b"host:")) {
        head.extend_from_slice(b"Host: localhost\r\n");
    }
    *piece = [&head, leaked, &b"\r\n"[..], body].concat();
}

/// A request's head, its last line complete, and what comes after the empty line.
fn split(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    match find(bytes, b"\r\n\r\n") {
        Some(end) => (bytes.get(..end + 2).unwrap_or_default(), bytes.get(end + 4..)),
        None => (bytes, None),
    }
}

fn split_lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

/// The name of a field, in lower case.
fn name(line: &[u8]) -> Vec<u8> {
    line.split(|&byte| byte == b':').next().unwrap_or_default().to_ascii_lowercase()
}

/// Whether a line starts with this, which is in lower case.
fn is(line: &[u8], start: &[u8]) -> bool {
    line.to_ascii_lowercase().starts_with(start)
}

pub(crate) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn has(bytes: &[u8], what: &[u8]) -> bool {
    find(bytes, what).is_some()
}

fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), bytes);
    while let Some(at) = find(rest, old) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        out.extend_from_slice(new);
        rest = rest.get(at + old.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}
