//! Tests with children: this program again, running one ignored test of the file, with
//! descriptors that it inherits.

use selvedge_sync::process::{inherit, inherited};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};

/// A command that runs the ignored `test` in a child that inherits these.
pub(crate) fn command(test: &str, files: &[&dyn AsFd]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for (index, file) in files.iter().enumerate() {
        let number = inherit(&mut command, file.as_fd()).unwrap();
        command.env(format!("SHARED_{index}"), number.to_string());
    }
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command.stdout(Stdio::null());
    command
}

/// In a child: what the parent passed at this index. Each is taken once.
pub(crate) fn passed(index: usize) -> OwnedFd {
    let number = std::env::var(format!("SHARED_{index}")).unwrap();
    // SAFETY: the parent had this child inherit it, and each is taken once.
    unsafe { inherited(number.parse().unwrap()).unwrap() }
}

/// Kills the child, waits for it and returns which process it was.
pub(crate) fn kill(mut child: Child) -> u32 {
    child.kill().unwrap();
    child.wait().unwrap();
    child.id()
}

/// How many processes a fault test kills: so many, or what `SELVEDGE_FAULT_ROUNDS` says.
pub(crate) fn rounds(few: usize) -> usize {
    std::env::var("SELVEDGE_FAULT_ROUNDS").map_or(few, |text| text.parse().unwrap())
}
