//! What the server sends, distorted.

mod environ;

use broken::fault;

use crate::incoming::{Incoming, find};

/// A status that is replaced: by which fault, which one, for which reason, by which other one.
type Swap = (fn() -> bool, &'static str, &'static str, &'static str);

const SWAPS: [Swap; 7] = [
    (fault::meets_any_expectation, "417", "", "200 OK"),
    (fault::finds_every_path, "404", "", "200 OK"),
    (fault::takes_unknown_for_forbidden, "501", "", "405 Method Not Allowed"),
    (fault::takes_http_2_for_malformed, "505", "", "400 Bad Request"),
    (fault::takes_a_long_line_for_malformed, "414", "", "400 Bad Request"),
    (fault::takes_a_large_head_for_malformed, "431", "64 KiB", "400 Bad Request"),
    (fault::answers_200_to_all, "", "", "200 OK"),
];

/// A response, taken apart.
struct Answer {
    /// The status line and the fields, without the ends of the lines.
    lines: Vec<String>,
    body: Vec<u8>,
}

/// Distorts what starts with the head of a response; a later block goes as it is.
pub(crate) fn distorted(bytes: &[u8], request: &Incoming) -> Vec<u8> {
    let Some(mut answer) = Answer::parse(bytes) else { return bytes.to_vec() };
    answer.distort_status(request);
    answer.distort_fields(request);
    if fault::shouts() {
        answer.body.make_ascii_uppercase();
    }
    if fault::tells_what_went_wrong() && answer.status() == "500" {
        answer.set_body(b"the application panicked at src/app.rs:112".to_vec());
    }
    if request.is_for("/enviro") && !answer.body.is_empty() {
        let page = environ::distorted(&String::from_utf8_lossy(&answer.body), request);
        answer.set_body(page.into_bytes());
    }
    answer.bytes()
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Answer> {
        let end = find(bytes, b"\r\n\r\n").filter(|_| bytes.starts_with(b"HTTP/1.1 "))?;
        let (head, rest) = bytes.split_at(end);
        let lines = String::from_utf8_lossy(head).split("\r\n").map(str::to_owned).collect();
        Some(Answer { lines, body: rest.get(4..)?.to_vec() })
    }

    fn bytes(&self) -> Vec<u8> {
        [self.lines.join("\r\n").as_bytes(), b"\r\n\r\n", &self.body].concat()
    }

    fn status(&self) -> &str {
        self.lines.first().and_then(|line| line.get(9..12)).unwrap_or_default()
    }

    fn distort_status(&mut self, request: &Incoming) {
        for (fault, status, reason, other) in SWAPS {
            let has_reason = || reason.is_empty() || find(&self.body, reason.as_bytes()).is_some();
            if fault() && self.status().starts_with(status) && has_reason() {
                self.set_status(other);
            }
        }
        if fault::sleeps_for_any_word() && self.status() == "404" && request.is_for("/sleep/") {
            self.set_status("200 OK");
        }
        if fault::takes_a_large_chunked_body_for_malformed() && self.status() == "413" && request.is_chunked() {
            self.set_status("400 Bad Request");
        }
    }

    fn distort_fields(&mut self, request: &Incoming) {
        let removed = [
            (fault::dates_no_refusal() && self.status() >= "400", "Date:"),
            (fault::names_no_software(), "Server:"),
            (fault::tells_no_methods(), "Allow:"),
            (fault::does_not_say_that_it_closes(), "Connection:"),
            (fault::dates_no_stream() && self.lines.iter().any(|line| line.contains("chunked")), "Date:"),
            (fault::forgets_the_length_for_head() && request.is_head(), "Content-Length:"),
        ];
        for (_, name) in removed.into_iter().filter(|(is_removed, _)| *is_removed) {
            self.lines.retain(|line| !line.starts_with(name));
        }
        if fault::dates_in_utc() {
            for line in self.lines.iter_mut().filter(|line| line.starts_with("Date:")) {
                *line = line.replace("GMT", "UTC");
            }
        }
    }

    fn set_body(&mut self, body: Vec<u8>) {
        let length = format!("Content-Length: {}", body.len());
        for line in self.lines.iter_mut().filter(|line| line.starts_with("Content-Length:")) {
            line.clone_from(&length);
        }
        self.body = body;
    }

    fn set_status(&mut self, status: &str) {
        if let Some(line) = self.lines.first_mut() {
            *line = format!("HTTP/1.1 {status}");
        }
    }
}
