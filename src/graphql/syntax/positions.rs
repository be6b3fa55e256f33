//! From places in a text to lines and columns, both counted from 1 (GraphQL, section 7.1.2).

use async_graphql::Pos;

/// Where the lines of a text begin, and its characters.
pub(super) struct Positions<'a> {
    text: &'a str,
    /// The first byte of each line.
    lines: Vec<usize>,
}

impl<'a> Positions<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        // A line ends by LF, CR, or CR and LF (section 2.1.3).
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        Self { text, lines: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect() }
    }

    /// The line and the column of the character at a byte offset. Columns are characters.
    pub(super) fn of(&self, offset: usize) -> Pos {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        let before = self.text.get(start..offset).unwrap_or_default();
        Pos { line, column: before.chars().count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_three_ways_and_columns_are_characters() {
        let text = "a\nbé c\r\nd\re";
        let positions = Positions::new(text);
        let of = |part: &str| {
            let Pos { line, column } = positions.of(text.find(part).unwrap());
            (line, column)
        };
        assert_eq!((of("a"), of("b"), of("c")), ((1, 1), (2, 1), (2, 4)));
        assert_eq!((of("d"), of("e")), ((3, 1), (4, 1)));
        assert_eq!(positions.of(text.len()), Pos { line: 4, column: 2 });
    }
}
