//! Just enough DER for certificates, CMS and PKCS#12: a reader of what is there, a writer of what is sent.

use thiserror::Error;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// `[n]`, constructed.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// `[n]`, primitive.
pub(super) const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

/// Why bytes are not the structure that was expected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DerError {
    /// Cut off, or a length that is no length.
    #[error("the structure is cut off")]
    Cut,
    /// BER's open-ended form, which nothing here writes.
    #[error("the length is left open")]
    Indefinite,
    /// Something else than expected.
    #[error("tag {expected:#04x} was expected, {got:#04x} stands there")]
    Tag {
        /// What should stand there.
        expected: u8,
        /// What stands there.
        got: u8,
    },
}

/// One element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) tag: u8,
    /// Without tag and length.
    pub(super) content: &'a [u8],
    /// With tag and length.
    pub(super) whole: &'a [u8],
}

/// Elements one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nodes<'a>(&'a [u8]);

impl<'a> Nodes<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next element, whatever it is; `None` at the end.
    pub(super) fn any(&mut self) -> Result<Option<Node<'a>>, DerError> {
        let bytes = self.0;
        let Some(&tag) = bytes.first() else { return Ok(None) };
        let first = usize::from(*bytes.get(1).ok_or(DerError::Cut)?);
        let (length, head) = match first {
            0x80 => return Err(DerError::Indefinite),
            0..0x80 => (first, 2),
            _ => {
                let count = first & 0x7f;
                let digits = bytes.get(2..2 + count).filter(|digits| digits.len() <= 4).ok_or(DerError::Cut)?;
                (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), 2 + count)
            }
        };
        let whole = bytes.get(..head + length).ok_or(DerError::Cut)?;
        self.0 = bytes.get(head + length..).unwrap_or_default();
        Ok(Some(Node { tag, content: whole.get(head..).unwrap_or_default(), whole }))
    }

    /// The next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<Node<'a>, DerError> {
        let node = self.any()?.ok_or(DerError::Cut)?;
        if node.tag == tag { Ok(node) } else { Err(DerError::Tag { expected: tag, got: node.tag }) }
    }

    /// The next element if it has this tag; otherwise it stays.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Node<'a>>, DerError> {
        if self.0.first() == Some(&tag) { self.any() } else { Ok(None) }
    }

    pub(super) fn all(mut self) -> Result<Vec<Node<'a>>, DerError> {
        let mut nodes = Vec::new();
        while let Some(node) = self.any()? {
            nodes.push(node);
        }
        Ok(nodes)
    }
}

impl<'a> Node<'a> {
    pub(super) fn inside(&self) -> Nodes<'a> {
        Nodes(self.content)
    }
}

/// An element of these parts.
pub(super) fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    let digits = length.to_be_bytes();
    let significant = digits.iter().position(|digit| *digit != 0).map_or(&[][..], |at| digits.get(at..).unwrap_or(&[]));
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
            out.extend_from_slice(significant);
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// A SET OF, its elements in the order DER demands.
pub(super) fn set_of(mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    let parts: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    wrap(SET, &parts)
}

/// A non-negative INTEGER from big-endian bytes.
pub(super) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let kept = bytes.iter().position(|byte| *byte != 0).and_then(|at| bytes.get(at..)).unwrap_or(&[0]);
    let padded = kept.first().is_some_and(|byte| *byte >= 0x80);
    wrap(INTEGER, &[if padded { &[0][..] } else { &[] }, kept])
}

/// An AlgorithmIdentifier whose parameters are NULL.
pub(super) fn algorithm(oid: &[u8]) -> Vec<u8> {
    wrap(SEQUENCE, &[&wrap(OID, &[oid]), &[5, 0]])
}

/// Capital hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_every_size_come_back_and_cut_ones_are_refused() {
        for size in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; size];
            let whole = wrap(OCTET_STRING, &[&content]);
            let node = Nodes::of(&whole).expect(OCTET_STRING).unwrap();
            assert_eq!((node.content, node.whole), (&content[..], &whole[..]));
            assert!(Nodes::of(&whole[..whole.len() - 1]).any().is_err());
        }
        assert_eq!(Nodes::of(&[0x30, 0x80, 0, 0]).any().unwrap_err(), DerError::Indefinite);
        assert_eq!(unsigned(&[0, 0, 0x80]), [2, 2, 0, 0x80]);
    }
}
