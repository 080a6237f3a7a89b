//! A response as the client reads it: strictly, so that what passes here is right for every client.
//!
//! RFC 9112 sections 4 to 7. What a server may leave to a lenient client (a bare LF, a missing reason's space, two
//! framings at once) is an error here.

/// What every status line starts with.
const START: &[u8] = b"HTTP/";

/// A response, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The version in its status line, `HTTP/1.1`.
    pub version: String,
    /// The status.
    pub status: u16,
    /// The words after the status.
    pub reason: String,
    /// Names and values, in order.
    pub fields: Vec<(String, String)>,
    /// The body, decoded.
    pub body: Vec<u8>,
    /// How the end of the body was told.
    pub framing: Framing,
}

/// The data of each chunk.
type Chunks = Vec<Vec<u8>>;

/// How the end of a body is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framing {
    /// The request or the status says that there is none.
    NoBody,
    /// By Content-Length.
    Length,
    /// By the chunked coding; these are the chunks.
    Chunked(Chunks),
    /// By the end of the connection.
    Close,
}

/// What the bytes so far amount to.
pub(crate) enum Parsed {
    /// More bytes are needed. So much is sure already.
    Partial(String),
    /// A response, and how many bytes it took.
    Whole(Box<Response>, usize),
    /// These bytes are no response, for this reason.
    Wrong(String),
}

impl Response {
    /// The value of the first field of this name, in any case.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Reads a response off the start of `bytes`. `head` says that it answers HEAD, `ended` that no more bytes will
    /// come.
    pub(crate) fn parse(bytes: &[u8], head: bool, ended: bool) -> Parsed {
        if !bytes.iter().zip(START).all(|(byte, right)| byte == right) {
            return Parsed::Wrong("its start is no status line, such as `HTTP/1.1 200 OK`".into());
        }
        let Some(end) = find(bytes, b"\r\n\r\n") else {
            return match bytes.iter().position(|&byte| byte == b'\n') {
                Some(at) if at == 0 || bytes[at - 1] != b'\r' => Parsed::Wrong("a line ends in LF without CR".into()),
                Some(_) => Parsed::Partial("a head without its empty line".into()),
                None => Parsed::Partial("no whole status line".into()),
            };
        };
        let parsed = Response::parse_head(&bytes[..end + 2]).and_then(|mut response| {
            let rest = &bytes[end + 4..];
            Ok(response.read_body(rest, head, ended)?.map(|used| (response, end + 4 + used)))
        });
        match parsed {
            Ok(Some((response, used))) => Parsed::Whole(Box::new(response), used),
            Ok(None) => Parsed::Partial(missing(&bytes[..end + 2])),
            Err(reason) => Parsed::Wrong(reason),
        }
    }

    fn parse_head(head: &[u8]) -> Result<Response, String> {
        let mut lines = head.split_inclusive(|&byte| byte == b'\n').map(line);
        let status_line = lines.next().ok_or("there is no status line")??;
        let (version, rest) = status_line.split_once(' ').ok_or("the status line has no space")?;
        let (status, reason) = rest.split_once(' ').ok_or("the status line has no space after the status")?;
        if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
            return Err(format!("the version {version:?} is neither HTTP/1.1 nor HTTP/1.0"));
        }
        if status.len() != 3 || !status.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("the status {status:?} is not three digits"));
        }
        let fields = lines.map(|line| field(&line?)).collect::<Result<_, String>>()?;
        Ok(Response {
            version: version.to_owned(),
            status: status.parse().map_err(|_| "the status is no number")?,
            reason: reason.to_owned(),
            fields,
            body: Vec::new(),
            framing: Framing::NoBody,
        })
    }

    /// Finds the body at the start of `rest` and gives back its length there, or None if it is not whole yet (RFC
    /// 9112 6.3).
    fn read_body(&mut self, rest: &[u8], head: bool, ended: bool) -> Result<Option<usize>, String> {
        let lengths: Vec<_> =
            self.fields.iter().filter(|field| field.0.eq_ignore_ascii_case("content-length")).collect();
        if lengths.len() > 1 {
            return Err("there is more than one Content-Length".into());
        }
        let length = lengths.first().map(|field| field.1.clone());
        if self.status < 200 || matches!(self.status, 204 | 304) || head {
            return Ok(Some(0));
        }
        if let Some(coding) = self.field("transfer-encoding") {
            if length.is_some() {
                return Err("there are both Content-Length and Transfer-Encoding".into());
            }
            if !coding.eq_ignore_ascii_case("chunked") {
                return Err(format!("the transfer coding {coding:?} was not asked for"));
            }
            let Some((chunks, used)) = chunks(rest)? else { return Ok(None) };
            self.body = chunks.concat();
            self.framing = Framing::Chunked(chunks);
            return Ok(Some(used));
        }
        let length = match length {
            Some(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.framing = Framing::Length;
                text.parse().map_err(|_| format!("Content-Length {text:?} is too large"))?
            }
            Some(text) => return Err(format!("Content-Length {text:?} is no number")),
            None if ended => {
                self.framing = Framing::Close;
                rest.len()
            }
            None => return Ok(None),
        };
        self.body = rest.get(..length).unwrap_or_default().to_vec();
        Ok((length <= rest.len()).then_some(length))
    }
}

/// What is missing after a head that is whole.
fn missing(head: &[u8]) -> String {
    let fields = Response::parse_head(head).ok();
    let tells = |name| fields.as_ref().is_some_and(|response| response.field(name).is_some());
    if tells("content-length") || tells("transfer-encoding") {
        return "a head, but less of a body than it announces".into();
    }
    "a head with neither Content-Length nor Transfer-Encoding: chunked: the client can't tell where the body ends, unless \
     the server closes"
        .into()
}

/// The text of a line without its CRLF; a line with another CR or LF, or with a NUL, is none.
fn line(bytes: &[u8]) -> Result<String, String> {
    let text = bytes.strip_suffix(b"\r\n").ok_or("a line of the head does not end in CR LF")?;
    if text.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return Err("a line of the head holds a CR, LF or NUL".into());
    }
    Ok(String::from_utf8_lossy(text).into_owned())
}

fn field(line: &str) -> Result<(String, String), String> {
    let (name, value) = line.split_once(':').ok_or_else(|| format!("the field {line:?} has no colon"))?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(format!("the field name {name:?} is no token"));
    }
    Ok((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()))
}

/// The chunks at the start of `bytes` and how many bytes they take with their trailers, or None if they are not all
/// there yet.
fn chunks(bytes: &[u8]) -> Result<Option<(Chunks, usize)>, String> {
    let (mut found, mut at) = (Vec::new(), 0);
    loop {
        let Some(length) = find(&bytes[at..], b"\r\n") else { return Ok(None) };
        let size = String::from_utf8_lossy(&bytes[at..at + length]).into_owned();
        at += length + 2;
        let digits = size.split([';', ' ', '\t']).next().unwrap_or_default();
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!("the chunk size {size:?} is no hexadecimal number"));
        }
        let count = usize::from_str_radix(digits, 16).map_err(|_| format!("the chunk size {size:?} is none"))?;
        if count == 0 {
            let Some(end) = find(&bytes[at - 2..], b"\r\n\r\n") else { return Ok(None) };
            return Ok(Some((found, at - 2 + end + 4)));
        }
        let Some(end) = at.checked_add(count).filter(|end| bytes.len() >= end + 2) else { return Ok(None) };
        if &bytes[end..end + 2] != b"\r\n" {
            return Err("there is no CR LF after a chunk's data".into());
        }
        found.push(bytes[at..end].to_vec());
        at = end + 2;
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Parsed {
        Response::parse(text.as_bytes(), false, true)
    }

    #[test]
    fn a_body_ends_where_its_framing_says() {
        for (text, body, left) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello", "he", 3),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n1\r\nl\r\n0\r\n\r\nlo", "hel", 2),
            ("HTTP/1.0 200 OK\r\n\r\nhello", "hello", 0),
            ("HTTP/1.1 204 No Content\r\n\r\nhello", "", 5),
        ] {
            let Parsed::Whole(response, used) = parse(text) else { panic!("{text:?} is a response") };
            assert_eq!((&response.body[..], text.len() - used), (body.as_bytes(), left), "{text:?}");
        }
    }

    #[test]
    fn what_a_lenient_client_would_take_is_wrong() {
        for text in [
            "hello",
            "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n\r\n",
            "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
            "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n0\r\n\r\n",
        ] {
            assert!(matches!(parse(text), Parsed::Wrong(_)), "{text:?}");
        }
    }

    #[test]
    fn a_head_that_tells_no_end_of_its_body_is_told() {
        for (text, words) in [
            ("HTTP/1.1 200 OK\r\nDate: x\r\n\r\nhello", "can't tell where the body ends"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "less of a body than it announces"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "less of a body than it announces"),
        ] {
            let Parsed::Partial(missing) = Response::parse(text.as_bytes(), false, false) else { panic!("{text:?}") };
            assert!(missing.contains(words), "{text:?}: {missing}");
        }
    }

    #[test]
    fn what_is_not_whole_is_partial() {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\nX: y\r\n\r\n";
        for end in 0..text.len() {
            assert!(matches!(parse(&text[..end]), Parsed::Partial(_)), "{:?}", &text[..end]);
        }
        assert!(matches!(parse(text), Parsed::Whole(..)));
    }
}
