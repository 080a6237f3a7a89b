//! Stage v05: no process stays behind, neither as a zombie nor at work; there are never too many of them; and the server
//! stops gracefully. "At rest" means: the same processes as after the start, be that one or a few workers.

mod clients;
mod limits;
mod orphans;
mod reaping;
mod shortage;
mod stopping;
mod terminal;

pub(crate) use clients::*;
pub(crate) use limits::*;
pub(crate) use orphans::*;
pub(crate) use reaping::*;
pub(crate) use shortage::*;
pub(crate) use stopping::*;
pub(crate) use terminal::*;

/// The list.
#[doc(hidden)]
#[macro_export]
macro_rules! v05_cases {
    ($with:ident $to:ident) => { $crate::$with! { $to; v05;
        leaves_no_zombie_and_no_orphan:
            "Wait for every child that ended (SIGCHLD tells), and let each child ask for a signal when its parent dies (PR_SET_PDEATHSIG).";
        reaps_sixteen_deaths_of_one_signal:
            "One SIGCHLD can stand for many children: wait in a loop until there is none left to wait for (waitpid with WNOHANG).";
        #[house_rule]
        reaps_though_sigchld_was_blocked:
            "A launcher may have left SIGCHLD blocked or ignored, and a program starts with that (execve(2)): set a handler, and unblock it \
             (sigprocmask(2)).";
        #[house_rule]
        tells_how_a_child_was_killed:
            "A child that gets SIGKILL, from the kernel when memory runs out, lost its client: write a line with its number and the signal's name to stderr.";
        outlives_a_process_that_is_killed:
            "A child that is killed ends its own connection. And a child must not keep the server's signal handlers: a SIGTERM to it is not the server's.";
        finishes_running_requests_at_sigterm:
            "At SIGTERM close the listener, let running requests finish, then exit with code 0.";
        #[house_rule]
        finishes_running_requests_at_sigint:
            "Ctrl-C stops the server as SIGTERM does: running requests finish, then it exits with code 0.";
        finishes_running_requests_when_all_get_sigterm:
            "killall and service managers send SIGTERM to all processes of a server. A child has a handler for it that does nothing: its request \
             finishes, and the server waits for it.";
        serves_on_a_terminal_with_tostop:
            "A child that leads a process group is in the background, where a line on a terminal with `stty tostop` stops it: block SIGTTOU in it, and it \
             may write (tcsetpgrp(3), termios(3)).";
        takes_no_new_clients_once_it_stops:
            "A server that stops closes its listener first, so that new clients learn at once that nobody is there.";
        #[house_rule]
        ends_at_a_second_signal:
            "Who sends a second SIGTERM or presses Ctrl-C again does not want to wait for GRACE: end everything at once.";
        #[house_rule]
        ends_at_a_second_signal_while_it_can_not_write:
            "A server that waits for room in a stderr that nobody reads never looks at its flag: let the handler itself end it when the flag is set \
             already.";
        ends_what_exceeds_its_grace:
            "After GRACE seconds end what still runs, with what it started (killpg), and exit with code 0.";
        a_kill_ends_running_requests:
            "Nothing can be done in a server that gets SIGKILL: its children must notice (PR_SET_PDEATHSIG, and getppid() after it).";
        a_kill_ends_what_a_request_started:
            "PR_SET_PDEATHSIG reaches the child alone: use a signal that it can catch, and let its handler end its whole process group.";
        keeps_to_its_limit_of_children:
            "MAX_CHILDREN bounds the processes, not the clients: all are answered in the end.";
        #[house_rule]
        names_a_grace_that_it_can_not_read:
            "When GRACE is no number of seconds, write one line that names it to stderr and exit with code 1.";
        outlives_a_shortage_of_descriptors:
            "When accept() fails with EMFILE, write a line to stderr, rest a moment (or it fails again at once), and go on.";
        lets_go_of_a_client_that_never_closes:
            "A child is done when its answer is sent: don't wait for the client to close, or not for long.";
        lets_go_of_a_client_that_never_reads:
            "A send can block forever: bound it too (SO_SNDTIMEO), and let go of a client that takes nothing for TIMEOUT seconds.";
    } };
}

/// What holds as long as each connection has a process of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! v05_only_cases {
    ($with:ident $to:ident) => {
        $crate::$with! { $to; v05 until v05 "v06 forks its processes at the start, and each of them serves many connections";
            ends_what_a_request_started_with_it:
                "A program that an application left behind (/orphan) is in its child's process group: end the group when the child has ended.";
            ends_what_a_request_started_though_the_server_hangs:
                "A server that hangs reaps nobody, and may be killed then: let a child end what it has started itself, before it exits. It can leave its \
                 process group first (setpgid), so as not to end by the same signal.";
            a_client_above_the_limit_waits:
                "With MAX_CHILDREN children at work don't accept: the next client waits in the listener's queue until one has ended.";
            outlives_a_shortage_of_processes:
                "When fork() fails, write a line to stderr, answer 503 (or let the client wait), and go on.";
            #[house_rule]
            names_a_limit_that_it_can_not_read:
                "When MAX_CHILDREN is no number or 0, write one line that names it to stderr and exit with code 1.";
            #[house_rule]
            tells_its_knobs:
                "At --help, name the knobs: MAX_CHILDREN, TIMEOUT, GRACE, LOG.";
        }
    };
}
