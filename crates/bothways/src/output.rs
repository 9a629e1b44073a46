//! What commands print: a table for people, JSON for programs.

use std::io::{self, Write};

use serde::Serialize;

/// A column of a table: its head, and how to read it from a row.
pub struct Column<T>(pub &'static str, pub fn(&T) -> String);

/// Prints rows, as a JSON array when `json` is set. Nothing to list is an empty array, or the `nothing` line on
/// standard error, where it disturbs no script.
pub fn list<T: Serialize>(json: bool, rows: &[T], columns: &[Column<T>], nothing: &str) -> anyhow::Result<()> {
    if json {
        return object(rows);
    }
    if rows.is_empty() {
        eprintln!("{nothing}");
        return Ok(());
    }
    let heads = columns.iter().map(|Column(head, _)| (*head).to_owned()).collect();
    let cells = rows.iter().map(|row| columns.iter().map(|Column(_, read)| clean(&read(row))).collect());
    table(&std::iter::once(heads).chain(cells).collect::<Vec<Vec<String>>>())
}

/// Prints rows as a table, for people only.
pub fn rows<T>(rows: &[T], columns: &[Column<T>]) -> anyhow::Result<()> {
    let heads = columns.iter().map(|Column(head, _)| (*head).to_owned()).collect();
    let cells = rows.iter().map(|row| columns.iter().map(|Column(_, read)| clean(&read(row))).collect());
    table(&std::iter::once(heads).chain(cells).collect::<Vec<Vec<String>>>())
}

/// Prints one value as JSON.
pub fn object<T: Serialize + ?Sized>(value: &T) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

/// Prints a property list as XML.
pub fn document(value: &plist::Dictionary) -> anyhow::Result<()> {
    let mut xml = Vec::new();
    plist::to_writer_xml(&mut xml, value)?;
    bytes(&xml)
}

/// Prints a document as it is.
pub fn bytes(document: &[u8]) -> anyhow::Result<()> {
    io::stdout().lock().write_all(document)?;
    Ok(())
}

/// Prints text of several lines. What strangers wrote in it cannot move the cursor of a terminal.
pub fn text(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    text.lines().try_for_each(|line| writeln!(out, "{}", clean(line)))?;
    Ok(())
}

/// Prints a line that a script reads.
pub fn line(text: &str) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

fn table(lines: &[Vec<String>]) -> anyhow::Result<()> {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|at| width(at).unwrap_or(0)).collect();
    let mut out = io::stdout().lock();
    for line in lines {
        let mut text = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count()) + 2));
        }
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

/// A contact's name comes from strangers: it must not move the cursor of a terminal or break a line.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Whether the reader of our output went away (`bothways ... | head`), which is no failure.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kinds = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    kinds.map(io::Error::kind).any(|kind| kind == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_send_commands_to_the_terminal() {
        assert_eq!(clean("Ann\u{1b}[2J\nLee"), "Ann [2J Lee");
    }
}
