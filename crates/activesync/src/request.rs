//! What the commands' readers share: why a request cannot be understood, numbers, flags.

use wbxml::{Reader, Tag, WbxmlError};

/// Why a request cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is not WBXML: HTTP 400.
    #[error(transparent)]
    Wbxml(#[from] WbxmlError),
    /// It is the document of another command: HTTP 400.
    #[error("the document is a {0}")]
    WrongRoot(Tag),
    /// There is no document where one must be: HTTP 400.
    #[error("an empty body")]
    Empty,
    /// An element that must be there is not: the command's own status.
    #[error("{0} is missing")]
    Missing(Tag),
    /// An element whose text is no number in its range: the command's own status.
    #[error("{tag} is {text:?}")]
    NotANumber {
        /// The element.
        tag: Tag,
        /// Its text.
        text: String,
    },
    /// More of something than a request may have: the command's own status.
    #[error("more than {max} {tag}")]
    TooMany {
        /// The element.
        tag: Tag,
        /// How many there may be.
        max: usize,
    },
}

impl RequestError {
    /// The document itself is broken, as opposed to what it says.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        matches!(self, Self::Wbxml(_) | Self::WrongRoot(_) | Self::Empty)
    }
}

/// Opens a command's document.
pub fn open(body: &[u8], root: Tag) -> Result<Reader<'_>, RequestError> {
    if body.is_empty() {
        return Err(RequestError::Empty);
    }
    match Reader::open(body)? {
        (reader, tag) if tag == root => Ok(reader),
        (_, other) => Err(RequestError::WrongRoot(other)),
    }
}

/// The decimal number in the element opened last.
pub fn number(reader: &mut Reader<'_>, tag: Tag) -> Result<u32, RequestError> {
    let text = reader.text()?;
    text.trim().parse().map_err(|_| RequestError::NotANumber { tag, text: text.into_owned() })
}

/// The truth of the element opened last: an empty one is true (MS-ASCMD 2.2.3.84: an empty GetChanges means 1).
pub fn flag(reader: &mut Reader<'_>) -> Result<bool, RequestError> {
    let text = reader.text()?;
    Ok(!matches!(text.trim(), "0" | "false"))
}

/// The text of the element opened last.
pub fn text(reader: &mut Reader<'_>) -> Result<String, RequestError> {
    Ok(reader.text()?.into_owned())
}

/// Appends to a list that has a limit.
pub fn push<T>(list: &mut Vec<T>, item: T, tag: Tag, max: usize) -> Result<(), RequestError> {
    if list.len() == max {
        return Err(RequestError::TooMany { tag, max });
    }
    list.push(item);
    Ok(())
}

/// A range `m-n` of results, counted from 0, both inclusive (MS-ASCMD 2.2.3.143).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub first: usize,
    /// The last.
    pub last: usize,
}

impl Range {
    /// Reads `m-n`; `None` when it is no range or runs backwards.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.trim().split_once('-')?;
        let range = Self { first: first.trim().parse().ok()?, last: last.trim().parse().ok()? };
        (range.first <= range.last).then_some(range)
    }

    /// How many results it covers, cut to `max`.
    #[must_use]
    pub fn length(self, max: usize) -> usize {
        (self.last - self.first).saturating_add(1).min(max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_counts_from_0_and_includes_both_ends() {
        let range = Range::parse("0-99").unwrap();
        assert_eq!((range.first, range.length(100), range.length(20)), (0, 100, 20));
        assert_eq!(Range::parse("3-3").unwrap().length(100), 1);
        assert_eq!(Range::parse(&format!("0-{}", usize::MAX)).unwrap().length(100), 100);
        for nonsense in ["", "5", "9-3", "a-b", "-1-2"] {
            assert_eq!(Range::parse(nonsense), None, "{nonsense}");
        }
    }
}
