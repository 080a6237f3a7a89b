//! The page: the calls of one request in Markdown, a section for each process.

use suite::stage::Stage;

use crate::syscalls::explanation::{self, Caller, Role};
use crate::syscalls::trace::{Call, Event, Process, Trace};

/// A structure of more letters than this is shown as `{…}`.
const LONGEST_STRUCTURE: usize = 24;

/// The page of a version. Calls that nobody has explained are an error, which names them.
pub fn page(stage: Stage, trace: &Trace, first: i32, machine: &str) -> Result<String, String> {
    let mut unknown = Vec::new();
    let connection = connection(trace);
    let mut text =
        format!("# The system calls of one request: {stage}, {}\n\n{}\n", stage.title(), sums(stage, trace, first));
    for process in &trace.processes {
        let role = role(stage, process, first);
        let caller = Caller { role, connection: connection.as_deref() };
        text += &format!("\n## {}\n\n", name(role));
        for (place, event) in process.events.iter().filter(|event| !matches!(event, Event::End(_))).enumerate() {
            let (shown, says) = told(event, caller);
            let says = says.unwrap_or_else(|| {
                unknown.push(shown.clone());
                "?"
            });
            text += &format!("{}. `{}` → {says}\n", place + 1, masked(&shown, trace, first, stage));
        }
    }
    text += &notes(stage, machine);
    if unknown.is_empty() { Ok(text) } else { Err(format!("{stage}: not explained yet: {}", unknown.join("; "))) }
}

fn told(event: &Event, caller: Caller<'_>) -> (String, Option<&'static str>) {
    match event {
        Event::Call(call) => (line(call), explanation::of(call, caller)),
        Event::Signal(name) => (format!("signal {name}"), explanation::of_signal(name)),
        Event::End(how) => (how.clone(), None),
    }
}

fn line(call: &Call) -> String {
    let arguments = match call.arguments.rsplit_once(", ") {
        Some((rest, _)) if call.name == "epoll_wait" => format!("{rest}, …"), // The time that a timer has left.
        _ => call.arguments.clone(),
    };
    match &call.result {
        Some(result) => format!("{}({arguments}) = {result}", call.name),
        None => format!("{}({} …", call.name, arguments.trim_end_matches([' ', ',', '…'])),
    }
}

/// How many calls there were, by process.
fn sums(stage: Stage, trace: &Trace, first: i32) -> String {
    let done = |process: &Process| process.calls().filter(|call| call.is_done()).count();
    let sum = |process: &Process| format!("{} by the {}", done(process), name(role(stage, process, first)));
    let parts: Vec<_> = trace.processes.iter().map(sum).collect();
    let idle = if stage >= Stage::V06 { ", none by the master" } else { "" };
    format!(
        "{} calls: {}{idle}. The last line of a process that goes on is the call that waits again.",
        trace.count(),
        parts.join(", ")
    )
}

fn notes(stage: Stage, machine: &str) -> String {
    let one_worker = if stage >= Stage::V06 { ", with WORKERS=1" } else { "" };
    let held = match stage {
        Stage::V04 | Stage::V05 => {
            " The client sent its request when the child was waiting for it. So the order is that of each process; whether \
             the server or its child goes first after the fork is left to the kernel."
        }
        _ => "",
    };
    let ignored = match stage {
        Stage::V04 => {
            " Left out: strace wakes the server with a signal for each child that ends, SIGCHLD. Without strace the kernel \
             sends none, because the default action of SIGCHLD is to do nothing."
        }
        _ => "",
    };
    format!(
        "\nSeen by `cargo run --release -p observe -- syscalls {stage}`: strace -f of the server{one_worker}, which had \
         answered some requests before.{held}{ignored} Process numbers are shown as SERVER and CHILD, addresses as 0x…, \
         long structures as {{…}}.\n\n{machine}\n"
    )
}

fn role(stage: Stage, process: &Process, first: i32) -> Role {
    match (stage, process.pid == first) {
        (Stage::V01 | Stage::V02 | Stage::V03, _) => Role::Server,
        (Stage::V04 | Stage::V05, true) => Role::Parent,
        (Stage::V04 | Stage::V05, false) => Role::Child,
        (Stage::V06 | Stage::V07, true) => Role::Master,
        (Stage::V06 | Stage::V07, false) => Role::Worker,
    }
}

fn name(role: Role) -> &'static str {
    match role {
        Role::Server | Role::Parent => "server",
        Role::Child => "child",
        Role::Master => "master",
        Role::Worker => "worker",
    }
}

/// The descriptor of the connection: what accept gave back.
fn connection(trace: &Trace) -> Option<String> {
    let mut calls = trace.processes.iter().flat_map(Process::calls);
    calls.find(|call| call.is_accept() && call.succeeded())?.result.clone()
}

/// Without what differs from run to run or is too long.
fn masked(line: &str, trace: &Trace, first: i32, stage: Stage) -> String {
    let mut text = without_time_limit(&without_long_structures(line));
    let group = trace.processes.iter().flat_map(Process::calls).find(|call| call.name == "getpgid");
    if let Some(group) = group.and_then(|call| call.result.as_deref()) {
        text = with_words(&text, |word| if word == group { "GROUP" } else { word });
    }
    for process in &trace.processes {
        let name = match role(stage, process, first) {
            Role::Child => "CHILD",
            Role::Worker => "WORKER",
            Role::Server | Role::Parent | Role::Master => "SERVER",
        };
        text = with_words(&text, |word| if word == process.pid.to_string() { name } else { word });
    }
    with_words(&text, |word| if word.starts_with("0x") { "0x…" } else { word })
}

/// A time limit is a structure that strace shows as bytes.
fn without_time_limit(line: &str) -> String {
    let (Some(start), Some(end)) = (line.find('"'), line.rfind('"')) else { return line.to_owned() };
    if line.contains("TIMEO_OLD") {
        return format!("{}{{…}}{}", &line[..start], &line[end + 1..]).replace("TIMEO_OLD", "TIMEO");
    }
    line.to_owned()
}

/// Puts others in the place of words, which are letters and digits in a row.
fn with_words<'a>(text: &'a str, other: impl Fn(&'a str) -> &'a str) -> String {
    let (mut made, mut rest) = (String::new(), text);
    while !rest.is_empty() {
        let is_word = |letter: char| letter.is_ascii_alphanumeric();
        let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let (word, more) = rest.split_at(end);
        let start = more.find(is_word).unwrap_or(more.len());
        let (between, left) = more.split_at(start);
        made += other(word);
        made += between;
        rest = left;
    }
    made
}

fn without_long_structures(line: &str) -> String {
    let (mut made, mut depth, mut structure) = (String::new(), 0, String::new());
    for letter in line.chars() {
        depth += i32::from(letter == '{');
        if depth == 0 {
            made.push(letter);
            continue;
        }
        structure.push(letter);
        depth -= i32::from(letter == '}');
        if depth == 0 {
            made += if structure.chars().count() > LONGEST_STRUCTURE { "{…}" } else { &structure };
            structure.clear();
        }
    }
    made + &structure
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: i32 = 100;

    fn trace() -> Trace {
        Trace::parse(concat!(
            "100 accept4(3, {sa_family=AF_INET, sin_port=htons(1), sin_addr=1}, [128 => 16], 0) = 5\n",
            "100 clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=0x7f8e26b4ea50) = 101\n",
            "100 close(5)          = 0\n",
            "101 close(3)          = 0\n",
            "101 setpgid(101, 100) = 0\n",
            "101 kill(-101, SIGKILL) = -1 ESRCH (No such process)\n",
            "101 exit_group(0) = ?\n",
            "101 +++ exited with 0 +++\n",
            "100 accept4(3, ",
        ))
    }

    #[test]
    fn each_process_has_its_calls_explained_and_masked() {
        let page = page(Stage::V05, &trace(), SERVER, "a machine").expect("a page");
        for line in [
            "7 calls: 3 by the server, 4 by the child.",
            "## server\n\n1. `accept4(3, {…}, [128 => 16], 0) = 5` → a socket of its own",
            "2. `clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=0x…) = CHILD` → fork",
            "3. `close(5) = 0` → closes its copy: the child has",
            "4. `accept4(3 …` → waits for the next client",
            "## child\n\n1. `close(3) = 0` → closes its copy of the listening",
            "2. `setpgid(CHILD, SERVER) = 0` → joins the server's group",
            "3. `kill(-CHILD, SIGKILL) = -1 ESRCH (No such process)` → ends what it has started: nobody is left",
        ] {
            assert!(page.contains(line), "{line}\nis not in\n{page}");
        }
    }

    #[test]
    fn a_call_without_an_explanation_is_an_error() {
        let strange = Trace::parse("100 sethostname(\"a\", 1) = 0");
        let error = page(Stage::V01, &strange, SERVER, "a machine").expect_err("an error");
        assert!(error.contains("sethostname"), "{error}");
    }
}
