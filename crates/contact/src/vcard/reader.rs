//! A file of many cards, one after the other.

use std::borrow::Cow;

use super::{
    VcardVersion, encodings,
    import::{self, ImportedCard},
    limits,
    syntax::{self, ContentLine, Taken},
};
use crate::ids::NewItemIds;

/// Why a card, or a line of one, was not read. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// The file or the next card begins before this one ended.
    #[error("line {line}: the card that begins here has no END:VCARD; it was cut off or is broken")]
    CutOff {
        /// Where the cut card begins.
        line: usize,
    },
    /// Text that stands in no card.
    #[error("line {line}: this is no vCard: {text:?}")]
    NotACard {
        /// Where the text begins.
        line: usize,
        /// Its first words.
        text: String,
    },
    /// A line of a card without a colon. The rest of the card was read.
    #[error("line {line}: this is no vCard line: {text:?}")]
    NotALine {
        /// The line.
        line: usize,
        /// Its first words.
        text: String,
    },
    /// More than [`limits::CARD_BYTES_MAX`] or [`limits::CARD_LINES_MAX`].
    #[error("line {line}: the card that begins here is larger than {} MiB", limits::CARD_BYTES_MAX >> 20)]
    CardTooLarge {
        /// Where the card begins.
        line: usize,
    },
    /// More than [`limits::CARD_PROPERTIES_MAX`].
    #[error("line {line}: the card that begins here has more than {} properties", limits::CARD_PROPERTIES_MAX)]
    TooManyProperties {
        /// Where the card begins.
        line: usize,
    },
}

impl CardError {
    /// The line it is about, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        match self {
            Self::CutOff { line }
            | Self::NotACard { line, .. }
            | Self::NotALine { line, .. }
            | Self::CardTooLarge { line }
            | Self::TooManyProperties { line } => *line,
        }
    }
}

/// The cards of a file, in order. A broken card is an error and the reading goes on behind it.
pub struct Cards<'a> {
    bytes: Cow<'a, [u8]>,
    at: usize,
    line: usize,
    ids: &'a mut dyn NewItemIds,
}

impl<'a> Cards<'a> {
    pub(super) fn new(bytes: &'a [u8], ids: &'a mut dyn NewItemIds) -> Self {
        Self { bytes: encodings::file(bytes), at: 0, line: 1, ids }
    }
}

/// A card's bytes and the line its BEGIN stands on.
struct Extent {
    start: usize,
    end: usize,
    line: usize,
}

impl Iterator for Cards<'_> {
    type Item = Result<ImportedCard, CardError>;

    fn next(&mut self) -> Option<Self::Item> {
        let extent = match self.next_extent()? {
            Ok(extent) => extent,
            Err(error) => return Some(Err(error)),
        };
        let bytes = self.bytes.get(extent.start..extent.end).unwrap_or_default();
        Some(lines_of(bytes, extent.line).map(|(lines, remarks)| {
            let mut card = import::card(&lines, self.ids);
            card.line = extent.line;
            card.remarks = remarks;
            card
        }))
    }
}

impl Cards<'_> {
    /// The physical line at the position, without advancing.
    fn peek(&self) -> Option<(&[u8], usize)> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        Some((rest.get(..length)?, length))
    }

    fn advance(&mut self, length: usize) {
        self.at += length;
        self.line += 1;
    }

    fn next_extent(&mut self) -> Option<Result<Extent, CardError>> {
        let mut stray: Option<CardError> = None;
        loop {
            let Some((text, length)) = self.peek() else { return stray.map(Err) };
            if is(text, "BEGIN:VCARD") {
                return Some(stray.map_or_else(|| self.card_extent(), Err));
            }
            if stray.is_none() && !text.trim_ascii().is_empty() {
                stray = Some(CardError::NotACard { line: self.line, text: excerpt(text) });
            }
            self.advance(length);
        }
    }

    /// From a BEGIN:VCARD to its END:VCARD. A BEGIN inside is a nested card only behind vCard 2.1's `AGENT:`.
    fn card_extent(&mut self) -> Result<Extent, CardError> {
        let (start, line) = (self.at, self.line);
        let mut depth = 0_usize;
        let mut after_agent = false;
        loop {
            let Some((text, length)) = self.peek() else { return Err(CardError::CutOff { line }) };
            if is(text, "BEGIN:VCARD") {
                if depth > 0 && !after_agent {
                    return Err(CardError::CutOff { line });
                }
                depth += 1;
            }
            let ends = is(text, "END:VCARD");
            if !text.trim_ascii().is_empty() {
                after_agent = is_agent(text);
            }
            self.advance(length);
            if ends {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
        }
        if self.at - start > limits::CARD_BYTES_MAX || self.line - line > limits::CARD_LINES_MAX {
            return Err(CardError::CardTooLarge { line });
        }
        Ok(Extent { start, end: self.at, line })
    }
}

fn is(text: &[u8], wanted: &str) -> bool {
    text.trim_ascii_end().eq_ignore_ascii_case(wanted.as_bytes())
}

/// `AGENT:` with nothing behind it.
fn is_agent(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    text.last() == Some(&b':') && text.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"AGENT"))
}

fn excerpt(text: &[u8]) -> String {
    encodings::guessed(text).trim().chars().take(60).collect()
}

/// The content lines of one card, and the physical lines that are none.
pub(super) fn lines_of(bytes: &[u8], first_line: usize) -> Result<(Vec<ContentLine>, Vec<CardError>), CardError> {
    let (mut lines, mut remarks) = (Vec::<ContentLine>::new(), Vec::new());
    let (mut rest, mut number) = (bytes, first_line);
    loop {
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
        let here = number + blank.filter(|byte| **byte == b'\n').count();
        let taken = syntax::take_line(rest);
        let after = match taken {
            Taken::End => break,
            Taken::Line(line, after) => {
                lines.push(line);
                after
            }
            Taken::NotALine(text, after) => {
                if !continues_base64(lines.last_mut(), text) {
                    remarks.push(CardError::NotALine { line: here, text: excerpt(text) });
                }
                after
            }
        };
        let consumed = rest.len().saturating_sub(after.len());
        number += rest.iter().take(consumed).filter(|byte| **byte == b'\n').count();
        rest = after;
        if lines.len() > limits::CARD_PROPERTIES_MAX {
            return Err(CardError::TooManyProperties { line: first_line });
        }
    }
    // VERSION may stand anywhere in vCard 2.1 and 3.0.
    let version = lines.iter().find(|line| line.name == "VERSION");
    let version = version.map_or(VcardVersion::V3, |line| VcardVersion::read(&line.value));
    for line in &mut lines {
        line.version = version;
    }
    Ok((lines, remarks))
}

/// Old phones write base64 over several lines without indenting them.
fn continues_base64(last: Option<&mut ContentLine>, text: &[u8]) -> bool {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let (Some(line), Ok(more)) = (last, std::str::from_utf8(text)) else { return false };
    if !line.is_base64() || !text.iter().all(is_base64) {
        return false;
    }
    line.value.push_str(more);
    if let Some(written) = &mut line.written {
        written.push_str(more);
    }
    true
}
