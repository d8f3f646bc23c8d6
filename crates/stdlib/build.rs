//! Packs the pure-Python library, which a dependency ships, into an archive that the crate embeds.
//!
//! Each file is compressed by itself, so that an import unpacks what it needs and no more.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Folders that no program without a screen or a help browser imports.
const LEFT_OUT: [&str; 6] = [
    "ensurepip",
    "idlelib",
    "pydoc_data",
    "test",
    "tkinter",
    "turtledemo",
];

/// How hard to compress: beyond it files hardly shrink.
const LEVEL: u8 = 8;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo names the folder"));
    let root = Path::new(rustpython_pylib::LIB_PATH);
    let mut archive = Vec::new();
    let mut index = String::from("&[\n");
    for (name, path) in files(root) {
        let text = std::fs::read(&path).expect("the library can be read");
        if std::str::from_utf8(&text).is_err() {
            // What is in another encoding is there to test decoders.
            continue;
        }
        let packed = miniz_oxide::deflate::compress_to_vec(&text, LEVEL);
        let (start, end) = (archive.len(), archive.len() + packed.len());
        archive.extend(packed);
        writeln!(index, "({name:?}, {start}, {end}),").expect("a string takes all text");
    }
    index.push(']');
    std::fs::write(out.join("library.bin"), archive).expect("the archive can be written");
    std::fs::write(out.join("library.rs"), index).expect("the index can be written");
}

/// The files of code below `root`, by the paths they have there, in order.
fn files(root: &Path) -> Vec<(String, PathBuf)> {
    let entries = walkdir::WalkDir::new(root)
        .into_iter()
        .filter_entry(|entry| {
            let name = entry.file_name().to_str();
            !name.is_some_and(|name| LEFT_OUT.contains(&name))
        })
        .map(|entry| entry.expect("the library can be listed").into_path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "py"));
    let mut files: Vec<(String, PathBuf)> = entries
        .map(|path| {
            let name = path.strip_prefix(root).expect("found below the root");
            (name.to_string_lossy().replace('\\', "/"), path)
        })
        .collect();
    files.sort();
    files
}
