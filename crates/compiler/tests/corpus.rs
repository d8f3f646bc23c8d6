//! Compiles and checks real source files: every Python file under the directories named by
//! `SELVEDGE_PYTHON_SOURCES` (separated by colons), or nothing if it is not set.

use selvedge_compiler::{Mode, compile, verify};
use std::path::{Path, PathBuf};

/// Whether a file is there to be rejected, as its name says.
fn is_meant_to_fail(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("badsyntax"))
}

fn python_files(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            python_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "py")
            && !is_meant_to_fail(&path)
        {
            files.push(path);
        }
    }
}

#[test]
fn every_source_file_compiles_to_well_formed_code() {
    let Some(directories) = std::env::var_os("SELVEDGE_PYTHON_SOURCES") else {
        return;
    };
    let mut files = Vec::new();
    std::env::split_paths(&directories).for_each(|directory| python_files(&directory, &mut files));
    assert!(
        !files.is_empty(),
        "no Python file in {}",
        directories.display()
    );
    files.sort();
    let mut failures = 0;
    for path in &files {
        let Ok(source) = std::fs::read_to_string(path) else {
            continue;
        };
        match compile(&source, &path.to_string_lossy(), Mode::Exec) {
            Ok(code) => {
                if let Err(error) = verify(&code) {
                    failures += 1;
                    eprintln!("{}: {error}", path.display());
                }
            }
            Err(error) => {
                failures += 1;
                eprintln!("{error}");
            }
        }
    }
    println!("{} files, {failures} failures", files.len());
    assert_eq!(failures, 0);
}
