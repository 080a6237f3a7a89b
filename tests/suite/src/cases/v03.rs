//! Stage v03: the server runs applications. It tells them of the request in an environ, as PEP 3333 has it, and makes
//! whole responses of what they give; the site's pages show both from outside.

mod applications;
mod environ;
mod programs;
mod responses;

pub(crate) use applications::*;
pub(crate) use environ::*;
pub(crate) use programs::*;
pub(crate) use responses::*;

/// The list.
#[doc(hidden)]
#[macro_export]
macro_rules! v03_cases {
    ($with:ident $to:ident) => { $crate::$with! { $to; v03;
        runs_another_application:
            "The second argument picks the application: `hello` answers every path with `Hello, World!`, `site` (the default) has /echo.";
        #[house_rule]
        names_an_unknown_application:
            "When no application has the name that was given, write one line with it and with those that there are to stderr and exit with code 1.";
        #[house_rule]
        tells_its_applications:
            "At --help, name the applications: site and hello.";
        tells_an_application_of_the_request:
            "REQUEST_METHOD, SCRIPT_NAME (empty), PATH_INFO (percent-decoded), QUERY_STRING (as it came). /environ shows each as `NAME: value`.";
        tells_an_application_of_the_protocol:
            "SERVER_PROTOCOL is the version that the client speaks: HTTP/1.0 or HTTP/1.1.";
        tells_an_application_both_addresses:
            "SERVER_NAME and SERVER_PORT say where the server listens, REMOTE_ADDR and REMOTE_PORT who the client is.";
        tells_an_application_of_the_body:
            "Content-Type and Content-Length become CONTENT_TYPE and CONTENT_LENGTH, without HTTP_.";
        tells_the_length_of_a_chunked_body:
            "The application reads a decoded body: CONTENT_LENGTH is its length, and Transfer-Encoding is no business of the application.";
        passes_fields_on:
            "A field becomes HTTP_ and its name in upper case, `-` as `_`; spaces around its value go, those inside stay.";
        passes_no_doubtful_names_on:
            "Drop fields with `_` in their name, for X_A would pass for X-A; drop Proxy, for HTTP_PROXY is a setting of many programs.";
        joins_fields_that_come_again:
            "A field that comes again is a list: join the values with a comma, those of Cookie with `; ` (RFC 9110 5.3, RFC 6265 4.2.1).";
        prefers_the_host_of_the_target:
            "The host of an absolute-form target takes the place of the Host field's (RFC 9112 3.2.2).";
        knows_the_host_of_an_http_1_0_target:
            "HTTP/1.0 needs no Host field, but a target in absolute-form has a host: HTTP_HOST is that (RFC 9112 3.2.2).";
        has_the_variables_of_wsgi:
            "PEP 3333 asks for wsgi.version, wsgi.url_scheme, wsgi.input, wsgi.errors, wsgi.multithread, wsgi.multiprocess and wsgi.run_once.";
        #[house_rule]
        sorts_the_environ:
            "/environ prints every variable in a line of its own, sorted, each once.";
        forgets_the_request_before:
            "Nothing of one request may stand in the environ of the next: start from the server's own variables each time.";
        streams_in_chunks:
            "A body of unknown length goes to an HTTP/1.1 client in chunks (RFC 9112 7.1).";
        sends_each_block_when_it_is_made:
            "Send a block of the body as soon as the application gives it; PEP 3333 forbids to hold it back for the next.";
        streams_to_http_1_0_by_closing:
            "HTTP/1.0 knows no chunks: send the blocks as they are, and close (RFC 9112 6.3).";
        answers_although_more_has_come:
            "The client's next request can come while an application works. Left unread, it makes the close a reset that overtakes the answer: shut down the \
             writing side, read on until the client closes, for a short while, then close (RFC 9112 9.6).";
        #[house_rule]
        starts_programs_with_default_signals:
            "What a launcher has left blocked or ignored is handed on to every program that an application starts (execve(2)): give them an empty mask \
             and default actions. /orphan starts such a program.";
        streams_no_body_to_head:
            "HEAD gets the head alone, whatever the application gives (RFC 9110 9.3.2).";
        answers_a_panic_with_a_bare_500:
            "When an application fails before its first block, answer 500 without any detail, and serve the next.";
        #[house_rule]
        says_why_an_application_failed:
            "When an application fails, write a line with the cause to stderr, also with LOG=off.";
        sleeps_when_told_so:
            "/sleep/MS sleeps so many milliseconds; an MS that is no number gets a 4xx.";
        completes_the_responses_of_applications:
            "The server adds what an application need not know of: Date, and Content-Length or chunks.";
        answers_head_for_another_application:
            "HEAD gets the head that GET would get, Content-Length included, and no body (RFC 9110 9.3.2).";
        knows_the_methods_of_each_page:
            "A page takes some methods: 405 with Allow for the others, 501 for unknown ones, a 2xx for OPTIONS; 404 where no page is.";
    } };
}
