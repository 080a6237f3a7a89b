//! Stage v01: what every server promises, before it knows what a request is. The starting, the ending and the log; a
//! body that comes back; and clients that leave in any way without taking the server with them.

mod clients;
mod ending;
mod log;
mod shortage;
mod starting;

pub(crate) use clients::*;
pub(crate) use ending::*;
pub(crate) use log::*;
pub(crate) use shortage::*;
pub(crate) use starting::*;

/// The list.
#[doc(hidden)]
#[macro_export]
macro_rules! v01_cases {
    ($with:ident $to:ident) => { $crate::$with! { $to; v01;
        #[house_rule]
        announces_one_line_with_its_address:
            "Print `my_server listening on http://127.0.0.1:PORT` and nothing else on stdout, once listen() has succeeded, and flush it.";
        echoes_a_body:
            "Answer POST /echo with a 200 whose body ends with the body of the request.";
        serves_one_client_after_another:
            "After a response, close the connection and go back to accept().";
        outlives_a_client_that_leaves_at_once:
            "A read of 0 bytes means that the client has left: close, and accept the next one.";
        outlives_a_client_that_resets:
            "An error while reading (ECONNRESET) ends this connection, not the server.";
        outlives_a_client_that_leaves_in_the_middle:
            "The end of the stream can come in the middle of a request: close, and accept the next one. Who answers all the same may get EPIPE or \
             ECONNRESET, for nobody reads; in C, SIGPIPE would end the program unless it is ignored.";
        outlives_a_client_that_does_not_read_its_answer:
            "An error while sending (EPIPE, ECONNRESET) ends this connection, not the server; SIGPIPE must be ignored.";
        outlives_bytes_that_are_no_http:
            "Treat what comes as bytes, not as text: a NUL or a TLS greeting is no reason to end. The client has left by the time of an answer: sending may \
             fail with EPIPE or ECONNRESET, and in C SIGPIPE would end the program unless it is ignored.";
        ends_at_sigterm:
            "Set a handler for SIGTERM that ends the server.";
        ends_at_sigint:
            "SIGINT is Ctrl-C. Set a handler for it that ends the server.";
        #[house_rule]
        ends_at_a_signal_that_was_blocked:
            "A program starts with the signal mask of its launcher, and what that ignored stays ignored (execve(2)): at the start, set a handler (or the \
             default action) for SIGTERM and SIGINT, and unblock them (sigprocmask(2)).";
        ends_as_process_1:
            "Process 1, as in a container, gets no default action (pid_namespaces(7)): set a handler for SIGTERM and SIGINT that ends the server.";
        gets_its_port_again_at_once:
            "Listen on the port in the argument (the second start names the port of the first), and set SO_REUSEADDR before bind(): closed \
             connections linger in TIME_WAIT and would hold the port for a minute.";
        #[house_rule]
        names_a_port_in_use:
            "When bind() fails with EADDRINUSE, write one line with the address to stderr and exit with code 1.";
        #[house_rule]
        names_a_port_in_use_on_any_of_its_addresses:
            "A host such as localhost can have several addresses (getaddrinfo(3)). When the port is in use on one of them, another server gets some of the \
             clients: write one line with the port to stderr and exit with code 1.";
        #[house_rule]
        names_an_address_that_is_not_ours:
            "When bind() fails with EADDRNOTAVAIL, write one line with the address to stderr and exit with code 1.";
        #[house_rule]
        names_an_address_that_is_none:
            "When the first argument is no HOST:PORT, write one line that repeats it to stderr and exit with code 1.";
        #[house_rule]
        names_an_unknown_flag:
            "When an argument starts with `-` and means nothing, write one line that repeats it to stderr and exit with code 1.";
        #[house_rule]
        names_a_knob_that_it_can_not_read:
            "When LOG is neither `on` nor `off`, write one line that names LOG to stderr and exit with code 1.";
        #[house_rule]
        tells_its_usage:
            "At --help, print the usage and the knobs (LOG is one) to stdout and exit with code 0.";
        serves_on_when_stdout_is_closed:
            "Nothing needs stdout after the announcement: write to it no more, and ignore SIGPIPE.";
        rests_when_it_can_not_accept:
            "When accept() fails (EMFILE: no descriptor is left), rest a moment, or it fails again at once, and go on.";
        #[house_rule]
        says_what_has_run_out:
            "When accept() fails (EMFILE), write a line that says so to stderr, also with LOG=off.";
        serves_without_stdin:
            "Nothing needs stdin: don't read it. With descriptor 0 free, a socket may get the number 0, which is a valid one.";
        #[house_rule]
        logs_each_request:
            "Write one line a request to stderr: the peer as HOST:PORT, the request line, the status.";
        #[house_rule]
        logs_nothing_when_told_so:
            "With LOG=off in the environment, write no line for a request.";
    } };
}
