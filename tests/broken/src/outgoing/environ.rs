//! The page /environ, distorted: what an application would see if the environ were wrong.

use broken::fault;

use crate::incoming::Incoming;

/// The page with one variable a line, as the fault has it.
pub(super) fn distorted(page: &str, request: &Incoming) -> String {
    let mut lines: Vec<_> = page.lines().map(distorted_line).collect();
    let removed = [
        (fault::leaves_wsgi_errors_out(), "wsgi.errors:"),
        (fault::forgets_the_length_of_chunks() && request.is_chunked(), "CONTENT_LENGTH:"),
    ];
    for (_, start) in removed.into_iter().filter(|(is_removed, _)| *is_removed) {
        lines.retain(|line| !line.starts_with(start));
    }
    if fault::passes_the_coding_on() && request.is_chunked() {
        lines.push("HTTP_TRANSFER_ENCODING: chunked".to_owned());
    }
    if fault::passes_proxy_on() && request.has_field("Proxy:") {
        lines.push("HTTP_PROXY: http://evil.example".to_owned());
    }
    lines.sort();
    if fault::sorts_backwards() {
        lines.reverse();
    }
    lines.join("\n") + "\n"
}

fn distorted_line(line: &str) -> String {
    match line.split_once(": ") {
        Some(("QUERY_STRING", query)) if fault::decodes_queries() => {
            format!("QUERY_STRING: {}", query.replace("%20", " ").replace("%2F", "/"))
        }
        Some(("SCRIPT_NAME", _)) if fault::shows_another_script() => "SCRIPT_NAME: /environ".to_owned(),
        Some(("SERVER_PROTOCOL", _)) if fault::shows_http_1_1_to_all() => "SERVER_PROTOCOL: HTTP/1.1".to_owned(),
        Some(("CONTENT_TYPE", value)) if fault::prefixes_every_field() => format!("HTTP_CONTENT_TYPE: {value}"),
        Some(("HTTP_COOKIE", value)) if fault::joins_cookies_by_commas() => {
            format!("HTTP_COOKIE: {}", value.replace("; ", ","))
        }
        Some((name, value)) if fault::keeps_hyphens() && name.starts_with("HTTP_X") => {
            format!("HTTP_{}: {value}", name.split_at(5).1.replace('_', "-"))
        }
        _ => line.to_owned(),
    }
}
