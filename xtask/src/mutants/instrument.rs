//! Making the texts: a file with the switches of its mutants, or with one mutant put in.

use super::mutant::{CHOSEN, Mutant, Switch};
use std::ops::Range;

/// A file with switches, and where in it the text of each mutant is.
pub(super) struct Instrumented {
    pub(super) text: String,
    /// Numbers of mutants, and the bytes that stand for them.
    pub(super) places: Vec<(u32, Range<usize>)>,
}

/// Puts the switches of `mutants`, each with its number, into `text`; `module` is the path by
/// which the file's crate reaches the switch.
pub(super) fn instrument(text: &str, mutants: &[(u32, &Mutant)], module: &str) -> Instrumented {
    let mut pieces: Vec<Piece> = Vec::new();
    for (order, (number, mutant)) in mutants.iter().enumerate() {
        let condition = format!("{module}::chosen({number})");
        let fill = |text: &str| text.replacen(CHOSEN, &condition, 1);
        let order = order as isize;
        let mut piece = |at, rank, text: String| {
            pieces.push(Piece {
                at,
                rank,
                text,
                number: *number,
            });
        };
        match &mutant.switch {
            Some(Switch::Around {
                range,
                before,
                after,
            }) => {
                let width = range.len() as isize;
                // What is wider opens first and closes last.
                piece(range.start, (2, -width, order), fill(before));
                piece(range.end, (0, width, -order), after.clone());
            }
            Some(Switch::At { position, text }) => piece(*position, (1, 0, order), fill(text)),
            None => {}
        }
    }
    pieces.sort_by_key(|piece| (piece.at, piece.rank));
    let mut result = String::new();
    let mut places = Vec::new();
    let mut copied = 0;
    for piece in pieces {
        result.push_str(&text[copied..piece.at]);
        copied = piece.at;
        let start = result.len();
        result.push_str(&piece.text);
        places.push((piece.number, start..result.len()));
    }
    result.push_str(&text[copied..]);
    Instrumented {
        text: result,
        places,
    }
}

/// Some text that goes between what is there.
struct Piece {
    at: usize,
    /// The order of pieces at one place: what closes, what stands between, what opens.
    rank: (u8, isize, isize),
    text: String,
    number: u32,
}

/// `text` with one mutant in the place of the original.
pub(super) fn apply(text: &str, mutant: &Mutant) -> String {
    let mut text = text.to_owned();
    text.replace_range(mutant.edit.range.clone(), &mutant.edit.text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::find::mutants_of;

    const TEXT: &str = "fn f(a: usize, b: usize) -> bool {\n    a + 1 < b | 4\n}\n";

    #[test]
    fn switches_nest() {
        let (mutants, _) = mutants_of("x", "x.rs", TEXT).unwrap();
        assert_eq!(mutants.len(), 3);
        let numbered: Vec<_> = (1..).zip(&mutants).collect();
        let instrumented = instrument(TEXT, &numbered, "s");
        let expected = "fn f(a: usize, b: usize) -> bool {
    (if s::chosen(1) { a + 1 <= b | 4 } else { (if s::chosen(2) { a } else { a + 1 }) < (if s::chosen(3) { b } else { b | 4 }) })
}
";
        assert_eq!(instrumented.text, expected);
        syn::parse_file(&instrumented.text).unwrap();
        let (number, place) = &instrumented.places[1];
        assert_eq!(
            (*number, &instrumented.text[place.clone()]),
            (2, "(if s::chosen(2) { a } else { ")
        );
    }

    #[test]
    fn one_mutant_replaces_the_original() {
        let (mutants, _) = mutants_of("x", "x.rs", TEXT).unwrap();
        let texts: Vec<_> = mutants.iter().map(|mutant| apply(TEXT, mutant)).collect();
        assert!(texts[0].contains("a + 1 <= b | 4"));
        assert!(texts[1].contains("a < b | 4"));
        assert!(texts[2].contains("a + 1 < b\n"));
    }
}
