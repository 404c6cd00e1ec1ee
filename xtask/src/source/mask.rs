//! Tells code, literals and comments apart, letter by letter.

use super::is_word;

/// Three copies of a text, each with the foreign parts blanked.
#[derive(Default)]
pub(super) struct Masks {
    /// Code without literals.
    pub(super) code: String,
    /// Code and literals.
    pub(super) literals: String,
    /// Comments.
    pub(super) comments: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Code,
    Literal,
    Comment,
}

impl Masks {
    /// Reads a whole file.
    pub(super) fn of(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let mut masks = Self::default();
        let mut at = 0;
        while at < letters.len() {
            let (part, length) = next_part(&letters, at);
            for &letter in &letters[at..at + length] {
                masks.push(letter, part);
            }
            at += length;
        }
        masks
    }

    fn push(&mut self, letter: char, part: Part) {
        let or_blank = |wanted: bool| if wanted || letter == '\n' { letter } else { ' ' };
        self.code.push(or_blank(part == Part::Code));
        self.literals.push(or_blank(part != Part::Comment));
        self.comments.push(or_blank(part == Part::Comment));
    }
}

/// What begins at `at`, and how many letters it has.
fn next_part(letters: &[char], at: usize) -> (Part, usize) {
    let rest = &letters[at..];
    let after_word = at > 0 && is_word(letters[at - 1]);
    match rest {
        ['/', '/', ..] => (Part::Comment, find(rest, 0, "\n")),
        ['/', '*', ..] => (Part::Comment, block_comment(rest)),
        ['"', ..] => (Part::Literal, quoted(rest, '"')),
        ['\'', '\\', ..] => (Part::Literal, quoted(rest, '\'')),
        ['\'', _, '\'', ..] => (Part::Literal, 3),
        ['r', ..] | ['b' | 'c', 'r', ..] if !after_word => raw_string(rest),
        _ => (Part::Code, 1),
    }
}

/// The length up to and without the first `end` from `from` on.
fn find(letters: &[char], from: usize, end: &str) -> usize {
    let end: Vec<char> = end.chars().collect();
    (from..letters.len()).find(|&at| letters[at..].starts_with(&end)).unwrap_or(letters.len())
}

fn block_comment(letters: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < letters.len() {
        match &letters[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    letters.len()
}

fn quoted(letters: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < letters.len() {
        match letters[at] {
            '\\' => at += 2,
            letter if letter == quote => return at + 1,
            _ => at += 1,
        }
    }
    letters.len()
}

fn raw_string(letters: &[char]) -> (Part, usize) {
    let prefix = if letters[0] == 'r' { 1 } else { 2 };
    let hashes = letters[prefix..].iter().take_while(|&&letter| letter == '#').count();
    if letters.get(prefix + hashes) != Some(&'"') {
        return (Part::Code, 1);
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let length = find(letters, prefix + hashes + 1, &end) + end.len();
    (Part::Literal, length.min(letters.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_are_no_code() {
        let masks = Masks::of("a(\"{ // \\\" }\"); // b {\nc /* d /* e */ f */ g");
        assert_eq!(masks.code.replace(' ', ""), "a();\ncg");
        assert_eq!(masks.code.len(), masks.literals.len());
    }

    #[test]
    fn comments_keep_their_place() {
        let masks = Masks::of("x // S13\n");
        assert_eq!(masks.comments, "  // S13\n");
        assert_eq!(masks.literals, "x       \n");
    }

    #[test]
    fn raw_strings_end_at_their_own_hashes() {
        let masks = Masks::of("r#\"a \"{\" b\"# + r#fn");
        assert!(!masks.code.contains('{') && masks.code.ends_with(" + r#fn"));
        assert!(masks.literals.contains("\"{\""));
    }

    #[test]
    fn lifetimes_are_code_and_characters_are_not() {
        let masks = Masks::of("fn a<'x>(b: &'x str) { '{' '\\'' }");
        assert_eq!(masks.code.matches('{').count(), 1);
        assert!(masks.code.contains("'x str"));
    }
}
