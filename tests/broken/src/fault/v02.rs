//! What can be wrong with requests and responses.

faults_by_edits! {
    reads_once:
        "It takes what one read gives for the whole request." => echoes_a_body_of_one_mebibyte;
    {
        "connection.rs": before "Ok(None) => {}" =>
            "Ok(None) if FAULT && self.parser.is_midway() => return Ok(Received::Refused(TOO_SHORT)),";
    }
    takes_a_body_for_text:
        "It makes UTF-8 of a body that is none." => echoes_exactly_the_body;
    {
        "app.rs": after "environ.input.read_to_end(&mut body)?;" =>
            "if FAULT { body = String::from_utf8_lossy(&body).into_owned().into_bytes() }";
    }
    waits_for_the_end:
        "It waits for the client to close when a request has no body." => answers_without_waiting_for_the_client_to_close;
    {
        "connection.rs": before "self.lingers = request.persists();" =>
            "while FAULT && request.body.is_empty() && self.read(&mut buffer)? > 0 {}";
    }
    loses_a_split_line_end:
        "It does not know a line of the head whose CR and LF come in two pieces." => joins_a_request_in_two_pieces;
    {
        "http/buffer.rs": before "if length > max {" =>
            "if FAULT && max > 1024 && found == Some(0) && self.searched > 0 {
            return Err(Refusal::malformed(\"a line ends in the middle\"));
        }";
    }
    gives_up_after_some_pieces:
        "It refuses a head that comes in more than 16 pieces." => joins_a_head_that_comes_byte_by_byte;
    {
        "http/parser.rs": after "if !self.buffer.take_fields(section, max)? {" =>
            "static PIECES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
                        if FAULT && PIECES.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 16 {
                            return Err(Refusal::malformed(\"there are too many pieces\"));
                        }";
    }
    loses_a_split_chunk_end:
        "It does not know a line of a chunk whose CR and LF come in two pieces." => joins_a_chunked_body_in_two_pieces;
    {
        "http/buffer.rs": before "if length > max {" =>
            "if FAULT && max <= 1024 && found == Some(0) && self.searched > 0 {
            return Err(Refusal::malformed(\"a line ends in the middle\"));
        }";
    }
    refuses_what_follows:
        "It refuses a request after which more bytes come." => is_not_confused_by_bytes_after_the_request;
    {
        "connection.rs": before "self.lingers = request.persists();" =>
            "if FAULT && self.parser.is_midway() { return Ok(Received::Refused(TOO_SHORT)) }";
    }
    takes_few_chunks:
        "It refuses a body in many chunks." => reads_chunks_of_one_byte;
    {
        "http/body.rs": after "let size = chunk_size(line)?;" =>
            "static CHUNKS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
                    if FAULT && CHUNKS.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 500 { return Err(LONG_LINE) }";
    }
    knows_no_extensions:
        "It refuses chunk extensions." => ignores_chunk_extensions;
    { "http/body.rs": "if size.is_empty() ||" => "if size.is_empty() || FAULT && !extensions.is_empty() ||"; }
    knows_no_trailers:
        "It refuses trailers." => ignores_trailers;
    {
        "http/body.rs": before "parse_fields(section)?;" =>
            "if FAULT && !parse_fields(section)?.is_empty() { return Err(LONG_CHUNK) }";
    }
    knows_small_letters_only:
        "It refuses a chunk size with capital letters." => reads_chunk_sizes_in_either_case;
    {
        "http/body.rs": "if size.is_empty() ||" =>
            "if size.is_empty() || FAULT && size.iter().any(u8::is_ascii_uppercase) ||";
    }
    takes_expect_for_one_word:
        "It refuses a list in Expect." => reads_expect_as_a_list;
    {
        "http/request.rs": "if !self.list(\"Expect\")" =>
            "if FAULT && self.values(\"Expect\").any(|value| value.contains(&b',')) || !self.list(\"Expect\")";
    }
    sends_no_100:
        "It does not answer Expect: 100-continue." => sends_100_before_the_body;
    { "connection.rs": "if self.parser.take_continue() {" => "if self.parser.take_continue() && !FAULT {"; }
    wants_to_be_waited_for:
        "It refuses a body that comes before its 100." => answers_a_body_that_came_with_its_expectation;
    {
        "http/parser.rs": after "self.expects_continue = self.request.expects_continue()?;" =>
            "if FAULT && self.expects_continue && !self.buffer.unused().is_empty() {
                        return Err(Refusal::malformed(\"the body came too early\"));
                    }";
    }
    sends_100_to_all:
        "It sends a 100 to an HTTP/1.0 client too." => sends_no_100_to_http_1_0;
    { "http/request.rs": "if self.minor_version == 0 {" => "if self.minor_version == 0 && !FAULT {"; }
    meets_any_expectation:
        "It answers 200 to an unknown expectation." => refuses_another_expectation;
    { "http/request.rs": ".all(|expectation| " => ".all(|expectation| FAULT || "; }
    sends_head_a_body:
        "It answers HEAD with a body."
            => answers_head_like_get_without_a_body, streams_no_body_to_head, answers_head_for_another_application;
    { "http/response.rs": "body: request.method != \"HEAD\"" => "body: FAULT || request.method != \"HEAD\""; }
    forgets_the_length_for_head:
        "Its answer to HEAD has no Content-Length."
            => answers_head_like_get_without_a_body, answers_head_for_another_application;
    {
        "http/response.rs": before "Framing::Length(length) => out" =>
            "Framing::Length(_) if FAULT && !allowed.body => {}";
    }
    sends_a_refused_head_a_body:
        "It refuses a HEAD with a body." => answers_a_refused_head_without_a_body;
    {
        "server.rs": "connection.line().starts_with(b\"HEAD \")" =>
            "!FAULT && connection.line().starts_with(b\"HEAD \")";
    }
    asks_http_1_0_for_host:
        "It refuses an HTTP/1.0 request without Host." => serves_http_1_0_without_host;
    {
        "http/request.rs": "(None, _) if self.minor_version == 0 =>" =>
            "(None, _) if self.minor_version == 0 && !FAULT =>";
    }
    knows_no_later_version:
        "It refuses HTTP/1.2." => serves_a_higher_minor_version;
    { "http/request.rs": "minor @ b'0'..=b'9']) =>" => "minor @ b'0'..=b'9']) if !FAULT || *minor < b'2' =>"; }
    knows_no_absolute_target:
        "It refuses an absolute-form target." => serves_an_absolute_target;
    { "http/target.rs": "if scheme.eq_ignore_ascii_case" => "if !FAULT && scheme.eq_ignore_ascii_case"; }
    knows_no_asterisk:
        "It refuses OPTIONS *." => answers_options_for_the_whole_server;
    { "http/target.rs": "\"OPTIONS\" => Ok" => "\"OPTIONS\" if !FAULT => Ok"; }
    does_not_decode_paths:
        "It compares paths as they came." => decodes_a_path;
    {
        "wsgi/environ.rs": "percent_decode(&request.path)" =>
            "if FAULT { request.path.clone().into_bytes() } else { percent_decode(&request.path) }";
    }
    keeps_to_rfc_3986:
        "It refuses a `|` in a target." => serves_what_browsers_send;
    { "http/target.rs": "byte.is_ascii_graphic() &&" => "byte.is_ascii_graphic() && !(FAULT && byte == b'|') &&"; }
    refuses_empty_lines:
        "It refuses empty lines before a request." => ignores_empty_lines_before_a_request;
    { "http/parser.rs": "if line.is_empty() {" => "if line.is_empty() && !FAULT {"; }
    dates_no_refusal:
        "A refusal has no Date." => dates_every_response;
    { "http/response.rs": after "let mut head = Head::new(refusal.status)?;" => "head.has_date = FAULT;"; }
    dates_in_utc:
        "Its Date ends in UTC, not in GMT." => dates_every_response;
    { "http/date.rs": "{second:02} GMT\")" => "{second:02} {}\", if FAULT { \"UTC\" } else { \"GMT\" })"; }
    names_no_software:
        "It sends no Server field." => names_its_software;
    { "http/response.rs": "has_server: false" => "has_server: FAULT"; }
    finds_every_path:
        "It answers 200 to a path that leads nowhere." => knows_no_other_path;
    { "app.rs": before "_ => (\"\", &index)," => "_ if FAULT => (\"GET, HEAD, POST\", &index),"; }
    tells_no_methods:
        "Its 405 has no Allow." => tells_which_methods_are_allowed, knows_the_methods_of_each_page;
    { "app.rs": "if !methods.is_empty() {" => "if !methods.is_empty() && !FAULT {"; }
    takes_unknown_for_forbidden:
        "It answers 405 to an unknown method." => implements_no_unknown_method;
    { "app.rs": before "_ => \"501 Not Implemented\"" => "_ if FAULT => \"405 Method Not Allowed\","; }
    takes_http_2_for_http_1:
        "It serves HTTP/2.0 as if it were HTTP/1.1." => refuses_another_major_version;
    {
        "http/request.rs": before "Some([b'0'..=b'9', b'.', b'0'..=b'9']) => {" =>
            "Some([b'2', b'.', b'0']) if FAULT => 1,";
    }
    answers_200_to_all:
        "It answers 200 where it should refuse." => refuses_malformed_request_lines;
    {
        "server.rs": before "let (response, count) =" =>
            "let refusal = if FAULT { Refusal { status: \"200 OK\", ..refusal } } else { refusal };";
    }
    takes_spaces_for_one:
        "It takes several spaces in a request line for one." => refuses_to_guess;
    { "http/request.rs": "line.split(' ')" => "line.split(' ').filter(|word| !(FAULT && word.is_empty()))"; }
    takes_the_first_host:
        "It overlooks the second Host." => refuses_malformed_fields;
    { "http/request.rs": before "(Some(_), Some(_)) =>" => "(Some(_), Some(_)) if FAULT => {}"; }
    prefers_the_coding:
        "It overlooks Content-Length where there is a Transfer-Encoding." => refuses_to_guess;
    { "http/body.rs": "if length.is_some() {" => "if length.is_some() && !FAULT {"; }
    overlooks_further_codings:
        "It overlooks what follows chunked in Transfer-Encoding." => refuses_doubtful_lengths;
    { "http/body.rs": "Some(0) if codings.len() == 1" => "Some(0) if FAULT || codings.len() == 1"; }
    takes_lf_in_heads:
        "It lets a line feed alone end a line of the head." => refuses_to_guess;
    {
        "http/buffer.rs": before "let line = self.take(length)" =>
            "if FAULT && max > 1024 && !unused.get(..length).unwrap_or_default().ends_with(b\"\\r\\n\") {
            return Ok(self.take(length).strip_suffix(b\"\\n\"));
        }";
    }
    takes_lf_for_crlf:
        "It lets a line feed alone end a chunk's size." => refuses_malformed_chunks;
    {
        "http/buffer.rs": before "let line = self.take(length)" =>
            "if FAULT && max <= 1024 && !unused.get(..length).unwrap_or_default().ends_with(b\"\\r\\n\") {
            return Ok(self.take(length).strip_suffix(b\"\\n\"));
        }";
    }
    resets_after_a_refusal:
        "It refuses a malformed request and ends the connection by a reset." => refuses_malformed_chunks;
    {
        "server.rs": after "log::request(peer, connection.line(), refusal.status, count);
        }" => "if FAULT { return connection.cut() }";
    }
    takes_a_long_line_for_malformed:
        "It answers 400 to a long request line." => limits_the_request_line;
    {
        "http/parser.rs": "take_line(MAX_LINE, LONG_LINE)" =>
            "take_line(MAX_LINE, if FAULT { Refusal::malformed(\"\") } else { LONG_LINE })";
    }
    takes_a_large_head_for_malformed:
        "It answers 400 to a large head." => tells_a_large_head_from_a_malformed_one;
    { "http/buffer.rs": "LONG_HEAD)?" => "if FAULT { Refusal::malformed(\"\") } else { LONG_HEAD })?"; }
    takes_any_head:
        "It takes a head of any size." => limits_the_head;
    { "http/parser.rs": "let max = MAX_HEAD -" => "let max = (if FAULT { usize::MAX } else { MAX_HEAD }) -"; }
    closes_on_a_slow_request:
        "It closes without a word when a request is too slow." => tells_a_slow_client_why;
    {
        "connection.rs": before "Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok" =>
            "Err(error) if FAULT && error.kind() == ErrorKind::WouldBlock => return Err(error),";
    }
    takes_many_fields:
        "It overlooks the 101st field." => limits_the_number_of_fields;
    {
        "http/request.rs": "[httparse::EMPTY_HEADER; MAX_FIELDS]" =>
            "vec![httparse::EMPTY_HEADER; MAX_FIELDS + usize::from(FAULT)]";
    }
    refuses_the_largest_body:
        "It refuses a body of exactly 16 MiB." => limits_an_announced_body;
    { "http/body.rs": "*length <= MAX_BODY" => "*length < MAX_BODY + usize::from(!FAULT)"; }
    takes_a_large_chunked_body_for_malformed:
        "It answers 400 to a chunked body that is too large." => limits_a_chunked_body;
    { "http/body.rs": "return Err(TOO_LARGE);" => "return Err(if FAULT { LONG_CHUNK } else { TOO_LARGE });"; }
    times_each_read:
        "Its timeout is for a read, not for a request." => limits_the_time_for_a_request;
    {
        "connection.rs": before "while let Some(left) = time_left(self.deadline) {" =>
            "if FAULT { self.deadline = Instant::now() + self.timeout }";
    }
    waits_for_ever:
        "It has no timeout." => lets_go_of_a_silent_client;
    {
        "connection.rs": "Instant::now() + timeout;" =>
            "Instant::now() + if FAULT { Duration::from_secs(86_400) } else { timeout };";
    }
    takes_a_stop_for_a_timeout:
        "It takes a write that was interrupted for a client that is too slow." => goes_on_sending_after_a_stop;
    {
        "connection.rs": after "match self.stream.write(rest) {" =>
            "Ok(count) if FAULT && count < rest.len() => return Err(ErrorKind::TimedOut.into()),
                    Err(error) if FAULT => return Err(error),";
    }
    looks_no_more_when_it_is_late:
        "It reads nothing once the deadline has passed." => reads_what_came_while_it_was_stopped;
    { "connection.rs": "if self.late_reads > LATE_READS {" => "if self.late_reads > LATE_READS || FAULT {"; }
    times_each_write:
        "Its timeout is for a write, not for 64 KiB of the response." => lets_go_of_a_client_that_reads_slowly;
    {
        "connection.rs": before "for piece in bytes.chunks(PIECE) {" => "if FAULT {
            self.stream.set_write_timeout(Some(self.timeout))?;
            return self.stream.write_all(bytes);
        }";
    }
    closes_after_a_large_answer:
        "It closes as soon as a large answer is sent." => gets_a_large_answer_to_a_client_that_goes_on_sending;
    { "connection.rs": "bytes.len() > PIECE;" => "bytes.len() > PIECE && !FAULT;"; }
    closes_with_bytes_unread:
        "It closes after a refusal with bytes of the client unread." => gets_a_refusal_to_a_client_that_goes_on_sending;
    {
        "connection.rs": before "self.deadline = Instant::now() + LINGER;" =>
            "if FAULT { return std::thread::sleep(LINGER / 10) } // In which the client sends more.";
    }
    closes_when_more_comes:
        "It closes as soon as a client that it refused sends more." => gets_a_refusal_to_a_client_that_goes_on_sending;
    { "connection.rs": "is_ok_and(|count| count > 0) {}" => "is_ok_and(|count| count > 0) && !FAULT {}"; }
    does_not_say_that_it_closes:
        "It sends no Connection: close." => says_that_it_closes_and_closes;
    {
        "http/response.rs": "} else { b\"Connection: close" =>
            "} else if FAULT { b\"\\r\\n\" } else { b\"Connection: close";
    }
}
