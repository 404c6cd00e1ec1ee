//! Bytes in, whole lines out: a reader's buffer that forgets a line that is too long and goes on with the next.

/// The size to begin with, and to come back to.
const USUAL: usize = 64 * 1024;

/// What was read and not yet taken.
#[derive(Debug)]
pub(crate) struct Lines {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Up to here there is no line end.
    scanned: usize,
    longest: usize,
    skipping: bool,
}

/// What stands next in the buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A line, as a range of [`Lines::text`].
    Line(std::ops::Range<usize>),
    /// The end of a line that was too long to keep.
    TooLong,
    /// No whole line.
    Partial,
}

impl Lines {
    /// Keeps lines of at most so many bytes.
    pub(crate) fn new(longest: usize) -> Self {
        Self { buffer: vec![0; USUAL], start: 0, end: 0, scanned: 0, longest, skipping: false }
    }

    /// The bytes that a line is a range of.
    pub(crate) fn text(&self, range: std::ops::Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// Takes the next line.
    pub(crate) fn next(&mut self) -> Next {
        let Some(at) = memchr::memchr(b'\n', &self.buffer[self.scanned..self.end]) else {
            self.scanned = self.end;
            if self.end - self.start > self.longest {
                // Forget it at once: its end may be far away.
                self.skipping = true;
                (self.start, self.end, self.scanned) = (0, 0, 0);
            }
            return Next::Partial;
        };
        let line = self.start..self.scanned + at;
        (self.start, self.scanned) = (line.end + 1, line.end + 1);
        if std::mem::take(&mut self.skipping) || line.len() > self.longest {
            return Next::TooLong;
        }
        Next::Line(line)
    }

    /// Takes the last line, which has no end, when the input is at its end and every other line was taken.
    pub(crate) fn rest(&mut self) -> Next {
        let rest = self.start..self.end;
        (self.start, self.scanned) = (self.end, self.end);
        if std::mem::take(&mut self.skipping) {
            return Next::TooLong;
        }
        if rest.is_empty() { Next::Partial } else { Next::Line(rest) }
    }

    /// Room to read into; [`filled`](Self::filled) says how much was.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end, self.scanned) = (0, 0, 0);
            if self.buffer.len() > USUAL {
                self.buffer = vec![0; USUAL];
            }
        } else if self.end == self.buffer.len() {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.end, self.scanned) = (self.end - self.start, self.scanned - self.start);
                self.start = 0;
            }
            if self.end > self.buffer.len() / 2 {
                let larger = (self.buffer.len() * 2).min(self.longest + USUAL);
                self.buffer.resize(larger.max(self.end + 1), 0);
            }
        }
        &mut self.buffer[self.end..]
    }

    /// So many bytes were read into the room.
    pub(crate) fn filled(&mut self, count: usize) {
        self.end += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds `bytes` in pieces and gives every line.
    fn lines(longest: usize, bytes: &[u8], piece: usize) -> Vec<Option<Vec<u8>>> {
        let mut lines = Lines::new(longest);
        let mut found = Vec::new();
        for piece in bytes.chunks(piece.max(1)) {
            let mut piece = piece;
            while !piece.is_empty() {
                let room = lines.room();
                let count = room.len().min(piece.len());
                room[..count].copy_from_slice(&piece[..count]);
                lines.filled(count);
                piece = &piece[count..];
                loop {
                    match lines.next() {
                        Next::Line(range) => found.push(Some(lines.text(range).to_vec())),
                        Next::TooLong => found.push(None),
                        Next::Partial => break,
                    }
                }
            }
        }
        found
    }

    #[test]
    fn a_line_at_the_limit_is_kept_and_one_above_is_forgotten() {
        let longest = 3 * USUAL;
        for (length, kept) in [(longest - 1, true), (longest, true), (longest + 1, false), (9 * USUAL, false)]
        {
            let mut bytes = vec![b'x'; length];
            bytes.extend_from_slice(b"\nnext\n");
            let found = lines(longest, &bytes, 7777);
            assert_eq!(found[0].is_some(), kept, "{length}");
            assert_eq!(found[1..], [Some(b"next".to_vec())]);
        }
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_they_arrive(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..400), piece in 1usize..50) {
            let whole: Vec<_> = bytes.split(|b| *b == b'\n').map(|line| Some(line.to_vec())).collect();
            prop_assert_eq!(lines(1000, &bytes, piece), &whole[..whole.len() - 1]);
        }
    }
}
