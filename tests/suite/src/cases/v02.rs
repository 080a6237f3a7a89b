//! Stage v02: HTTP/1.1 done properly. Requests are framed as RFC 9112 says, whatever pieces they come in; what is
//! malformed or too large is refused, and the refusal reaches its client; responses are what any client can rely on.

mod body;
mod expect;
mod limits;
mod requests;
mod responses;

pub(crate) use body::*;
pub(crate) use expect::*;
pub(crate) use limits::*;
pub(crate) use requests::*;
pub(crate) use responses::*;

/// The list.
#[doc(hidden)]
#[macro_export]
macro_rules! v02_cases {
    ($with:ident $to:ident) => { $crate::$with! { $to; v02;
        echoes_a_body_of_one_mebibyte:
            "One read gives what has come so far. Read until the empty line, then as many bytes as Content-Length says.";
        echoes_exactly_the_body:
            "The response to POST /echo is the body and nothing else: every byte value, and the empty body too.";
        answers_without_waiting_for_the_client_to_close:
            "A request ends where its framing says (RFC 9112 6.3). One without Content-Length and Transfer-Encoding has no body.";
        joins_a_request_in_two_pieces:
            "A read can end anywhere. Keep what came, read more, and parse only what is complete.";
        joins_a_head_that_comes_byte_by_byte:
            "A read can give a single byte. Keep what came, read more, and parse only what is complete.";
        joins_a_chunked_body_in_two_pieces:
            "A read can end inside a chunk's size, its data or its CRLF. Keep the decoder's state between reads.";
        is_not_confused_by_bytes_after_the_request:
            "What follows a request is not part of it: don't echo it, and don't let it spoil the answer.";
        reads_chunks_of_one_byte:
            "Transfer-Encoding: chunked: a size in hexadecimal, CRLF, the data, CRLF, until a size of 0 (RFC 9112 7.1).";
        ignores_chunk_extensions:
            "A chunk's size can be followed by `;name=value`: skip that to the end of the line (RFC 9112 7.1.1).";
        ignores_trailers:
            "After the last chunk there can be fields before the empty line: read and drop them (RFC 9112 7.1.2).";
        reads_chunk_sizes_in_either_case:
            "A chunk's size is hexadecimal, with upper-case or lower-case letters and perhaps leading zeros (RFC 9112 7.1).";
        sends_100_before_the_body:
            "At Expect: 100-continue, written in any case (`100-Continue` too), send `HTTP/1.1 100 Continue` and an empty line before you read the body \
             (RFC 9110 10.1.1).";
        answers_a_body_that_came_with_its_expectation:
            "A client need not wait for the 100. If the body is there already, the 100 may be left out (RFC 9110 10.1.1).";
        reads_expect_as_a_list:
            "Expect is a list: its elements can be repeated, and empty ones count for nothing; each one must be 100-continue (RFC 9110 5.6.1, 10.1.1).";
        sends_no_100_to_http_1_0:
            "HTTP/1.0 knows no interim responses: ignore its Expect (RFC 9110 10.1.1).";
        #[house_rule]
        refuses_another_expectation:
            "Only 100-continue is known: answer any other Expect with 417 (RFC 9110 10.1.1).";
        answers_head_like_get_without_a_body:
            "HEAD gets the head that GET would get, Content-Length included, and no body (RFC 9110 9.3.2).";
        answers_a_refused_head_without_a_body:
            "No answer to HEAD has a body, a refusal neither: the client would take it for the next answer (RFC 9110 9.3.2).";
        serves_http_1_0_without_host:
            "HTTP/1.0 has no Host field: ask for it from HTTP/1.1 on only (RFC 9112 3.2).";
        serves_a_higher_minor_version:
            "HTTP/1.2 is served as 1.1, and the response says HTTP/1.1 (RFC 9110 2.5).";
        serves_an_absolute_target:
            "`GET http://host/path HTTP/1.1` is right too: use its path. The scheme can be in upper or lower case, and no path means `/` (RFC 9112 3.2.2, \
             RFC 9110 4.2.3).";
        answers_options_for_the_whole_server:
            "`OPTIONS * HTTP/1.1` asks about the server as a whole: answer with a 2xx (RFC 9110 9.3.7).";
        decodes_a_path:
            "%65 is an `e`: decode a path before you compare it (RFC 3986 2.1).";
        serves_what_browsers_send:
            "Browsers send `[ ] { } | ^ \\` and a backquote as they are, and a `%` that encodes nothing: accept every visible ASCII character in a target but \
             `\"`, `#`, `<` and `>` (URL Standard, percent-encode sets). Such a `%` stands for itself.";
        ignores_empty_lines_before_a_request:
            "Skip CRLFs before the request line (RFC 9112 2.2).";
        dates_every_response:
            "Send Date on every response, refusals included, as in `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7, 6.6.1).";
        #[house_rule]
        names_its_software:
            "Send a Server field on every response (RFC 9110 10.2.4).";
        knows_no_other_path:
            "A path that leads nowhere gets a 404 (RFC 9110 15.5.5).";
        tells_which_methods_are_allowed:
            "A known method that a path does not take gets a 405, and Allow lists those that it takes (RFC 9110 15.5.6).";
        implements_no_unknown_method:
            "A method that the server has never heard of gets a 501 (RFC 9110 15.6.2).";
        refuses_another_major_version:
            "HTTP/2.0 in a request line gets a 505 (RFC 9110 15.6.6); a 400 does as well.";
        refuses_malformed_request_lines:
            "Read the request line by its grammar and answer all else with 400 (RFC 9112 3). The rows: tests/suite/src/malformed.rs.";
        refuses_malformed_fields:
            "Read the fields by their grammar and answer all else with 400 (RFC 9112 5). The rows: tests/suite/src/malformed.rs.";
        refuses_doubtful_lengths:
            "Where two readers could see two ends of a request, refuse it, for that is how requests are smuggled (RFC 9112 11.2). 400 for \
             Transfer-Encoding beside Content-Length or in HTTP/1.0, for chunked twice (6.1) or not as the last coding, and for a Content-Length \
             that is not one number of digits only, sent once (6.3); 501 for a coding that you don't know (6.1).";
        refuses_malformed_chunks:
            "Read chunks by their grammar and answer all else with 400 (RFC 9112 7.1). The rows: tests/suite/src/malformed.rs.";
        #[house_rule]
        refuses_to_guess:
            "Some rules let a server guess what a malformed request was meant to say: a line feed alone as the end of a line, several spaces \
             as one (RFC 9112 2.2, 3, 5.2, 6.3). Servers that guess differently see different requests: answer with 400.";
        limits_the_request_line:
            "A request line of more than 8 KiB gets a 414 as soon as that is sure, its end is not waited for. One of 8,000 bytes gets its normal answer, \
             which is a 404 here, for no page has such a name.";
        limits_the_head:
            "A head of more than 64 KiB gets a 431 as soon as that is sure; one of 60,000 bytes is served.";
        limits_the_number_of_fields:
            "More than 100 fields get a 431; 100 are served.";
        #[house_rule]
        tells_a_large_head_from_a_malformed_one:
            "A head that is too large, or has too many fields, gets a 431 (RFC 6585 5), not a 400.";
        limits_an_announced_body:
            "A Content-Length above 16 MiB (16777216 bytes) gets a 413 before the body comes, with Expect: 100-continue too, in the place of the 100. \
             A body of exactly 16 MiB is taken: asked for with Expect, it gets its 100.";
        limits_a_chunked_body:
            "Add up the chunks, and answer with 413 once they are more than 16 MiB.";
        limits_the_time_for_a_request:
            "TIMEOUT (in seconds) is for the whole request: a timeout for each read is no defence against a byte now and then. Answer with 408, or close.";
        #[house_rule]
        tells_a_slow_client_why:
            "A request that has begun and is not complete after TIMEOUT seconds gets a 408 before the connection ends (RFC 9110 15.5.9).";
        lets_go_of_a_silent_client:
            "After TIMEOUT seconds, close the connection of a client that says nothing, and serve the next.";
        lets_go_of_a_client_that_reads_slowly:
            "TIMEOUT is for each 64 KiB of a response too: a timeout for each write is no defence against a client that takes a little now and \
             then.";
        goes_on_sending_after_a_stop:
            "A process can be stopped and go on (Ctrl-Z, then fg) while it sends: a write that took less than all, or failed with EINTR, then \
             says nothing about the client. Write the rest (signal(7)).";
        reads_what_came_while_it_was_stopped:
            "A deadline can pass while the process is stopped (Ctrl-Z, a debugger): before it counts, read what has arrived by then, without waiting \
             (MSG_DONTWAIT, recv(2)). A wait that was interrupted (EINTR) has looked at nothing.";
        gets_a_large_answer_to_a_client_that_goes_on_sending:
            "Closing a socket with unread bytes resets the connection, and much of a large answer is lost: here too, shut down the writing side, \
             read on for a while, then close (RFC 9112 9.6).";
        gets_a_refusal_to_a_client_that_goes_on_sending:
            "Closing a socket with unread bytes resets the connection, and the client loses the answer: shut down the writing side, read on for \
             a while, then close (RFC 9112 9.6).";
    } };
}

/// What holds as long as a server closes after each response.
#[doc(hidden)]
#[macro_export]
macro_rules! v02_to_v05_cases {
    ($with:ident $to:ident) => {
        $crate::$with! { $to; v02 until v05 "v06 keeps connections open for further requests";
            says_that_it_closes_and_closes:
                "A server that closes after each response says so: Connection: close (RFC 9112 9.6).";
        }
    };
}
