//! Why a request is refused, and the limits that more than one file knows.
//!
//! A request that is malformed, or that two servers could read in two ways, is refused and its connection closed. A server
//! that read on would take part of one request for another (request smuggling, RFC 9112 11.2).

/// The largest head (request line and fields), and the largest trailer section, in bytes.
pub(crate) const MAX_HEAD: usize = 64 * 1024;
/// The most fields of a head, and of a trailer section.
pub(crate) const MAX_FIELDS: usize = 100;

/// The status of the answer, and a few words for the client and the log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: &'static str,
    pub(crate) reason: &'static str,
}

impl Refusal {
    pub(crate) const fn malformed(reason: &'static str) -> Refusal {
        Refusal { status: "400 Bad Request", reason }
    }
}

/// A line feed alone ends no line: servers that disagree about that can be made to see different requests.
pub(crate) const BARE_LF: Refusal = Refusal::malformed("a line does not end in CR LF");
pub(crate) const TOO_MANY_FIELDS: Refusal =
    Refusal { status: "431 Request Header Fields Too Large", reason: "there are more than 100 fields" };
