//! The machine and the day on which something was observed.

use std::process::Command;
use std::thread;

use procfs::CpuInfo;
use procfs::prelude::*;
use procfs::sys::kernel::Version;
use time::OffsetDateTime;

/// One line, such as `2 cores of Some Processor 9000, Linux 6.18, rustc 1.95.0, 2026-11-22`. The day is UTC's.
pub fn description() -> String {
    format!("{} of {}, {}, {}, {}", cores(), processor(), kernel(), compiler(), today())
}

fn cores() -> String {
    match thread::available_parallelism().map_or(1, usize::from) {
        1 => "1 core".to_owned(),
        count => format!("{count} cores"),
    }
}

/// Its name, as /proc/cpuinfo has it; some architectures have none there.
fn processor() -> String {
    let information = CpuInfo::current().ok();
    let name = information.as_ref().and_then(|information| information.model_name(0));
    name.map_or_else(|| format!("an unnamed {} processor", std::env::consts::ARCH), str::to_owned)
}

fn kernel() -> String {
    Version::current().map_or("Linux".to_owned(), |version| format!("Linux {}.{}", version.major, version.minor))
}

/// The first two words of `rustc --version`.
fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let words: Vec<_> = text.split_whitespace().take(2).collect();
    if words.is_empty() { "an unknown rustc".to_owned() } else { words.join(" ") }
}

fn today() -> String {
    OffsetDateTime::now_utc().date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_told_in_one_line() {
        let description = description();
        let parts = description.split(", ").count();
        assert!(parts >= 4 && description.lines().count() == 1, "{description}");
        assert!(description.contains(" of ") && description.contains("Linux ") && description.contains("rustc "));
        assert!(description.ends_with(&today()), "{description}");
    }
}
