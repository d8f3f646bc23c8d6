//! The pure-Python library, embedded: files compressed one by one, found by their paths.

use selvedge_interp::Library;

/// Path, and where in the archive it begins and ends; sorted by path.
static INDEX: &[(&str, usize, usize)] = include!(concat!(env!("OUT_DIR"), "/library.rs"));

static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));

/// The library that ships with the VM: modules of Python code, for
/// [`Settings::library`](selvedge_interp::Settings::library).
///
/// ```
/// let library = selvedge_stdlib::library();
/// assert!((library.read)("heapq.py").is_some_and(|text| text.contains("def heappush")));
/// assert!((library.read)("no_such_module.py").is_none());
/// ```
pub fn library() -> Library {
    Library {
        root: "<library>",
        read,
    }
}

/// The names of the modules and packages at the top of the library.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    INDEX.iter().filter_map(|(path, ..)| {
        let name = path.strip_suffix(".py")?;
        match name.split_once('/') {
            None => Some(name),
            Some((package, "__init__")) => Some(package),
            Some(_) => None,
        }
    })
}

fn read(path: &str) -> Option<String> {
    let at = INDEX
        .binary_search_by(|(name, ..)| (*name).cmp(path))
        .ok()?;
    let (_, start, end) = INDEX[at];
    let text = miniz_oxide::inflate::decompress_to_vec(&ARCHIVE[start..end]).ok()?;
    String::from_utf8(text).ok()
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_library_unpacks() {
        assert!(INDEX.is_sorted());
        for (name, ..) in INDEX {
            assert!(read(name).is_some(), "{name}");
        }
    }
}
