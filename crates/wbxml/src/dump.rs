//! Documents as readable text, for logs.

use std::fmt::Write;

use crate::{
    Tag,
    limits::DUMP_CHARACTERS_MAX,
    pages::{item_operations, search, settings},
    reader::{Reader, Token},
};

/// Elements whose text never reaches a log.
const SECRETS: [Tag; 3] = [search::PASSWORD, settings::PASSWORD, item_operations::PASSWORD];

/// The document as one line of XML-like text for a log: `<AirSync:Sync><AirSync:Status>1</AirSync:Status>...`.
///
/// Never fails: what cannot be read ends the text with the reason. Passwords are left out, long values and the whole
/// are cut ([`DUMP_CHARACTERS_MAX`]).
#[must_use]
pub fn to_text(document: &[u8]) -> String {
    let mut out = String::new();
    let mut reader = match Reader::at_start(document) {
        Ok(reader) => reader,
        Err(error) => return format!("[{} bytes: {error}]", document.len()),
    };
    let mut open: Vec<Tag> = Vec::new();
    loop {
        if out.len() > DUMP_CHARACTERS_MAX {
            out.push_str("[...]");
            return out;
        }
        match reader.token() {
            Ok(Some(piece)) => write_piece(&mut out, &mut open, piece),
            Ok(None) => return out,
            Err(error) => {
                let _ = write!(out, "[{error}]");
                return out;
            }
        }
    }
}

fn write_piece(out: &mut String, open: &mut Vec<Tag>, piece: Token<'_>) {
    let secret = open.last().is_some_and(|tag| SECRETS.contains(tag));
    // Writing to a String cannot fail.
    let _ = match piece {
        Token::Open(tag) => {
            open.push(tag);
            write!(out, "<{tag}>")
        }
        Token::Close => match open.pop() {
            Some(tag) => write!(out, "</{tag}>"),
            None => Ok(()),
        },
        Token::Text(_) | Token::Opaque(_) if secret => write!(out, "[secret]"),
        Token::Text(text) => write_text(out, text),
        Token::Opaque(bytes) => write!(out, "[{} bytes]", bytes.len()),
    };
}

/// Longer values are pictures and notes; their beginning says enough.
const VALUE_CHARACTERS_MAX: usize = 256;

fn write_text(out: &mut String, text: &str) -> std::fmt::Result {
    for character in text.chars().take(VALUE_CHARACTERS_MAX) {
        match character {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            control if control.is_control() => write!(out, "{}", control.escape_default())?,
            other => out.push(other),
        }
    }
    if text.len() > VALUE_CHARACTERS_MAX {
        write!(out, "[... {} bytes]", text.len())?;
    }
    Ok(())
}
