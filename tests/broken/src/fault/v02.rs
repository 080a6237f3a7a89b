//! What can be wrong with requests and responses.

faults! {
    reads_once:
        "It takes what one read gives for the whole request." => echoes_a_body_of_one_mebibyte;
    takes_a_body_for_text:
        "It makes UTF-8 of a body that is none." => echoes_exactly_the_body;
    waits_for_the_end:
        "It waits for the client to close when a request has no body." => answers_without_waiting_for_the_client_to_close;
    loses_a_split_line_end:
        "It does not know a line of the head whose CR and LF come in two pieces." => joins_a_request_in_two_pieces;
    gives_up_after_some_pieces:
        "It refuses a head that comes in more than 16 pieces." => joins_a_head_that_comes_byte_by_byte;
    loses_a_split_chunk_end:
        "It does not know a line of a chunk whose CR and LF come in two pieces." => joins_a_chunked_body_in_two_pieces;
    refuses_what_follows:
        "It refuses a request after which more bytes come." => is_not_confused_by_bytes_after_the_request;
    takes_few_chunks:
        "It refuses a body in many chunks." => reads_chunks_of_one_byte;
    knows_no_extensions:
        "It refuses chunk extensions." => ignores_chunk_extensions;
    knows_no_trailers:
        "It refuses trailers." => ignores_trailers;
    knows_small_letters_only:
        "It refuses a chunk size with capital letters." => reads_chunk_sizes_in_either_case;
    takes_expect_for_one_word:
        "It refuses a list in Expect." => reads_expect_as_a_list;
    sends_no_100:
        "It does not answer Expect: 100-continue." => sends_100_before_the_body;
    wants_to_be_waited_for:
        "It refuses a body that comes before its 100." => answers_a_body_that_came_with_its_expectation;
    sends_100_to_all:
        "It sends a 100 to an HTTP/1.0 client too." => sends_no_100_to_http_1_0;
    meets_any_expectation:
        "It answers 200 to an unknown expectation." => refuses_another_expectation;
    sends_head_a_body:
        "It answers HEAD with a body."
            => answers_head_like_get_without_a_body, streams_no_body_to_head, answers_head_for_another_application;
    forgets_the_length_for_head:
        "Its answer to HEAD has no Content-Length."
            => answers_head_like_get_without_a_body, answers_head_for_another_application;
    sends_a_refused_head_a_body:
        "It refuses a HEAD with a body." => answers_a_refused_head_without_a_body;
    asks_http_1_0_for_host:
        "It refuses an HTTP/1.0 request without Host." => serves_http_1_0_without_host;
    knows_no_later_version:
        "It refuses HTTP/1.2." => serves_a_higher_minor_version;
    knows_no_absolute_target:
        "It refuses an absolute-form target." => serves_an_absolute_target;
    knows_no_asterisk:
        "It refuses OPTIONS *." => answers_options_for_the_whole_server;
    does_not_decode_paths:
        "It compares paths as they came." => decodes_a_path;
    keeps_to_rfc_3986:
        "It refuses a `|` in a target." => serves_what_browsers_send;
    refuses_empty_lines:
        "It refuses empty lines before a request." => ignores_empty_lines_before_a_request;
    dates_no_refusal:
        "A refusal has no Date." => dates_every_response;
    dates_in_utc:
        "Its Date ends in UTC, not in GMT." => dates_every_response;
    names_no_software:
        "It sends no Server field." => names_its_software;
    finds_every_path:
        "It answers 200 to a path that leads nowhere." => knows_no_other_path;
    tells_no_methods:
        "Its 405 has no Allow." => tells_which_methods_are_allowed, knows_the_methods_of_each_page;
    takes_unknown_for_forbidden:
        "It answers 405 to an unknown method." => implements_no_unknown_method;
    takes_http_2_for_malformed:
        "It answers 400 to HTTP/2.0." => refuses_another_major_version;
    answers_200_to_all:
        "It answers 200 where it should refuse." => refuses_malformed_request_lines;
    takes_spaces_for_one:
        "It takes several spaces in a request line for one." => refuses_malformed_request_lines;
    takes_the_first_host:
        "It overlooks the second Host." => refuses_malformed_fields;
    prefers_the_coding:
        "It overlooks Content-Length where there is a Transfer-Encoding." => refuses_doubtful_lengths;
    takes_lf_in_heads:
        "It lets a line feed alone end a line of the head." => refuses_malformed_request_lines, refuses_malformed_fields;
    takes_lf_for_crlf:
        "It lets a line feed alone end a chunk's size." => refuses_malformed_chunks;
    resets_after_a_refusal:
        "It refuses a malformed request and ends the connection by a reset." => refuses_malformed_chunks;
    takes_a_long_line_for_malformed:
        "It answers 400 to a long request line." => limits_the_request_line;
    takes_a_large_head_for_malformed:
        "It answers 400 to a large head." => limits_the_head;
    takes_many_fields:
        "It overlooks the 101st field." => limits_the_number_of_fields;
    refuses_the_largest_body:
        "It refuses a body of exactly 16 MiB." => limits_an_announced_body;
    takes_a_large_chunked_body_for_malformed:
        "It answers 400 to a chunked body that is too large." => limits_a_chunked_body;
    times_each_read:
        "Its timeout is for a read, not for a request." => limits_the_time_for_a_request;
    waits_for_ever:
        "It has no timeout." => lets_go_of_a_silent_client;
    takes_a_stop_for_a_timeout:
        "It takes a write that was interrupted for a client that is too slow." => goes_on_sending_after_a_stop;
    looks_no_more_when_it_is_late:
        "It reads nothing once the deadline has passed." => reads_what_came_while_it_was_stopped;
    times_each_write:
        "Its timeout is for a write, not for 64 KiB of the response." => lets_go_of_a_client_that_reads_slowly;
    closes_after_a_large_answer:
        "It closes as soon as a large answer is sent." => gets_a_large_answer_to_a_client_that_goes_on_sending;
    closes_with_bytes_unread:
        "It closes after a refusal with bytes of the client unread." => gets_a_refusal_to_a_client_that_goes_on_sending;
    closes_when_more_comes:
        "It closes as soon as a client that it refused sends more." => gets_a_refusal_to_a_client_that_goes_on_sending;
    does_not_say_that_it_closes:
        "It sends no Connection: close." => says_that_it_closes_and_closes;
}
