//! What strace wrote, understood: the processes, and the calls and signals of each in their order.
//!
//! `strace -f` writes a line for each call, with the number of the process before it. When another process comes in
//! between, the call is cut in two: `close(4 <unfinished ...>` and later `<... close resumed>) = 0`. A call that has not
//! returned has no result, or is the last line, without an end.

/// The calls that a server waits in for somebody to do something.
const WAITING: [&str; 11] = [
    "accept",
    "accept4",
    "epoll_pwait",
    "epoll_wait",
    "pause",
    "poll",
    "ppoll",
    "pselect6",
    "rt_sigsuspend",
    "rt_sigtimedwait",
    "select",
];

/// All that was traced so far.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// In the order in which they appeared: the server is the first.
    pub processes: Vec<Process>,
}

/// A process.
#[derive(Clone, Debug)]
pub struct Process {
    pub pid: i32,
    pub events: Vec<Event>,
}

/// What happened in a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Call(Call),
    /// A signal came: its name.
    Signal(String),
    /// The process ended; how, in strace's words.
    End(String),
}

/// A system call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    pub arguments: String,
    /// None: it has not returned yet.
    pub result: Option<String>,
}

impl Trace {
    /// Understands what strace wrote so far. Lines that are none of its own are passed over.
    pub fn parse(text: &str) -> Trace {
        let mut trace = Trace::default();
        for line in text.lines() {
            let Some((pid, rest)) = line.split_once(' ') else { continue };
            let Ok(pid) = pid.parse() else { continue };
            trace.process(pid).take(rest.trim_start());
        }
        trace
    }

    fn process(&mut self, pid: i32) -> &mut Process {
        let known = self.processes.iter().position(|process| process.pid == pid);
        let place = known.unwrap_or_else(|| {
            self.processes.push(Process { pid, events: Vec::new() });
            self.processes.len() - 1
        });
        &mut self.processes[place]
    }

    /// How many responses were sent whole, in one call each.
    pub fn responses(&self) -> usize {
        let sent = |call: &&Call| call.is_done() && call.arguments.contains("\"HTTP/1.1 200 ");
        self.calls().filter(sent).count()
    }

    fn calls(&self) -> impl Iterator<Item = &Call> {
        self.processes.iter().flat_map(Process::calls)
    }

    /// Whether all that runs waits for a client, and has heard of each process that ended.
    pub fn is_idle(&self) -> bool {
        let signals = self.processes.first().map_or(0, |server| server.count(&Event::Signal("SIGCHLD".to_owned())));
        let waits = |process: &Process| process.has_ended() || process.pending().is_some_and(|call| call.waits());
        !self.processes.is_empty() && self.processes.iter().all(waits) && signals >= self.ended_children()
    }

    /// Whether every child that ended has been waited for.
    pub fn is_reaped(&self) -> bool {
        let reaps = |call: &&Call| call.name == "wait4" && call.succeeded();
        self.calls().filter(reaps).count() >= self.ended_children()
    }

    fn ended_children(&self) -> usize {
        self.processes.iter().skip(1).filter(|process| process.has_ended()).count()
    }

    /// Whether all that runs waits, be it for the bytes of a request.
    pub fn is_held(&self) -> bool {
        let reads = |call: &Call| matches!(call.name.as_str(), "read" | "recvfrom");
        let waits = |call: &Call| call.waits() || reads(call);
        self.processes.iter().all(|process| process.has_ended() || process.pending().is_some_and(waits))
    }

    /// What happened since `before`, an earlier look. A call that was waiting then belongs to it. Processes that did
    /// nothing are left out.
    pub fn since(&self, before: &Trace) -> Trace {
        let processes = self.processes.iter().map(|process| {
            let earlier = before.processes.iter().find(|one| one.pid == process.pid);
            let done = earlier.map_or(0, |one| one.events.len() - usize::from(one.pending().is_some()));
            Process { pid: process.pid, events: process.events[done..].to_vec() }
        });
        Trace { processes: processes.filter(|process| process.events.iter().any(Event::is_done)).collect() }
    }

    /// Without what only strace, or the clock, made happen: an `accept4` that a signal interrupted which the server
    /// ignores (untraced, the kernel would not wake it), that signal, and an `epoll_wait` whose time was up.
    pub fn without_noise(mut self) -> Trace {
        for process in &mut self.processes {
            let mut kept: Vec<Event> = Vec::new();
            let mut ignored = false;
            for event in process.events.drain(..) {
                match event {
                    Event::Call(call) if call.is_accept() && call.result_starts_with("-1 EINTR") => ignored = true,
                    Event::Signal(_) if ignored => ignored = false,
                    Event::Call(call) if call.name.starts_with("epoll_") && call.result.as_deref() == Some("0") => {
                        kept.extend((call.name == "epoll_ctl").then_some(Event::Call(call)));
                    }
                    event => kept.push(event),
                }
            }
            process.events = kept;
        }
        self
    }

    /// How many calls have been made and have returned.
    pub fn count(&self) -> usize {
        self.calls().filter(|call| call.is_done()).count()
    }
}

impl Process {
    fn take(&mut self, line: &str) {
        if let Some(signal) = line.strip_prefix("--- ") {
            let name = signal.split_whitespace().next().unwrap_or_default();
            self.events.push(Event::Signal(name.to_owned()));
        } else if let Some(end) = line.strip_prefix("+++ ") {
            self.events.push(Event::End(end.trim_end_matches(" +++").to_owned()));
        } else if let Some(rest) = line.strip_prefix("<... ") {
            let Some((_, rest)) = rest.split_once("resumed>") else { return };
            if let Some(Event::Call(call)) = self.events.last_mut() {
                *call = Call::parse(&format!("{}({}{rest}", call.name, call.arguments));
            }
        } else {
            self.events.push(Event::Call(Call::parse(line.strip_suffix(" <unfinished ...>").unwrap_or(line))));
        }
    }

    /// Its calls.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.events.iter().filter_map(|event| if let Event::Call(call) = event { Some(call) } else { None })
    }

    /// The call that it is in now.
    pub fn pending(&self) -> Option<&Call> {
        match self.events.last() {
            Some(Event::Call(call)) if !call.is_done() => Some(call),
            _ => None,
        }
    }

    fn has_ended(&self) -> bool {
        matches!(self.events.last(), Some(Event::End(_)))
    }

    fn count(&self, event: &Event) -> usize {
        self.events.iter().filter(|one| *one == event).count()
    }
}

impl Event {
    fn is_done(&self) -> bool {
        !matches!(self, Event::Call(call) if !call.is_done())
    }
}

impl Call {
    fn parse(text: &str) -> Call {
        let (name, rest) = text.split_once('(').unwrap_or((text, ""));
        let call = |arguments: &str, result| Call { name: name.to_owned(), arguments: arguments.to_owned(), result };
        match end_of_arguments(rest) {
            None => call(rest, None),
            Some(end) => {
                let result = rest[end + 1..].trim_start().strip_prefix("= ");
                call(&rest[..end], result.map(|result| result.trim_end().to_owned()))
            }
        }
    }

    /// Whether it has returned; one that never will, such as `exit_group`, has when it was made.
    pub fn is_done(&self) -> bool {
        self.result.is_some()
    }

    /// Whether a server waits in it for somebody to do something.
    pub fn waits(&self) -> bool {
        WAITING.contains(&self.name.as_str())
    }

    pub fn is_accept(&self) -> bool {
        self.name.starts_with("accept")
    }

    pub fn result_starts_with(&self, start: &str) -> bool {
        self.result.as_deref().is_some_and(|result| result.starts_with(start))
    }

    pub fn succeeded(&self) -> bool {
        self.result.as_deref().is_some_and(|result| result.starts_with(|first: char| first.is_ascii_digit()))
    }
}

/// Where the bracket closes that was opened before `text`. One in a string, or in braces, is passed over.
fn end_of_arguments(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for (place, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => return Some(place),
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
