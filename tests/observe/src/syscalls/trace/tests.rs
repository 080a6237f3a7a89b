use super::*;

/// A server that forks, as strace tells it: the child comes in between.
const FORKING: &str = r#"10    accept4(3, {sa_family=AF_INET, sin_port=htons(1)}, [128 => 16], SOCK_CLOEXEC) = 4
10    clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=0x7f) = 11
10    close(4 <unfinished ...>
11    recvfrom(4,  <unfinished ...>
10    <... close resumed>)              = 0
10    accept4(3,  <unfinished ...>
11    <... recvfrom resumed>"GET /a)b\"(c", 8192, 0, NULL, NULL) = 12
11    sendto(4, "HTTP/1.1 200 OK\r\n"..., 150, 0, NULL, 0) = 150
11    exit_group(0)                     = ?
11    +++ exited with 0 +++
10    <... accept4 resumed>0x7f, [128], 0) = -1 EINTR (Interrupted system call)
10    --- SIGCHLD {si_signo=SIGCHLD, si_pid=11} ---
"#;

const WAITING_AGAIN: &str = "10    accept4(3, ";

fn lines(count: usize) -> String {
    FORKING.lines().take(count).map(|line| format!("{line}\n")).collect()
}

fn names(process: &Process) -> String {
    process.calls().map(|call| call.name.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn calls_that_were_cut_in_two_are_whole_again() {
    let trace = Trace::parse(FORKING);
    assert_eq!(trace.processes.len(), 2);
    assert_eq!(names(&trace.processes[0]), "accept4 clone close accept4");
    assert_eq!(names(&trace.processes[1]), "recvfrom sendto exit_group");
    let read = trace.processes[1].calls().next().expect("a call");
    assert_eq!(read.arguments, r#"4, "GET /a)b\"(c", 8192, 0, NULL, NULL"#);
    assert_eq!(read.result.as_deref(), Some("12"));
}

#[test]
fn a_server_is_idle_when_it_waits_again_and_has_heard_of_its_children() {
    let whole = format!("{FORKING}{WAITING_AGAIN}");
    assert!(Trace::parse(&whole).is_idle());
    assert!(Trace::parse(WAITING_AGAIN).is_idle());
    for count in 0..=FORKING.lines().count() {
        assert!(!Trace::parse(&lines(count)).is_idle(), "after {count} lines");
    }
    assert!(Trace::parse(&lines(6)).is_held(), "the child waits for its request");
    assert!(!Trace::parse(&lines(7)).is_held());
}

#[test]
fn a_child_that_nobody_waited_for_is_not_reaped() {
    assert!(!Trace::parse(FORKING).is_reaped());
    assert!(Trace::parse(&format!("{FORKING}10    wait4(11, NULL, 0, NULL) = 11\n")).is_reaped());
}

#[test]
fn responses_are_counted() {
    assert_eq!(Trace::parse(FORKING).responses(), 1);
    assert_eq!(Trace::parse(&lines(7)).responses(), 0);
}

#[test]
fn what_happened_since_a_look_begins_with_the_call_that_was_waiting() {
    let before = Trace::parse(WAITING_AGAIN);
    let whole = Trace::parse(&format!("{FORKING}{WAITING_AGAIN}"));
    let since = whole.since(&before);
    assert_eq!(names(&since.processes[0]), "accept4 clone close accept4 accept4");
    assert!(whole.since(&whole).processes.is_empty());
}

#[test]
fn what_only_strace_or_the_clock_made_happen_is_left_out() {
    let trace = Trace::parse(&format!("{FORKING}{WAITING_AGAIN}")).without_noise();
    assert_eq!(names(&trace.processes[0]), "accept4 clone close accept4");
    assert_eq!(trace.count(), 6);
    assert!(!trace.processes[0].events.contains(&Event::Signal("SIGCHLD".to_owned())));
    let ticks = "7 epoll_wait(6, [], 256, 500) = 0\n7 epoll_ctl(6, EPOLL_CTL_ADD, 9, {}) = 0\n7 epoll_wait(6, ";
    let left = Trace::parse(ticks).without_noise();
    assert_eq!(names(&left.processes[0]), "epoll_ctl epoll_wait");
}
