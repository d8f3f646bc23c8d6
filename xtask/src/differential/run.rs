//! Running many programs in one process of an interpreter.

use crate::exec;
use anyhow::Context as _;
use selvedge_sync::seam::clock::Duration;
use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Between what one program prints and the next.
const MARK: &str = "\u{1}";

/// Runs each text, and shows what it raises. A text's own names are gone with it.
const HARNESS: &str = "\
def attempt(number, source):
    print('\\x01' + str(number), flush=True)
    try:
        exec(compile(source, '<case>', 'exec'), {'__name__': 'case'})
    except BaseException as error:
        try:
            text = str(error)
        except BaseException as worse:
            text = 'no text: ' + type(worse).__name__
        print('raised', type(error).__name__, text)
for number, source in enumerate(sources):
    attempt(number, source)
print('\\x01end')
";

/// An interpreter to compare.
pub(super) struct Interpreter {
    pub(super) program: PathBuf,
    /// How long a batch may take.
    pub(super) limit: Duration,
}

impl Interpreter {
    /// What each of the programs prints, exceptions included.
    pub(super) fn outputs(&self, programs: &[String]) -> anyhow::Result<Vec<String>> {
        let mut outputs = Vec::with_capacity(programs.len());
        while outputs.len() < programs.len() {
            let (printed, end) = self.batch(&programs[outputs.len()..])?;
            outputs.extend(printed);
            // The program that ended the process has said so; the others are run without it.
            if let Some(end) = end {
                match outputs.last_mut() {
                    Some(last) => last.push_str(&end),
                    None => anyhow::bail!("{} {end}", self.program.display()),
                }
            }
        }
        Ok(outputs)
    }

    /// What the first programs print, up to the one that ends the process early, and how.
    fn batch(&self, programs: &[String]) -> anyhow::Result<(Vec<String>, Option<String>)> {
        let mut file = tempfile::Builder::new().suffix(".py").tempfile()?;
        // A JSON text of these characters is a Python literal.
        writeln!(file, "sources = {}", serde_json::to_string(programs)?)?;
        file.write_all(HARNESS.as_bytes())?;
        let mut command = Command::new(&self.program);
        command
            .arg(file.path())
            .env("PYTHONHASHSEED", "0")
            // The warnings of CPython's compiler are not part of what a program does.
            .env("PYTHONWARNINGS", "ignore")
            .env("RUST_BACKTRACE", "0");
        let ran = exec::run_within(command, self.limit)
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        let mut parts = ran.output.split(MARK);
        let before = parts.next().unwrap_or_default();
        let mut outputs: Vec<String> = parts
            .map(|part| after_first_line(part, file.path()))
            .collect();
        let complete = outputs.len() > programs.len();
        outputs.truncate(programs.len());
        if complete {
            return Ok((outputs, None));
        }
        anyhow::ensure!(!outputs.is_empty(), "nothing ran: {before}");
        let end = if ran.timed_out {
            "did not end"
        } else {
            "crashed"
        };
        Ok((outputs, Some(format!("the process {end}\n"))))
    }
}

/// What a program printed, without the number in front, and with addresses made equal.
fn after_first_line(part: &str, file: &Path) -> String {
    let text = part.split_once('\n').map_or("", |(_, text)| text);
    let text = text.replace(&*file.to_string_lossy(), "<file>");
    let mut out = String::new();
    let mut pieces = text.split(" at 0x");
    out.extend(pieces.next());
    for piece in pieces {
        out.push_str(" at 0x");
        out.push_str(piece.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    out
}

/// The numbers of the programs whose outputs differ, with both outputs.
pub(super) fn differing<'a>(
    ours: &'a [String],
    theirs: &'a [String],
) -> HashMap<usize, (&'a str, &'a str)> {
    let pairs = ours.iter().zip(theirs).enumerate();
    pairs
        .filter(|(_, (ours, theirs))| ours != theirs)
        .map(|(number, (ours, theirs))| (number, (ours.as_str(), theirs.as_str())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_do_not_count() {
        let path = Path::new("/f.py");
        let shown = after_first_line("0\n<C at 0x7f00a1> /f.py\n", path);
        assert_eq!(shown, "<C at 0x> <file>\n");
    }
}
