//! Random programs: templates whose holes are filled with templates, until it is deep enough.

use super::random::Random;
use super::statements;
use super::templates as of;

/// How deep expressions are nested, and statements.
const EXPRESSION_DEPTH: usize = 3;
const STATEMENT_DEPTH: usize = 3;

/// The text of program number `number` of the run with this seed.
pub(super) fn program(seed: u64, number: usize) -> String {
    let mut random = Random::new(seed ^ (number as u64).wrapping_mul(0xd6e8_feb8_6659_fd93));
    let mut generator = Generator {
        random: &mut random,
    };
    let mut body = String::new();
    for _ in 0..2 + generator.random.below(6) {
        generator.statement(&mut body, 0, STATEMENT_DEPTH);
    }
    if !generator.random.one_in(4) {
        return format!("{}{body}", statements::PRELUDE);
    }
    // Names of a function are registers, those of a module are not.
    let mut lines = String::new();
    for line in statements::PRELUDE.lines().chain(body.lines()) {
        lines.push_str("  ");
        lines.push_str(line);
        lines.push('\n');
    }
    format!(
        "def case():\n{lines}result = case()\nprint(result if type(result) is not type(x for x in ()) else list(result))\n"
    )
}

struct Generator<'r> {
    random: &'r mut Random,
}

impl Generator<'_> {
    /// Appends a statement, indented by `indent`.
    fn statement(&mut self, out: &mut String, indent: usize, depth: usize) {
        // The first ones are single lines, for the deepest level.
        let template = loop {
            let template = self.random.pick(statements::STATEMENTS);
            if depth > 0 || !template.contains('\n') {
                break template;
            }
        };
        self.lines(template, out, indent, depth);
    }

    fn lines(&mut self, template: &str, out: &mut String, indent: usize, depth: usize) {
        for line in template.lines() {
            let text = line.trim_start();
            let indent = indent + line.len() - text.len();
            match text {
                "$S" => {
                    for _ in 0..=self.random.below(2) {
                        self.statement(out, indent, depth.saturating_sub(1));
                    }
                }
                "$M" => {
                    let method = self.random.pick(statements::METHODS);
                    self.lines(method, out, indent, depth);
                }
                _ => {
                    out.extend(core::iter::repeat_n(' ', indent));
                    let filled = self.fill(text, EXPRESSION_DEPTH);
                    out.push_str(&filled);
                    out.push('\n');
                }
            }
        }
    }

    /// The template with its holes filled.
    fn fill(&mut self, template: &str, depth: usize) -> String {
        let mut out = String::new();
        let mut pieces = template.split('$');
        out.extend(pieces.next());
        for piece in pieces {
            let mut rest = piece.chars();
            let hole = rest.next().expect("a hole has a kind");
            let filled = self.hole(hole, depth);
            out.push_str(&filled);
            out.push_str(rest.as_str());
        }
        out
    }

    fn hole(&mut self, hole: char, depth: usize) -> String {
        match hole {
            'n' if self.random.one_in(12) => "i0 % 6".into(),
            'n' | 'N' => {
                let number = self.random.pick(of::SMALL);
                if hole == 'n' && number.starts_with('-') {
                    return format!("({number})");
                }
                number.into()
            }
            'F' => format!("{:?}", self.format_specification()),
            'P' => format!("{:?}", self.percent()),
            'C' => self.random.pick(statements::CLASSES).into(),
            'X' => {
                let template = self.random.pick(statements::EXCEPTIONS);
                self.fill(template, 1)
            }
            'Y' => self
                .random
                .pick(&[
                    "Exception",
                    "LookupError",
                    "ValueError",
                    "(TypeError, ValueError)",
                    "BaseException",
                    "x0",
                ])
                .into(),
            'q' if depth == 0 => "_".into(),
            'q' => {
                let template = self.random.pick(statements::PATTERNS);
                self.fill(template, depth - 1)
            }
            'p' => self.parameters(),
            'c' => self.arguments(depth),
            kind => self.expression(kind, depth),
        }
    }

    /// An expression of a kind; now and then of another.
    fn expression(&mut self, kind: char, depth: usize) -> String {
        let kind = if self.random.one_in(40) { 'a' } else { kind };
        let (names, atoms, templates): (&[&str], _, _) = match kind {
            'i' => (&["i0", "i1"], of::INTS, of::INT),
            'f' => (&["f0"], of::FLOATS, of::FLOAT),
            's' => (&["s0", "s1"], of::STRINGS, of::STR),
            'b' => (&["b0"], of::BYTES, of::BYTE),
            'l' => (&["l0"], of::LISTS, of::LIST),
            't' => (&["t0"], of::TUPLES, of::TUPLE),
            'd' => (&["d0"], of::DICTS, of::DICT),
            'e' => (&["e0"], of::SETS, of::SET),
            'B' => (&["not x0"], of::BOOLS, of::BOOL),
            _ => (&["x0", "x1"], of::OTHERS, of::ANY),
        };
        if depth == 0 || self.random.one_in(4) {
            let from = if self.random.one_in(3) { names } else { atoms };
            return format!("({})", self.random.pick(from));
        }
        let template = self.random.pick(templates);
        format!("({})", self.fill(template, depth - 1))
    }

    fn format_specification(&mut self) -> String {
        let mut part = |from: &[&str], times: usize| {
            if self.random.one_in(times) {
                self.random.pick(from).to_owned()
            } else {
                String::new()
            }
        };
        let mut out = String::new();
        out += &part(&["<", ">", "^", "=", "*<", "0>", "x^", "-="], 3);
        out += &part(&["+", "-", " "], 4);
        out += &part(&["z"], 12);
        out += &part(&["#"], 6);
        out += &part(&["0"], 5);
        out += &part(&["1", "5", "8", "12", "20"], 2);
        out += &part(&[",", "_"], 5);
        out += &part(&[".0", ".1", ".3", ".10", "."], 3);
        out += &part(
            &[
                "d", "x", "X", "o", "b", "c", "n", "e", "E", "f", "F", "g", "G", "%", "s", "r", "k",
            ],
            2,
        );
        out
    }

    fn percent(&mut self) -> String {
        let mut out = String::new();
        for _ in 0..=self.random.below(2) {
            out += self.random.pick(&["", "a ", "%% "]);
            out.push('%');
            out += self.random.pick(&["", "", "", "", "(a)", "(k)"]);
            out += self
                .random
                .pick(&["", "", "-", "+", " ", "#", "0", "-0", "+#"]);
            out += self.random.pick(&["", "", "1", "6", "12", "*"]);
            out += self.random.pick(&["", "", ".0", ".2", ".10", ".*", "."]);
            out += self.random.pick(&[
                "d", "i", "u", "x", "X", "o", "e", "E", "f", "F", "g", "G", "s", "r", "a", "c",
                "%", "y", "ld",
            ]);
        }
        out
    }

    fn parameters(&mut self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut defaults = false;
        for name in ["a", "b", "c"] {
            if self.random.one_in(3) {
                continue;
            }
            defaults |= self.random.one_in(3);
            parts.push(if defaults {
                format!("{name}={}", self.expression('a', 0))
            } else {
                name.into()
            });
            if self.random.one_in(6) && !parts.iter().any(|part| part == "/") {
                parts.push("/".into());
            }
        }
        match self.random.below(4) {
            0 => parts.push("*args".into()),
            1 => parts.extend(["*".into(), "k".into()]),
            2 => parts.extend([
                "*".into(),
                format!("k={}", self.expression('a', 0)),
                "m=2".into(),
            ]),
            _ => {}
        }
        if self.random.one_in(3) {
            parts.push("**kw".into());
        }
        parts.join(", ")
    }

    fn arguments(&mut self, depth: usize) -> String {
        let depth = depth.saturating_sub(1);
        let mut parts = Vec::new();
        for _ in 0..self.random.below(4) {
            parts.push(match self.random.below(9) {
                0 => format!("*{}", self.expression('l', depth)),
                1 => format!("**{}", self.expression('d', depth)),
                2 => format!("b={}", self.expression('a', depth)),
                3 => format!("k={}", self.expression('a', depth)),
                4 => format!("a={}", self.expression('i', depth)),
                _ => self.expression('a', depth),
            });
        }
        // Named arguments come behind those that are not.
        parts.sort_by_key(|part| match part.as_bytes() {
            [b'*', b'*', ..] => 2,
            [b'(' | b'*', ..] => 0,
            _ => 1,
        });
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_program_again() {
        assert_eq!(program(7, 3), program(7, 3));
        assert_ne!(program(7, 3), program(7, 4));
        assert_ne!(program(7, 3), program(8, 3));
    }

    #[test]
    fn no_hole_is_left() {
        for number in 0..500 {
            let text = program(1, number);
            assert!(!text.contains('$'), "{text}");
        }
    }
}
