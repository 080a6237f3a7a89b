//! What can be wrong between a server and its applications.

faults! {
    knows_one_application:
        "It runs the site, whatever application is asked for." => runs_another_application;
    does_not_repeat_the_application:
        "It says that there is no such application, but not which one." => names_an_unknown_application;
    does_not_list_its_applications:
        "Its usage does not name the applications." => tells_its_applications;
    decodes_queries:
        "QUERY_STRING is percent-decoded." => tells_an_application_of_the_request;
    shows_another_script:
        "SCRIPT_NAME is the path." => tells_an_application_of_the_request;
    shows_http_1_1_to_all:
        "SERVER_PROTOCOL is HTTP/1.1 for an HTTP/1.0 client too." => tells_an_application_of_the_protocol;
    shows_no_client_port:
        "REMOTE_PORT is 0." => tells_an_application_both_addresses;
    prefixes_every_field:
        "Content-Type becomes HTTP_CONTENT_TYPE." => tells_an_application_of_the_body;
    passes_the_coding_on:
        "There is an HTTP_TRANSFER_ENCODING." => tells_the_length_of_a_chunked_body;
    forgets_the_length_of_chunks:
        "A chunked body has no CONTENT_LENGTH." => tells_the_length_of_a_chunked_body;
    keeps_hyphens:
        "X-One becomes HTTP_X-ONE." => passes_fields_on;
    takes_underscore_for_hyphen:
        "X_Role becomes HTTP_X_ROLE." => passes_no_doubtful_names_on;
    passes_proxy_on:
        "Proxy becomes HTTP_PROXY." => passes_no_doubtful_names_on;
    keeps_the_last_field:
        "Of fields that come again only the last one counts." => joins_fields_that_come_again;
    joins_cookies_by_commas:
        "Cookies are joined by a comma." => joins_fields_that_come_again;
    prefers_the_host_field:
        "The Host field wins over the host of the target."
            => prefers_the_host_of_the_target, knows_the_host_of_an_http_1_0_target;
    leaves_wsgi_errors_out:
        "There is no wsgi.errors." => has_the_variables_of_wsgi;
    sorts_backwards:
        "The variables come in the wrong order." => sorts_the_environ;
    remembers_the_request_before:
        "The fields of one request are in the environ of the next." => forgets_the_request_before;
    streams_by_closing:
        "It sends a stream without chunks." => streams_in_chunks;
    holds_blocks_back:
        "It sends all blocks together at the end." => sends_each_block_when_it_is_made;
    closes_though_more_has_come:
        "It closes after an answer with bytes of the client unread." => answers_although_more_has_come;
    hands_ignored_signals_on:
        "The programs of its applications ignore SIGTERM." => starts_programs_with_default_signals;
    sends_chunks_to_all:
        "It sends chunks to an HTTP/1.0 client." => streams_to_http_1_0_by_closing;
    tells_what_went_wrong:
        "Its 500 says where the application failed." => answers_a_panic_with_a_bare_500;
    cuts_what_fails:
        "It cuts the connection when an application fails." => answers_a_panic_with_a_bare_500;
    keeps_silent_about_failures:
        "It writes no line when an application fails." => answers_a_panic_with_a_bare_500;
    sleeps_for_any_word:
        "It answers 200 to /sleep/soon." => sleeps_when_told_so;
    dates_no_stream:
        "A response in chunks has no Date." => completes_the_responses_of_applications;
}
