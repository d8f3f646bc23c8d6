//! Whole Python programs: our release build against every other interpreter that can be found.
//!
//! The programs are `tests/bench/*.py`. Peers are looked for on the path, and first in the folder
//! `bin` of the one that the environment variable `SELVEDGE_PEERS` names. All run each program
//! once a round, one after the other, so that a change of the machine's speed meets them alike.
//! What they print has to be equal. Beside that, how long an empty program takes, and the most
//! memory that each program holds, measured in one more run by the process itself (`peak.py`).

mod memory;

use super::rows::Row;
use crate::exec;
use crate::progress::Progress;
use crate::workspace;
use anyhow::Context as _;
use cargo_metadata::Message;
use selvedge_sync::seam::clock::{Duration, Instant};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

const PEERS: [&str; 4] = ["python3.14", "python3.15", "pypy3", "rustpython"];
/// What rows of starting and ending are filed under, so that they have means of their own.
const START: &str = "interp start";
const ROUNDS: usize = 7;
const QUICK_ROUNDS: usize = 3;

struct Interpreter {
    name: String,
    program: PathBuf,
}

/// The rows, and what could not be measured and why.
pub(super) fn measure(quick: bool, progress: &Progress) -> anyhow::Result<(Vec<Row>, Vec<String>)> {
    let folder = workspace::root().join("tests/bench");
    let scripts = scripts(&folder)?;
    if scripts.is_empty() {
        let reason = format!("interp: there is no program in {}", folder.display());
        return Ok((Vec::new(), vec![reason]));
    }
    progress.line("== whole programs");
    let ours = Interpreter {
        name: "selvedge".to_owned(),
        program: build(progress)?,
    };
    let (peers, mut missing) = peers(&search_path());
    let rounds = if quick { QUICK_ROUNDS } else { ROUNDS };
    let empty = tempfile::Builder::new()
        .prefix("start-up")
        .rand_bytes(0)
        .suffix(".py")
        .tempfile_in(workspace::target())?;
    let (mut rows, failed) = compare(empty.path(), &ours, &peers, rounds, progress)?;
    missing.extend(failed);
    for row in &mut rows {
        START.clone_into(&mut row.krate);
    }
    for script in scripts {
        let (of_script, failed) = compare(&script, &ours, &peers, rounds, progress)?;
        rows.extend(of_script);
        missing.extend(failed);
        progress.at(&format!("memory of {}", script.display()));
        rows.extend(memory::compare(&script, &ours, &peers)?);
    }
    Ok((rows, missing))
}

fn scripts(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let Ok(entries) = folder.read_dir() else {
        return Ok(Vec::new());
    };
    let mut scripts = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("py")) {
            scripts.push(path);
        }
    }
    scripts.sort();
    Ok(scripts)
}

fn build(progress: &Progress) -> anyhow::Result<PathBuf> {
    let mut cargo = exec::cargo();
    cargo.args(["build", "--release", "--package", "selvedge-cli"]);
    cargo.arg("--message-format=json-render-diagnostics");
    let built = exec::run(cargo, |line| {
        if !line.starts_with('{') {
            progress.at(line);
        }
    })?;
    anyhow::ensure!(built.success, "the release build failed:\n{}", built.output);
    for message in Message::parse_stream(built.output.as_bytes()) {
        if let Message::CompilerArtifact(artifact) = message?
            && artifact.target.name == "selvedge"
            && let Some(program) = artifact.executable
        {
            return Ok(program.into());
        }
    }
    anyhow::bail!("the release build made no program called selvedge")
}

/// The folders that peers are looked for in.
fn search_path() -> Vec<PathBuf> {
    let own = std::env::var_os("SELVEDGE_PEERS").map(|folder| PathBuf::from(folder).join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    own.into_iter()
        .chain(std::env::split_paths(&path))
        .collect()
}

/// The peers found, and a line for each that is missing.
fn peers(folders: &[PathBuf]) -> (Vec<Interpreter>, Vec<String>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in PEERS {
        match folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|path| path.is_file())
        {
            Some(program) => found.push(Interpreter {
                name: name.to_owned(),
                program,
            }),
            None => missing.push(format!("interp: {name} was not found")),
        }
    }
    (found, missing)
}

/// Runs `script` on ours and on each peer in alternation. A peer that cannot run it is left out
/// and named; a failure of ours, or an output that differs from ours, is an error.
fn compare(
    script: &Path,
    ours: &Interpreter,
    peers: &[Interpreter],
    rounds: usize,
    progress: &Progress,
) -> anyhow::Result<(Vec<Row>, Vec<String>)> {
    let name = name_of(script);
    let mut our_times = Vec::new();
    let mut peer_times = vec![Vec::new(); peers.len()];
    let mut failed: Vec<Option<String>> = vec![None; peers.len()];
    for round in 1..=rounds {
        progress.at(&format!("{name}, round {round} of {rounds}"));
        let (took, expected) = time(ours, script)?
            .map_err(|cause| anyhow::anyhow!("{} cannot run {name}: {cause}", ours.name))?;
        our_times.push(took);
        for (index, peer) in peers.iter().enumerate() {
            if failed[index].is_some() {
                continue;
            }
            match time(peer, script)? {
                Ok((took, output)) => {
                    anyhow::ensure!(
                        output == expected,
                        "{name} prints something else on {} than on ours:\n{output}\ninstead of\n{expected}",
                        peer.name
                    );
                    peer_times[index].push(took);
                }
                Err(cause) => {
                    failed[index] =
                        Some(format!("interp: {} cannot run {name}: {cause}", peer.name));
                }
            }
        }
    }
    let measured = peers.iter().zip(&mut peer_times).zip(&failed);
    let ours = median(&mut our_times).as_secs_f64();
    let row = |((peer, times), failed): ((&Interpreter, &mut Vec<Duration>), &Option<String>)| {
        let peer_time = failed.is_none().then(|| median(times).as_secs_f64())?;
        Some(Row {
            krate: "interp".to_owned(),
            scenario: name.clone(),
            ours,
            peer: peer_time,
            peer_name: peer.name.clone(),
            unit: "s".to_owned(),
            ratio: peer_time / ours,
        })
    };
    Ok((
        measured.filter_map(row).collect(),
        failed.into_iter().flatten().collect(),
    ))
}

fn name_of(script: &Path) -> String {
    let stem = script.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// How long `script` takes and what it prints, or the last line of what it complains of.
fn time(
    interpreter: &Interpreter,
    script: &Path,
) -> anyhow::Result<Result<(Duration, String), String>> {
    let started = Instant::now();
    let ran = Command::new(&interpreter.program)
        .arg(script)
        .output()
        .with_context(|| format!("cannot start {}", interpreter.program.display()))?;
    let took = started.elapsed();
    if ran.status.success() {
        return Ok(Ok((
            took,
            String::from_utf8_lossy(&ran.stdout).into_owned(),
        )));
    }
    let complaint = String::from_utf8_lossy(&ran.stderr);
    let last = complaint.lines().last().unwrap_or_default();
    Ok(Err(format!("{}: {last}", ran.status)))
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    pub(super) fn interpreter(folder: &Path, name: &str, body: &str) -> Interpreter {
        let program = folder.join(name);
        std::fs::write(&program, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Interpreter {
            name: name.to_owned(),
            program,
        }
    }

    #[test]
    fn peers_are_found_in_the_first_folder_that_has_them() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        interpreter(folders[0].path(), "pypy3", "");
        interpreter(folders[1].path(), "pypy3", "");
        let (found, missing) = peers(&folders.each_ref().map(|folder| folder.path().to_owned()));
        assert_eq!(found.len(), 1);
        assert!(found[0].program.starts_with(folders[0].path()));
        assert_eq!(missing.len(), PEERS.len() - 1);
        assert!(missing[0].contains("python3.14 was not found"));
    }

    #[test]
    fn equal_output_is_compared_and_a_peer_that_fails_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let ours = interpreter(folder.path(), "ours", "echo 1");
        let peers = [
            interpreter(folder.path(), "good", "echo 1"),
            interpreter(folder.path(), "broken", "echo no such module >&2; exit 1"),
        ];
        let script = folder.path().join("loop.py");
        let (rows, failed) = compare(&script, &ours, &peers, 3, &Progress::endless()).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (rows[0].scenario.as_str(), rows[0].peer_name.as_str()),
            ("loop", "good")
        );
        assert_eq!(failed.len(), 1);
        assert!(
            failed[0].contains("broken cannot run loop") && failed[0].contains("no such module")
        );
    }

    #[test]
    fn different_output_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let ours = interpreter(folder.path(), "ours", "echo 1");
        let peers = [interpreter(folder.path(), "other", "echo 2")];
        let script = folder.path().join("loop.py");
        let error = compare(&script, &ours, &peers, 1, &Progress::endless()).unwrap_err();
        assert!(error.to_string().contains("prints something else on other"));
    }
}
