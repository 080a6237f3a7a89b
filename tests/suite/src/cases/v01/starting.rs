//! How a server starts: the announcement, the usage, and all that can be wrong with what it was told.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use nix::sys::signal::Signal;
use rustix::process::geteuid;
use tempfile::TempDir;

use crate::bench::Bench;
use crate::case::{Outcome, Stop, failed, require};
use crate::cases::v01::not_here;
use crate::program::Program;
use crate::server::Server;

pub(crate) fn announces_one_line_with_its_address(bench: &Bench) -> Outcome {
    let mut server = bench.server()?;
    needs_an_announcement(bench, &server)?;
    server.serves_the_next()?;
    server.signal(Signal::SIGTERM);
    server.ends()?;
    let stdout = server.stdout().wait(server.patience(), |_| false);
    require(stdout.lines().count() == 1, "one line on stdout, from start to end", || format!("{stdout:?}"))?;
    let expected = format!("an announcement that ends with http://{}", server.address());
    require(stdout.ends_with(&format!(" listening on http://{}\n", server.address())), expected, || {
        format!("{stdout:?}")
    })
}

pub(crate) fn names_a_port_in_use(bench: &Bench) -> Outcome {
    let first = bench.server()?;
    let address = first.address().to_string();
    let second = bench.program().address(&address);
    refuses_to_start(bench, &second, &first.address().port().to_string())?;
    first.serves_the_next()
}

/// The host has two addresses, and the port is in use on the second. Its name is in a hosts file that only this server sees.
pub(crate) fn names_a_port_in_use_on_any_of_its_addresses(bench: &Bench) -> Outcome {
    const HOST: &str = "two.addresses.test";
    let folder = TempDir::new().map_err(not_here)?;
    let hosts = folder.path().join("hosts");
    fs::write(&hosts, format!("127.0.0.1 {HOST}\n127.0.0.2 {HOST}\n")).map_err(not_here)?;
    let with_hosts = "mount --bind \"$1\" /etc/hosts && shift && exec \"$@\"";
    let mut launcher = vec!["unshare", "--mount"];
    launcher.extend((!geteuid().is_root()).then_some("--map-root-user"));
    launcher.extend(["sh", "-c", with_hosts, "sh", hosts.to_str().unwrap_or_default()]);
    let knows_both = Command::new(launcher[0]).args(&launcher[1..]).args(["getent", "ahostsv4", HOST]).output();
    if !knows_both.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("127.0.0.2")) {
        return Err(Stop::Skipped("this user can't give a name two addresses (unshare --mount)".into()));
    }
    let taken = TcpListener::bind("127.0.0.2:0").map_err(not_here)?;
    let port = taken.local_addr().map_err(not_here)?.port();
    let program = bench.program().address(&format!("{HOST}:{port}"));
    refuses_to_start(bench, &program.launched_by(launcher), &port.to_string())
}

pub(crate) fn names_an_address_that_is_not_ours(bench: &Bench) -> Outcome {
    refuses_to_start(bench, &bench.program().address("8.8.8.8:1"), "8.8.8.8:1")
}

pub(crate) fn names_an_address_that_is_none(bench: &Bench) -> Outcome {
    refuses_to_start(bench, &bench.program().address("nonsense"), "nonsense")
}

pub(crate) fn names_an_unknown_flag(bench: &Bench) -> Outcome {
    refuses_to_start(bench, &bench.program().arguments(&["--no-such-flag"]), "--no-such-flag")
}

pub(crate) fn names_a_knob_that_it_can_not_read(bench: &Bench) -> Outcome {
    refuses_to_start(bench, &bench.program().needs("LOG", "maybe"), "LOG")
}

pub(crate) fn tells_its_usage(bench: &Bench) -> Outcome {
    let ended = bench.run(&bench.program().arguments(&["--help"]))?;
    require(ended.status.code() == Some(0), "the exit code 0 after --help", || ended.status)?;
    require(ended.stdout.contains("LOG"), "a usage on stdout that names the knob LOG", || {
        format!("{:?}", ended.stdout)
    })?;
    require(ended.stderr.is_empty(), "nothing on stderr after --help", || format!("{:?}", ended.stderr))
}

pub(crate) fn serves_on_when_stdout_is_closed(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().stdout_dropped())?;
    needs_an_announcement(bench, &server)?;
    server.stdout().wait(server.patience(), |_| false); // Until the reading end is closed.
    // A process that this one is just starting holds it open for a moment longer.
    for _ in 0..10 {
        server.serves_the_next()?;
    }
    Ok(())
}

pub(crate) fn serves_without_stdin(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().without_stdin())?;
    server.serves_the_next()?;
    server.serves_the_next()
}

/// A program whose address is known without it may announce itself or not.
pub(crate) fn needs_an_announcement(bench: &Bench, server: &Server) -> Outcome {
    let is_known = bench.program().fixed.is_some() || bench.program().adapter().is_some();
    if is_known && server.stdout().text().is_empty() {
        return Err(Stop::Skipped("needs an announcement on stdout".into()));
    }
    Ok(())
}

/// Sees that the program ends with code 1 and one line on stderr that holds `name`: what was wrong with what it was
/// told. An environment that asks for backtraces gets none.
pub(crate) fn refuses_to_start(bench: &Bench, program: &Program, name: &str) -> Outcome {
    let ended = bench.run(&program.clone().knob("RUST_BACKTRACE", "1"))?;
    require(ended.status.code() == Some(1), "the exit code 1", || ended.status)?;
    require(ended.stderr.lines().count() == 1, "exactly one line on stderr", || format!("{:?}", ended.stderr))?;
    require(ended.stdout.is_empty(), "nothing on stdout", || format!("{:?}", ended.stdout))?;
    match ended.stderr.contains(name) {
        true => Ok(()),
        false => Err(failed(format!("a line on stderr that names {name}"), format!("{:?}", ended.stderr))),
    }
}
