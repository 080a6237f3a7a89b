//! The server in a file: unix:PATH. V07_PROGRAM names another program than v07, as in `wsgi/server.rs`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};

use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use suite::bench::Bench;
use suite::program::{PATIENCE, Program};

struct Server(Child);

impl Server {
    fn start(file: &Path) -> Server {
        let mut command = Command::new(program());
        command.arg(address(file)).env("WORKERS", "2").stdout(Stdio::piped()).stderr(Stdio::null());
        // SAFETY: prctl(2) is a system call, and allocates nothing.
        unsafe { command.pre_exec(|| Ok(prctl::set_pdeathsig(Signal::SIGKILL)?)) };
        let mut child = command.spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        assert_eq!(line, format!("v07 listening on unix:{}\n", file.display()));
        Server(child)
    }

    fn stop(mut self, signal: Signal) {
        let _ = kill(Pid::from_raw(self.0.id().cast_signed()), signal);
        self.0.wait().expect("it ends");
    }
}

fn program() -> OsString {
    env::var_os("V07_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_v07").into())
}

fn address(file: &Path) -> String {
    format!("unix:{}", file.display())
}

/// A path that is free.
fn path(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", process::id()));
    let _ = fs::remove_file(&path);
    path
}

fn get(file: &Path, path: &str) -> String {
    let (mut client, mut response) = (UnixStream::connect(file).expect("a server"), String::new());
    client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    write!(client, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").expect("it is sent");
    client.read_to_string(&mut response).expect("a response");
    response
}

fn refused(file: &Path) -> String {
    let program = Program::new([program()]).address(&address(file));
    let ended = Bench::new(&program).run(&program).expect("the program ends");
    assert_eq!((ended.status.code(), &*ended.stdout), (Some(1), ""));
    ended.stderr
}

#[test]
fn serves_clients_of_this_machine() {
    let file = path("serves");
    let server = Server::start(&file);
    for _ in 0..20 {
        let response = get(&file, "/environ");
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
        assert!(response.contains("\nSERVER_NAME: localhost\nSERVER_PORT: 80\n"), "{response}");
        assert!(!response.contains("REMOTE_ADDR"), "{response}");
    }
    server.stop(Signal::SIGTERM);
    assert!(!file.exists(), "the file is removed");
}

#[test]
fn replaces_what_a_dead_server_has_left() {
    let file = path("left");
    Server::start(&file).stop(Signal::SIGKILL);
    assert!(file.exists());
    let server = Server::start(&file);
    assert!(get(&file, "/").starts_with("HTTP/1.1 200 OK\r\n"));
    server.stop(Signal::SIGINT);
    assert!(!file.exists(), "the file is removed");
}

#[test]
fn leaves_another_servers_file_alone() {
    let file = path("used");
    let server = Server::start(&file);
    let said = refused(&file);
    assert_eq!(
        said,
        format!(
            "v07: cannot listen on unix:{}: a server listens there; stop it, or use another path\n",
            file.display()
        )
    );
    // One that has taken its place in the meantime.
    fs::remove_file(&file).expect("it is there");
    let _other = UnixListener::bind(&file).expect("the path is free");
    server.stop(Signal::SIGTERM);
    assert!(file.exists());
}

#[test]
fn replaces_no_file_of_another_kind() {
    let file = path("text");
    fs::write(&file, "text").expect("a file");
    assert!(refused(&file).starts_with("v07: cannot listen on unix:"));
    assert_eq!(fs::read_to_string(&file).expect("the file"), "text");
    assert!(refused(&path("nowhere").join("socket")).starts_with("v07: cannot listen on unix:"));
}
