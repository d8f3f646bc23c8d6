//! The most memory that a program holds.

use super::super::rows::Row;
use super::{Interpreter, name_of};
use anyhow::Context as _;
use std::path::Path;
use std::process::Command;

/// What the rows are filed under, so that they have means of their own.
const MEMORY: &str = "interp memory";

/// A row for each peer. One that cannot say what it holds has none.
pub(super) fn compare(
    script: &Path,
    ours: &Interpreter,
    peers: &[Interpreter],
) -> anyhow::Result<Vec<Row>> {
    // A folder of its own, so that a peer which sees nothing else sees both files.
    let folder = tempfile::tempdir()?;
    let name = name_of(script);
    std::fs::write(folder.path().join("peak.py"), include_str!("peak.py"))?;
    std::fs::copy(script, folder.path().join("program.py"))?;
    let held = peak(ours, folder.path())?
        .with_context(|| format!("{} does not say what {name} holds", ours.name))?;
    let mut rows = Vec::new();
    for peer in peers {
        if let Some(theirs) = peak(peer, folder.path())? {
            rows.push(Row {
                krate: MEMORY.to_owned(),
                scenario: name.clone(),
                ours: held,
                peer: theirs,
                peer_name: peer.name.clone(),
                unit: "MiB".to_owned(),
                ratio: theirs / held,
            });
        }
    }
    Ok(rows)
}

/// What the program in `folder` holds at most, in MiB, if the run says so.
fn peak(interpreter: &Interpreter, folder: &Path) -> anyhow::Result<Option<f64>> {
    let ran = Command::new(&interpreter.program)
        .arg(folder.join("peak.py"))
        .arg("program.py")
        .output()
        .with_context(|| format!("cannot start {}", interpreter.program.display()))?;
    let said = String::from_utf8_lossy(&ran.stderr);
    let kibibytes = said
        .lines()
        .last()
        .and_then(|line| line.parse::<f64>().ok());
    Ok(kibibytes
        .filter(|_| ran.status.success())
        .map(|kibibytes| kibibytes / 1024.0))
}

#[cfg(test)]
mod tests {
    use super::super::tests::interpreter;
    use super::*;

    #[test]
    fn what_is_held_is_read_from_the_last_line() {
        let folder = tempfile::tempdir().unwrap();
        let ours = interpreter(folder.path(), "ours", "echo warning >&2; echo 2048 >&2");
        let peers = [
            interpreter(folder.path(), "more", "echo 4096 >&2"),
            interpreter(folder.path(), "silent", ""),
            interpreter(folder.path(), "broken", "echo 1 >&2; exit 1"),
        ];
        let script = folder.path().join("loop.py");
        std::fs::write(&script, "").unwrap();
        let rows = compare(&script, &ours, &peers).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!((&*rows[0].peer_name, &*rows[0].scenario), ("more", "loop"));
        assert!((rows[0].ours - 2.0).abs() < 1e-9 && (rows[0].ratio - 2.0).abs() < 1e-9);
    }
}
