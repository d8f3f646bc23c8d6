//! Running other programs: output line by line as it comes, or within a limit of time.

use anyhow::Context as _;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::thread;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

/// What a program printed, standard output and error together, and how it ended.
pub(crate) struct Ran {
    pub(crate) success: bool,
    pub(crate) output: String,
}

/// How a program ended that had a limit of time.
pub(crate) struct RanWithin {
    pub(crate) success: bool,
    pub(crate) timed_out: bool,
    pub(crate) output: String,
}

/// Runs `command` to its end and calls `on_line` for each line it prints.
pub(crate) fn run(mut command: Command, mut on_line: impl FnMut(&str)) -> anyhow::Result<Ran> {
    let (reader, writer) = std::io::pipe()?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    // The command keeps the writing ends open, and with them the pipe.
    drop(command);
    let mut output = String::new();
    let mut reader = BufReader::new(reader);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        let line = String::from_utf8_lossy(&bytes);
        on_line(line.trim_end());
        output.push_str(&line);
        bytes.clear();
    }
    let success = child.wait()?.success();
    Ok(Ran { success, output })
}

/// Runs `command` to its end or until `limit` has passed. Whatever it started is gone when this
/// returns: it runs in a process group of its own, which is killed as a whole.
pub(crate) fn run_within(mut command: Command, limit: Duration) -> anyhow::Result<RanWithin> {
    // A file, not a pipe: a straggler that inherited a pipe would keep it from ending.
    let mut file = tempfile::tempfile()?;
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file.try_clone()?)
        .process_group(0);
    let started = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let pid = Pid::from_child(&child);
    let mut pause = Duration::from_millis(1);
    let timed_out = loop {
        // Left unreaped, so that the group's id cannot have been given to another process.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if waitid(WaitId::Pid(pid), options)?.is_some() {
            break false;
        }
        if started.elapsed() >= limit {
            break true;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    };
    kill_process_group(pid, Signal::KILL).context("cannot end what the program started")?;
    let success = child.wait()?.success() && !timed_out;
    let mut output = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut output)?;
    Ok(RanWithin {
        success,
        timed_out,
        output: String::from_utf8_lossy(&output).into_owned(),
    })
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(crate::workspace::root());
    command
}

/// Cargo, building with the models' implementation of the seam in a folder of its own.
pub(crate) fn loom_cargo() -> Command {
    let mut command = cargo();
    command
        .env("RUSTFLAGS", "--cfg selvedge_loom")
        .env("CARGO_TARGET_DIR", crate::workspace::target().join("loom"));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn lines_come_from_both_streams() {
        let mut lines = Vec::new();
        let ran = run(shell("echo one; echo two >&2; exit 3"), |line| {
            lines.push(line.to_owned());
        })
        .unwrap();
        assert!(!ran.success);
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(ran.output, "one\ntwo\n");
    }

    #[test]
    fn a_limit_ends_the_program_and_what_it_started() {
        let limit = Duration::from_millis(100);
        let started = Instant::now();
        let ran = run_within(shell("sleep 60 & echo $!; sleep 60"), limit).unwrap();
        assert!(ran.timed_out && !ran.success);
        assert!(started.elapsed() < Duration::from_secs(30));
        let straggler = format!("kill -0 {} 2>/dev/null", ran.output.trim());
        // Killed, but perhaps not reaped yet.
        let gone = (0..500).any(|_| {
            thread::sleep(Duration::from_millis(10));
            !run(shell(&straggler), |_| ()).unwrap().success
        });
        assert!(gone, "the background process outlived its group");
    }

    #[test]
    fn a_program_within_its_limit_is_not_timed_out() {
        let ran = run_within(shell("echo done"), Duration::from_mins(1)).unwrap();
        assert!(ran.success && !ran.timed_out);
        assert_eq!(ran.output, "done\n");
    }
}
