//! Stage v04: a client is served while others are slow, in a process of its own or in whatever way. None of them
//! disturbs another: not by dying, not by its application's bug, not by what they share.

mod clients;
mod sharing;

pub(crate) use clients::*;
pub(crate) use sharing::*;

/// The list.
#[doc(hidden)]
#[macro_export]
macro_rules! v04_cases {
    ($with:ident $to:ident) => { $crate::$with! { $to; v04;
        answers_a_ninth_client_while_eight_are_held:
            "A client that has sent half a request may take its time: don't let the others wait for it. One way is a process for each connection: fork().";
        a_slow_application_holds_up_nobody:
            "While an application works (or sleeps) for one client, serve the others.";
        a_client_that_dies_ends_only_its_own:
            "What goes wrong on a connection ends that connection; the others are not its business.";
        answers_sixty_four_clients_at_once:
            "Serve 64 clients at the same time, all of them with half a request sent. listen() needs a backlog for those that come together.";
        a_client_sees_the_end_while_others_are_held:
            "A connection is closed when its last copy is: the parent closes its copy after fork(), or every later child inherits it.";
        a_panic_leaves_the_others_served:
            "An application's bug ends its own request with a 500. The other requests go on.";
        #[house_rule]
        announces_once_however_many_requests:
            "A child inherits what waits in the buffer of stdout: flush before fork(), and leave a child by _exit(), which writes no buffer.";
        #[house_rule]
        logs_whole_lines:
            "Several processes write to one stderr: put each line together first, and write it with one write().";
        is_told_of_other_processes:
            "wsgi.multiprocess is true when another process may run the same application at the same time (PEP 3333).";
        its_port_is_free_after_a_kill:
            "A child inherits the listening socket too: close it there, or the port stays taken when the server is killed.";
    } };
}
