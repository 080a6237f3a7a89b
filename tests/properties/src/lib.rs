//! The request parser of the servers, seen from outside: the same files, reached by their path in the oldest version
//! that has them. The property tests (`tests/parser`), the measurement (`benches/growth.rs`) and the fuzz target
//! (`../fuzz`) all look through here.

/// The room `http`, as far as it reads requests.
#[path = "."]
mod http {
    #[path = "../../../crates/v02/src/http/body.rs"]
    pub(crate) mod body;
    #[path = "../../../crates/v02/src/http/buffer.rs"]
    pub(crate) mod buffer;
    #[path = "../../../crates/v02/src/http/parser.rs"]
    pub(crate) mod parser;
    #[path = "../../../crates/v02/src/http/refusal.rs"]
    pub(crate) mod refusal;
    #[path = "../../../crates/v02/src/http/request.rs"]
    pub(crate) mod request;
    #[path = "../../../crates/v02/src/http/target.rs"]
    pub(crate) mod target;
}

pub mod outcome;
pub mod seen;
