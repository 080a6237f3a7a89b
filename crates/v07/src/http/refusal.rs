//! Why a request is rejected.
//!
//! A request that is malformed, or that two servers could read in two ways, is rejected and its connection closed. A server
//! that continued would mistake part of one request for another (request smuggling, RFC 9112 11.2).

/// The status of the response, and a few words for the client.
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
