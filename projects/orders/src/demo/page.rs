//! The look of the demo: headings, calls, tables, wrapped text.

use std::io::{self, Write};

use serde_json::Value;

const WIDTH: usize = 76;

/// Writes a heading.
pub(super) fn heading(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n== {text}\n")
}

/// Writes what is asked, on one line.
pub(super) fn call(out: &mut impl Write, what: &str, arguments: &Value) -> io::Result<()> {
    match arguments {
        Value::Object(members) if members.is_empty() => writeln!(out, "> {what}"),
        arguments => writeln!(out, "> {what} {arguments}"),
    }
}

/// Writes text, indented and wrapped at spaces; its own line breaks stay.
pub(super) fn text(out: &mut impl Write, text: &str) -> io::Result<()> {
    for line in text.lines() {
        let mut written = String::new();
        for word in line.split(' ') {
            if !written.trim().is_empty() && written.chars().count() + word.chars().count() > WIDTH {
                writeln!(out, "  {}", written.trim_end())?;
                written.clear();
            }
            written += word;
            written.push(' ');
        }
        writeln!(out, "  {}", written.trim_end())?;
    }
    Ok(())
}

/// Writes rows under their names, each column as wide as its widest cell.
pub(super) fn table<const N: usize>(
    out: &mut impl Write,
    names: [&str; N],
    rows: &[[String; N]],
) -> io::Result<()> {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0).max(names[column].chars().count())
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut line = |cells: [&str; N]| {
        let padded: Vec<_> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        writeln!(out, "  {}", padded.join("  ").trim_end())
    };
    line(names)?;
    rows.iter().try_for_each(|row| line(std::array::from_fn(|column| row[column].as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["ORD-1".to_owned(), "é".to_owned()], ["x".to_owned(), "SHIPPED".to_owned()]];
        let table = written(|out| table(out, ["order", "status"], &rows));
        assert_eq!(table, "  order  status\n  ORD-1  é\n  x      SHIPPED\n");
    }

    #[test]
    fn long_text_is_wrapped_at_spaces() {
        let wrapped = written(|out| text(out, &format!("{} two\nthree", "x".repeat(WIDTH))));
        assert_eq!(wrapped, format!("  {}\n  two\n  three\n", "x".repeat(WIDTH)));
    }
}
