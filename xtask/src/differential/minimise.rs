//! Making a program smaller as long as the outputs differ.

/// Programs that are `text` without something: a statement with what is in it, a block's head, or
/// a half of all.
pub(super) fn smaller(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut candidates = Vec::new();
    for start in 0..lines.len() {
        let indent = indent(lines[start]);
        let inside = lines[start + 1..]
            .iter()
            .take_while(|line| self::indent(line) > indent)
            .count();
        let end = start + 1 + inside;
        let mut without: Vec<String> = lines[..start]
            .iter()
            .map(|line| (*line).to_owned())
            .collect();
        let mut unwrapped = without.clone();
        without.extend(lines[end..].iter().map(|line| (*line).to_owned()));
        candidates.push(without);
        if inside > 0 {
            let by = self::indent(lines[start + 1]) - indent;
            unwrapped.extend(
                lines[start + 1..end]
                    .iter()
                    .map(|line| line[by..].to_owned()),
            );
            unwrapped.extend(lines[end..].iter().map(|line| (*line).to_owned()));
            candidates.push(unwrapped);
        }
    }
    // The large steps first.
    candidates.sort_by_key(Vec::len);
    candidates
        .into_iter()
        .map(|lines| with_bodies(&lines))
        // A `pass` that was taken out comes back.
        .filter(|candidate| candidate.len() < text.len())
        .collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The lines, with `pass` in blocks that have nothing left.
fn with_bodies(lines: &[String]) -> String {
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        out.push_str(line);
        out.push('\n');
        let next = lines.get(at + 1).map_or(0, |line| indent(line));
        if line.ends_with(':') && next <= indent(line) {
            out.extend(core::iter::repeat_n(' ', indent(line) + 2));
            out.push_str("pass\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_go_with_what_is_in_them() {
        let candidates = smaller("a\nif b:\n  carry\nd\n");
        assert!(candidates.contains(&"a\nd\n".into()));
        assert!(candidates.contains(&"a\ncarry\nd\n".into()));
        assert!(candidates.contains(&"a\nif b:\n  pass\nd\n".into()));
        assert!(candidates.contains(&"if b:\n  carry\nd\n".into()));
    }

    #[test]
    fn a_block_that_cannot_be_emptied_further_ends_it() {
        assert_eq!(smaller("if b:\n  pass\n"), ["", "pass\n"]);
    }
}
