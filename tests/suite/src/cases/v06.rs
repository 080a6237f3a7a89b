//! Stage v06: thousands of clients in a few processes. A master has some workers, each an event loop; a connection takes
//! request after request; what one client does, or does not do, holds up no other; workers come and go, and no request
//! is lost by it.

mod backpressure;
mod clients;
mod deadlines;
mod fairness;
mod framing;
mod keep_alive;
mod knobs;
mod load;
mod log;
mod memory;
mod pipelining;
mod starting;
mod stopping;
mod workers;

pub(crate) use backpressure::*;
pub(crate) use clients::*;
pub(crate) use deadlines::*;
pub(crate) use fairness::*;
pub(crate) use framing::*;
pub(crate) use keep_alive::*;
pub(crate) use knobs::*;
pub(crate) use log::*;
pub(crate) use memory::*;
pub(crate) use pipelining::*;
pub(crate) use starting::*;
pub(crate) use stopping::*;
pub(crate) use workers::*;

/// The list.
#[doc(hidden)]
#[macro_export]
macro_rules! v06_cases {
    ($with:ident $to:ident) => { $crate::$with! { $to; v06;
        answers_a_client_while_three_hundred_are_silent:
            "A connection must not cost a process, or a thread: let one process wait for all its sockets at once (epoll(7)).";
        holds_five_thousand_idle_connections:
            "An idle connection costs a descriptor and some bytes: raise the soft limit of descriptors (RLIMIT_NOFILE) to the hard one at the start.";
        a_client_above_the_limit_of_connections_waits:
            "At MAX_CONNECTIONS a worker does not accept: who comes waits in the listener's queue until a connection has ended.";
        serves_whom_it_has_in_a_shortage_of_descriptors:
            "When accept() fails with EMFILE, rest from accepting for a moment, and serve the connections that are open meanwhile.";
        starts_as_many_workers_as_told:
            "WORKERS is the number of workers. Fork them before the announcement, and none for a client.";
        of_two_started_at_once_one_gets_the_port:
            "Sockets that share a port (SO_REUSEPORT) share it with another server too, if that one asks for it as well: let the first one bind() and \
             listen() without the option, and set it then. Where that fails, write one line with the address to stderr and exit with code 1.";
        #[house_rule]
        ends_when_it_can_start_no_worker:
            "Let a worker say when it is ready, and announce the server then. When none is after a few seconds (fork() fails), write a line to stderr and \
             exit with code 1.";
        drops_a_request_whose_client_has_left:
            "While an application waits, watch its connection (EPOLLRDHUP): when the client has ended its sending side, and for a few seconds has got no \
             answer, drop the request and let go of the connection.";
        keeps_a_connection_for_more_requests:
            "An HTTP/1.1 connection goes on after a response, unless one side said `Connection: close` (RFC 9112 9.3).";
        #[house_rule]
        says_whether_a_connection_goes_on:
            "Say `Connection: keep-alive` or `Connection: close` with each response, also where HTTP/1.1 asks for no word.";
        keeps_an_http_1_0_connection_when_asked:
            "An HTTP/1.0 client that wants to go on says `Connection: keep-alive`; answer with the same, or close (RFC 9112 9.3, C.2.2).";
        closes_when_the_client_says_so:
            "Connection is a list of words in any case, and can come more than once; where `close` is among them, say `close` and close (RFC 9110 7.6.1, \
             RFC 9112 9.6). What follows is no request.";
        reads_connection_as_a_list_of_words:
            "Words of Connection that the server does not know mean nothing, also those that have `close` inside them (RFC 9110 7.6.1).";
        ends_a_stream_to_http_1_0_with_the_connection:
            "An HTTP/1.0 client can't tell the end of a stream but by that of the connection: close it, also when it asked for keep-alive.";
        #[house_rule]
        logs_each_request_of_a_connection:
            "Each request has its line on stderr, with its own request line and status; also when several come at once.";
        #[house_rule]
        keeps_lines_whole_that_wait_for_a_reader:
            "A write(2) of more than PIPE_BUF bytes (4096, pipe(7)) to a full pipe is mixed with those of other processes: write fewer at a time, and cut \
             between two lines.";
        #[house_rule]
        counts_the_lines_that_a_full_stderr_loses:
            "stderr can be non-blocking (the open file is shared with other programs): where a write fails with EAGAIN, drop whole lines, and begin a \
             line with their number once there is room.";
        answers_in_order:
            "Requests can come before the earlier ones are answered: answer them one after another, in their order (RFC 9112 9.3.2).";
        answers_a_pipeline_cut_anywhere:
            "A read can end anywhere, also in the middle of the second request. Keep what follows a request for the next.";
        answers_a_thousand_requests_at_once:
            "What comes with a request and is not part of it is the next one, however many there are.";
        stops_at_a_refusal_in_a_pipeline:
            "Answer what came before the malformed request, refuse it, and close: where its end is nobody knows, so what follows is no request.";
        finds_the_next_request_after_any_answer:
            "A request ends where its framing says, whatever became of it: read (or skip) a body that the application did not ask for, and never send one \
             with HEAD or 204, or the two sides lose each other (RFC 9112 6.3).";
        asks_for_a_body_on_a_used_connection:
            "Expect: 100-continue is a matter of each request, not only of the first (RFC 9110 10.1.1).";
        answers_a_client_that_has_finished_sending:
            "A client that shuts down its sending side still reads: answer all its requests, then close.";
        sends_what_was_answered_before_a_client_left:
            "When an application is dropped because its client has ended its sending side, send what was answered before it \
             all the same, and close in peace: a reset can overtake an answer (RFC 9112 9.6).";
        keeps_what_comes_while_an_application_works:
            "The start of the next request can come while the application is at the one before: keep it until then.";
        is_not_impatient_with_an_idle_connection:
            "TIMEOUT is for a request that has begun. Between two requests a client may be silent for KEEP_ALIVE seconds.";
        closes_an_idle_connection:
            "After KEEP_ALIVE seconds without a request, close the connection, and say nothing: a response would be taken for that to the next request.";
        #[house_rule]
        empty_lines_keep_no_connection_open:
            "An empty line before a request is passed over and is no request (RFC 9112 2.2): it gives an idle connection no more time.";
        serves_an_idle_connection_after_a_stop:
            "KEEP_ALIVE can pass while the process is stopped (SIGSTOP): before you close an idle connection, see whether its next request has arrived. \
             An epoll_wait() that was interrupted (EINTR) has looked at nothing.";
        limits_the_time_for_each_request:
            "TIMEOUT begins anew with each request: one that has begun and is not complete in time gets a 408.";
        a_computation_takes_no_time_from_others:
            "/spin/MS computes for so many milliseconds and lets nobody else have a turn. After it, look at the clock again before you set a deadline, and \
             read all that has come before you find that a deadline has passed.";
        a_flood_of_requests_starves_nobody:
            "After some requests of one connection it is the others' turn, also while more of them wait to be read.";
        a_flood_of_bodies_starves_nobody:
            "After some reads from one connection it is the others' turn, also while there is more to be read: a client can be faster than its server.";
        #[house_rule]
        a_long_pipeline_waits_for_others:
            "After some requests of one connection it is the others' turn, also while more of them wait to be answered.";
        a_sleeping_application_leaves_its_worker_free:
            "An application that waits must give way: await a timer, don't sleep in the event loop.";
        a_computing_application_in_the_pool_holds_nobody:
            "/pool/MS computes for so many milliseconds in a thread beside the event loop, which serves the others meanwhile.";
        a_full_pool_holds_only_its_clients:
            "The pool has 4 threads for each worker. A fifth computation waits until a thread is free; the event loop does not wait.";
        stops_reading_while_nobody_takes_its_answers:
            "A client that sends and does not read would fill the memory: while an answer can't be sent, read no more of its requests.";
        lets_go_of_a_client_that_stops_reading:
            "Of an answer 64 KiB must go within SEND_TIMEOUT seconds: let go of a client that takes nothing for so long.";
        keeps_a_client_that_reads_just_fast_enough:
            "A socket is writable again when a third of its buffer is free, which can be much more than 64 KiB: when SEND_TIMEOUT has passed, try once more \
             before you let go of a client.";
        a_field_sent_often_costs_what_it_is_long:
            "A field that comes again is joined to the one before. Join all of them at once: a copy for each makes megabytes of one head.";
        keeps_no_body_of_a_request_that_failed:
            "What is kept to be used again is emptied before, however a request ended: also when its application failed.";
        bounds_the_bodies_of_a_worker:
            "MAX_BODIES (in MiB) is for the bodies of all requests that a worker has not answered yet. A body that finds no room is refused with 503.";
        a_killed_worker_takes_only_its_own_clients:
            "When a worker has died (SIGCHLD), start another one, within a second. The others go on, and so does the listening socket.";
        #[house_rule]
        starts_a_worker_though_sigchld_was_blocked:
            "A launcher may have left SIGCHLD blocked or ignored, and a program starts with that (execve(2)): set a handler, and unblock it \
             (sigprocmask(2)).";
        a_worker_finishes_at_a_sigterm_of_its_own:
            "A worker that gets SIGTERM takes no new clients, finishes what was begun, and ends. Have it tell the master, which starts another one at once.";
        ends_what_a_worker_started_with_it:
            "A program that an application left behind (/orphan) is in its worker's process group: end the group when the worker has ended.";
        a_kill_of_the_master_ends_the_workers:
            "Nothing can be done in a master that gets SIGKILL: its workers must notice (PR_SET_PDEATHSIG, or the end of a pipe from it).";
        sighup_replaces_the_workers:
            "At SIGHUP fork new workers; the old ones take no new clients, finish what was begun, say `Connection: close` with the next response on each \
             connection, and end with the last of them.";
        sighup_fails_no_request:
            "At SIGHUP the listening socket stays open: what waits in its queue goes to the new workers. Closing a socket of one's own \
             (SO_REUSEPORT) resets those in its queue, so hand it on.";
        ends_the_replaced_workers_after_grace:
            "Workers that SIGHUP has replaced have GRACE seconds to finish. Let them end by themselves then, and end those that don't: one that computes \
             hears nothing.";
        #[house_rule]
        stops_when_its_terminal_is_closed:
            "SIGHUP is also what comes when the terminal is closed (tty_ioctl(4)): when /dev/tty can't be opened any more, stop, unless SIGHUP was ignored \
             at the start (nohup(1)).";
        a_stop_closes_idle_connections:
            "At SIGTERM close the connections that wait for a request, so that the server needs not wait for them, and exit with code 0.";
        a_stop_tells_running_requests_to_close:
            "A request that runs at SIGTERM gets its whole answer, with `Connection: close`, for there will be no other.";
        a_stop_reaches_the_workers_that_were_replaced:
            "At SIGTERM the workers that SIGHUP has replaced stop too. What tells them must not be open in workers that were forked later: those would \
             keep the end of a pipe from being seen.";
        #[house_rule]
        names_a_knob_of_workers_that_it_can_not_read:
            "When WORKERS or MAX_CONNECTIONS is no whole number from 1, or KEEP_ALIVE or SEND_TIMEOUT no number of seconds, write one line that names it to \
             stderr and exit with code 1.";
        #[house_rule]
        tells_the_knobs_of_workers:
            "At --help, name the knobs: WORKERS, MAX_CONNECTIONS, MAX_BODIES, TIMEOUT, KEEP_ALIVE, SEND_TIMEOUT, GRACE, LOG.";
    } };
}
