//! The processes of this server, as the kernel shows them in files: stat and task/*/children (proc(5)).

use std::{fs, process};

use anyhow::{Context, Result};
use nix::unistd::{SysconfVar, sysconf};

pub(crate) struct Process {
    pid: u32,
    parent: u32,
    /// A letter: R running, S sleeping, D waiting for a device, T stopped, Z zombie.
    state: char,
    /// The program that it runs.
    name: String,
    role: &'static str,
    /// In seconds.
    age: f64,
    /// How many of its ancestors are in the list.
    depth: usize,
}

/// The server, whichever of its processes asks, and all that descend from it, parents before children. `roles`: what to
/// call the server, and a child of it that runs the same program.
pub(crate) fn list(roles: [&'static str; 2]) -> Result<Vec<Process>> {
    let mut list = Vec::new();
    let mut found = vec![(server(), 0)];
    while let Some((pid, depth)) = found.pop() {
        let Some((parent, state, name, age)) = look_at(pid) else { continue }; // It has gone by now.
        let role = match list.first() {
            None => roles[0],
            Some(Process { name: server, .. }) if *server == name => roles[1],
            Some(_) => "program",
        };
        list.push(Process { pid, parent, state, name, role, age, depth });
        found.extend(children(pid).into_iter().rev().map(|child| (child, depth + 1)));
    }
    list.first().context("this system shows no processes in /proc")?;
    Ok(list)
}

/// A JSON array.
pub(crate) fn json(list: &[Process]) -> String {
    let object = |process: &Process| {
        let Process { pid, parent, state, name, role, age, .. } = process;
        let name = name.replace(|letter: char| letter.is_control() || letter == '"' || letter == '\\', "?");
        let answers = process.answers();
        format!(
            "{{\"pid\":{pid},\"parent\":{parent},\"state\":\"{state}\",\"name\":\"{name}\",\"role\":\"{role}\",\
             \"age\":{age:.2},\"answers\":{answers}}}"
        )
    };
    format!("[{}]\n", list.iter().map(object).collect::<Vec<_>>().join(",\n "))
}

/// A table to read, one process a line.
pub(crate) fn table(list: &[Process]) -> String {
    let line = |process: &Process| {
        let Process { pid, parent, state, name, role, age, depth } = process;
        let indent = "  ".repeat(*depth);
        let mark = if process.answers() { ", answers this request" } else { "" };
        let zombie = if *state == 'Z' { ", a zombie" } else { "" };
        let name = name.escape_debug();
        format!("{pid:>8} {parent:>8} {state:>5} {age:>8.1} s  {indent}{role} ({name}){zombie}{mark}\n")
    };
    let lines: String = list.iter().map(line).collect();
    format!("     PID   PARENT STATE        AGE  ROLE (PROGRAM)\n{lines}")
}

impl Process {
    fn answers(&self) -> bool {
        self.pid == process::id()
    }
}

/// The eldest ancestor in a row of processes with the executable of this one.
fn server() -> u32 {
    let executable = |pid| fs::read_link(format!("/proc/{pid}/exe")).ok();
    let (mut server, own) = (process::id(), executable(process::id()));
    while let Some((parent, ..)) = look_at(server)
        && own.is_some()
        && executable(parent) == own
    {
        server = parent;
    }
    server
}

/// A process's parent, state, name, and age in seconds. None if there is no such process.
fn look_at(pid: u32) -> Option<(u32, char, String, f64)> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?; // The name may have parentheses itself.
    let mut fields = rest.split_whitespace();
    let (state, parent) = (fields.next()?.chars().next()?, fields.next()?.parse().ok()?);
    let start: f64 = fields.nth(17)?.parse().ok()?; // The file's field 22: ticks since the system's start.
    let ticks = sysconf(SysconfVar::CLK_TCK).ok()?? as f64;
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let uptime: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    Some((parent, state, name.to_owned(), (uptime - start / ticks).max(0.0)))
}

/// The children of a process: the kernel has a list of those of each thread.
fn children(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, state: char, name: &str, depth: usize) -> Process {
        Process { pid, parent: 1, state, name: name.to_owned(), role: "child", age: 1.25, depth }
    }

    #[test]
    fn a_process_finds_itself_as_the_server() {
        let list = list(["server", "child"]).expect("a list");
        let first = list.first().expect("a server");
        assert_eq!((first.pid, first.role, first.state), (process::id(), "server", first.state));
        assert!(first.answers());
    }

    #[test]
    fn a_name_cannot_break_the_json() {
        let list = [process(7, 'S', "a\"b\\c\n", 0)];
        let expected =
            r#"[{"pid":7,"parent":1,"state":"S","name":"a?b?c?","role":"child","age":1.25,"answers":false}]"#;
        assert_eq!(json(&list), format!("{expected}\n"));
    }

    #[test]
    fn the_table_says_in_words_who_is_a_zombie_and_who_is_whose_child() {
        let table = table(&[process(7, 'S', "v04", 0), process(8, 'Z', "v04", 1)]);
        let lines: Vec<_> = table.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "       7        1     S      1.2 s  child (v04)",
                "       8        1     Z      1.2 s    child (v04), a zombie"
            ]
        );
    }
}
