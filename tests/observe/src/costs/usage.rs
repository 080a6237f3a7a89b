//! What a server's processes use, as the kernel tells in /proc: processor time and memory.

use std::fs;

use anyhow::{Result, bail};
use suite::server::Server;

/// The processor time of all processes of a server so far, those that have ended included, in microseconds.
///
/// A process tells its own time to the nanosecond in `schedstat`, also as a zombie: that is where v04's children keep it.
/// The time of children that were waited for is in their parent's `stat`, in ticks of mostly 10 ms.
pub fn processor_time(server: &Server) -> Result<f64> {
    let mut sum = 0.0;
    for process in server.processes() {
        sum += own_time(process.pid).unwrap_or(0.0);
        if !process.is_zombie() {
            sum += time_of_reaped(process.pid).unwrap_or(0.0);
        }
    }
    if sum == 0.0 {
        bail!("/proc tells no processor time");
    }
    Ok(sum)
}

/// That of all threads of a process; None if it has gone.
fn own_time(pid: i32) -> Option<f64> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let time = |text: String| text.split_whitespace().next()?.parse::<f64>().ok();
    let times: Vec<_> = threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok().and_then(time))
        .collect();
    if times.is_empty() {
        return ticks(pid, |stat| stat.utime + stat.stime); // A kernel without schedstat.
    }
    Some(times.iter().sum::<f64>() / 1000.0)
}

fn time_of_reaped(pid: i32) -> Option<f64> {
    ticks(pid, |stat| (stat.cutime + stat.cstime).max(0).cast_unsigned())
}

/// A number of ticks from `stat`, in microseconds.
fn ticks(pid: i32, count: impl Fn(&procfs::process::Stat) -> u64) -> Option<f64> {
    let stat = procfs::process::Process::new(pid).and_then(|process| process.stat()).ok()?;
    Some(count(&stat) as f64 * 1_000_000.0 / procfs::ticks_per_second() as f64)
}

/// The memory of all processes of a server, in bytes: what several share counts for each in proportion (PSS).
pub fn memory(server: &Server) -> Result<u64> {
    sum_of(server, "Pss:")
}

/// The same without what is mapped from files. Other programs that use the same libraries don't change it.
pub fn anonymous_memory(server: &Server) -> Result<u64> {
    sum_of(server, "Pss_Anon:")
}

/// The sum of a line of `smaps_rollup` over all processes of a server, in bytes.
fn sum_of(server: &Server, line: &str) -> Result<u64> {
    let sizes = server.processes().into_iter().filter(|process| !process.is_zombie()).map(|process| {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", process.pid)).unwrap_or_default();
        let size = text.lines().find_map(|text| text.strip_prefix(line));
        size.and_then(|size| size.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
    });
    match sizes.sum::<u64>() {
        0 => bail!("/proc tells no memory (smaps_rollup)"),
        size => Ok(size * 1024),
    }
}
