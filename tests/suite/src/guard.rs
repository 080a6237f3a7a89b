//! The guard: nothing that a test started outlives it, whatever ends the test.
//!
//! Each server gets a mark, a variable in its environment that its descendants inherit. When a case is done with a
//! server, `server/family.rs` ends it with all that belongs to it. Should the test process itself be killed, the kernel
//! kills the servers (PR_SET_PDEATHSIG) but not their descendants: that is left to a small shell, in a process group of
//! its own, that waits for its stdin to end.

use std::os::unix::process::CommandExt;
use std::process::{self, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use nix::sys::prctl;

/// The variable that holds the mark.
pub(crate) const VARIABLE: &str = "ZEPPER_MARK";

/// Reads until this process is gone, then kills whatever bears its marks until nothing does.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
read -r nothing
found=yes
while [ "$found" ]; do
    found=
    for process in /proc/[0-9]*; do
        if grep -aqs "$1" "$process/environ"; then
            kill -KILL "${process#/proc/}" && found=yes
        fi
    done
done
"#;

static PREFIX: OnceLock<String> = OnceLock::new();
static GUARD: OnceLock<u32> = OnceLock::new();
static COUNT: AtomicU64 = AtomicU64::new(0);

/// A mark that no other server has had. The first call starts the guard, and makes this process a subreaper.
pub(crate) fn mark() -> String {
    let prefix = PREFIX.get_or_init(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let prefix = format!("{}-{}-", process::id(), now.as_nanos());
        watch(&prefix);
        // It can't fail since Linux 3.4; without it the strays would be process 1's.
        let _ = prctl::set_child_subreaper(true);
        prefix
    });
    format!("{prefix}{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The guard's number, if it runs.
pub(crate) fn pid() -> Option<i32> {
    GUARD.get().map(|pid| pid.cast_signed())
}

fn watch(prefix: &str) {
    let mut guard = Command::new("sh");
    guard.args(["-c", SCRIPT, "guard", &format!("{VARIABLE}={prefix}")]).process_group(0);
    guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // Without a shell the other two ways of killing remain. The guard's stdin stays open until this process ends.
    if let Ok(mut guard) = guard.spawn() {
        std::mem::forget(guard.stdin.take());
        let _ = GUARD.set(guard.id());
    }
}
