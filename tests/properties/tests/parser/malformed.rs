//! The suite's table of malformed requests, which it sends to servers: the parser alone gives each row its status.

use properties::outcome::{bytewise, whole};
use suite::malformed::{self, Row};

fn refuses(rows: Vec<Row>) {
    for Row { name, bytes, statuses, .. } in rows {
        for outcome in [whole(&bytes), bytewise(&bytes)] {
            assert_eq!(outcome.requests, [], "{name}");
            let (status, _) = outcome.refusal.unwrap_or_else(|| panic!("{name} is not refused"));
            let status = status.split(' ').next().and_then(|code| code.parse().ok()).unwrap_or_default();
            assert!(statuses.contains(&status), "{name}: {status}, not one of {statuses:?}");
        }
    }
}

#[test]
fn malformed_request_lines_are_refused() {
    refuses(malformed::request_lines());
}

#[test]
fn malformed_fields_are_refused() {
    refuses(malformed::fields());
}

#[test]
fn doubtful_lengths_are_refused() {
    refuses(malformed::lengths());
}

#[test]
fn malformed_chunks_are_refused() {
    refuses(malformed::chunks());
}
