//! What each system call does in these servers, in a few words for a reader who knows Rust and not Unix.

use crate::syscalls::trace::Call;

/// Who makes a call, and on which descriptor it has the connection.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    pub role: Role,
    pub connection: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The only process of v01 to v03.
    Server,
    /// The server of v04 and v05, which leaves the clients to its children.
    Parent,
    /// One that serves a single connection.
    Child,
    /// v06's first process, which serves nobody.
    Master,
    /// One of v06's processes that serve.
    Worker,
}

/// What the call does; None if nobody has written it down yet.
pub fn of(call: &Call, caller: Caller<'_>) -> Option<&'static str> {
    let child = caller.role == Role::Child;
    let fails_for_now = call.result_starts_with("-1 EAGAIN");
    let on_connection = caller.has_connection(call);
    let has = |word: &str| call.arguments.contains(word);
    let new_action = call.arguments.split('}').next().unwrap_or_default(); // The old one follows it.
    let leaves = call.arguments.split_once(", ").is_some_and(|(process, group)| process != group);
    Some(match call.name.as_str() {
        "accept4" | "accept" if !call.is_done() => "waits for the next client",
        "accept4" | "accept" if fails_for_now => "nobody else is waiting",
        "accept4" | "accept" => "a socket of its own for the client, who had to come first",
        "recvfrom" | "read" if fails_for_now && caller.role == Role::Parent => "no signal has come: the pipe is empty",
        "recvfrom" | "read" if fails_for_now => "nothing has come yet",
        "recvfrom" | "read" if on_connection => "reads the request",
        "recvfrom" | "read" => "empties the pipe that the signal handler wrote to",
        "sendto" | "write" if on_connection => "sends the response: head and body in one piece",
        "sendto" | "write" => "the signal handler: a byte into the server's own pipe, which wakes poll",
        "setsockopt" if has("SO_RCVTIMEO") => "the next read may take no longer than is left of TIMEOUT",
        "setsockopt" if has("SO_SNDTIMEO") => "the same for the next write",
        "close" if on_connection && caller.role == Role::Parent => "closes its copy: the child has the connection",
        "close" if on_connection => "ends the connection",
        "close" => "closes its copy of the listening socket: clients are the parent's business",
        "poll" | "epoll_wait" if !call.is_done() => "waits for the next client",
        "poll" if call.result_starts_with("?") => "waits; a signal wakes it",
        "poll" => "waits for a client or a signal, whichever comes first",
        "epoll_wait" => "waits for all sockets of this worker at once",
        "epoll_ctl" => "tells the kernel which socket to watch from now on",
        "clone" | "clone3" | "fork" => "fork: a copy of this process; the child goes on at the same place",
        "set_robust_list" => "the C library, in each new process (for locks between threads)",
        "rt_sigprocmask" => "blocks the signal that would stop a background process that writes to its terminal",
        "rt_sigaction" if new_action.contains("SIG_DFL") => "gives the signal its default action back",
        "rt_sigaction" => "gives the signal a handler of the child's own",
        "rt_sigreturn" => "the signal handler returns",
        "setpgid" if child && leaves => "joins the server's group, to stay out of what comes next",
        "setpgid" => "a process group of its own, for all that it may start",
        "prctl" if has("PR_SET_PDEATHSIG") => "asks for a signal when the parent dies",
        "getpid" => "its own number",
        "getpgid" => "the number of the server's group, shown as GROUP",
        "getppid" => "its parent's number: has the parent died already?",
        "kill" if child && call.result_starts_with("-1 ESRCH") => {
            "ends what it has started: nobody is left in its group"
        }
        "kill" if child => "ends what it has started, which is in its group",
        "kill" => "ends what is left of the child's group",
        "waitid" if call.result_starts_with("-1 ECHILD") => "has a child ended? No, there is none left",
        "waitid" => "which child has ended? It stays a zombie for now, so its number can't be given away",
        "wait4" => "reaps the child: the zombie is gone",
        "fcntl" if has("F_GETFD") => "in a debug build only: is the descriptor still open, as it should be?",
        "exit_group" => "ends the process",
        _ => return None,
    })
}

/// What a signal says.
pub fn of_signal(name: &str) -> Option<&'static str> {
    match name {
        "SIGCHLD" => Some("a child has ended, says the kernel, and starts the server's handler"),
        _ => None,
    }
}

impl Caller<'_> {
    /// Whether the first argument of the call is the connection.
    fn has_connection(&self, call: &Call) -> bool {
        self.connection.is_some_and(|number| call.arguments.split(',').next() == Some(number))
    }
}
