//! BER (X.690) to DER: Apple's devices and older programs write CMS with indefinite lengths and strings in pieces, and
//! the readers of ASN.1 here take DER alone.

use crate::limits::DEPTH_MAX;

const CONSTRUCTED: u8 = 0x20;
const OCTET_STRING: u8 = 0x04;
const HIGH_TAG_NUMBER: u8 = 0x1f;
const END_OF_CONTENTS: [u8; 2] = [0, 0];

/// Not BER, nested too deeply, or with something behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not ASN.1")]
pub struct NotAsn1;

/// One element, before its contents were looked at.
struct Head {
    tag: u8,
    /// `None` for an indefinite length.
    length: Option<usize>,
}

/// Writes one whole element with definite, shortest lengths, and strings in one piece. DER comes out as it went in.
pub fn to_der(ber: &[u8]) -> Result<Vec<u8>, NotAsn1> {
    let mut der = Vec::with_capacity(ber.len());
    let rest = element(ber, DEPTH_MAX, &mut der)?;
    if rest.is_empty() { Ok(der) } else { Err(NotAsn1) }
}

/// The elements inside an element of DER, each with its head; `None` when it is cut off. For signatures, which are over
/// bytes as they came and not as they would be written here.
pub(crate) fn children(der: &[u8]) -> Option<Vec<&[u8]>> {
    let (head, mut rest) = head(der).ok()?;
    rest = rest.get(..head.length?)?;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (head, contents) = self::head(rest).ok()?;
        let end = rest.len() - contents.get(head.length?..)?.len();
        let (child, after) = rest.split_at_checked(end)?;
        found.push(child);
        rest = after;
    }
    Some(found)
}

fn element<'a>(ber: &'a [u8], depth: usize, der: &mut Vec<u8>) -> Result<&'a [u8], NotAsn1> {
    let depth = depth.checked_sub(1).ok_or(NotAsn1)?;
    let (Head { tag, length }, rest) = head(ber)?;
    let (contents, after) = match length {
        Some(length) => rest.split_at_checked(length).ok_or(NotAsn1)?,
        // Where it ends shows while it is read.
        None if tag & CONSTRUCTED != 0 => (rest, rest),
        None => return Err(NotAsn1),
    };
    if tag & CONSTRUCTED == 0 {
        write(tag, contents, der);
        return Ok(after);
    }
    let in_pieces = tag == OCTET_STRING | CONSTRUCTED;
    let mut inner = Vec::with_capacity(contents.len());
    let mut rest = contents;
    let end = loop {
        if length.is_some() && rest.is_empty() {
            break after;
        }
        if let (None, Some(after)) = (length, rest.strip_prefix(&END_OF_CONTENTS)) {
            break after;
        }
        let start = inner.len();
        rest = element(rest, depth, &mut inner)?;
        if in_pieces {
            unwrap_piece(&mut inner, start)?;
        }
    };
    write(if in_pieces { OCTET_STRING } else { tag }, &inner, der);
    Ok(end)
}

/// Takes the head off the last element written.
fn unwrap_piece(inner: &mut Vec<u8>, start: usize) -> Result<(), NotAsn1> {
    let written = inner.get(start..).ok_or(NotAsn1)?;
    let (Head { tag, .. }, contents) = head(written)?;
    if tag != OCTET_STRING {
        return Err(NotAsn1);
    }
    let heads = written.len() - contents.len();
    inner.drain(start..start + heads);
    Ok(())
}

/// The contents of the element; `None` when it is cut off or something is behind it.
pub(crate) fn contents(der: &[u8]) -> Option<&[u8]> {
    let (head, contents) = head(der).ok()?;
    (head.length == Some(contents.len())).then_some(contents)
}

/// Tag numbers above 30 are in none of the formats here.
fn head(ber: &[u8]) -> Result<(Head, &[u8]), NotAsn1> {
    let (&[tag, first], rest) = ber.split_first_chunk::<2>().ok_or(NotAsn1)?;
    if tag & HIGH_TAG_NUMBER == HIGH_TAG_NUMBER || tag == 0 {
        return Err(NotAsn1);
    }
    match first {
        0x80 => Ok((Head { tag, length: None }, rest)),
        0..0x80 => Ok((Head { tag, length: Some(usize::from(first)) }, rest)),
        _ => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f)).ok_or(NotAsn1)?;
            if bytes.len() > 4 {
                return Err(NotAsn1);
            }
            let length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            Ok((Head { tag, length: Some(length) }, rest))
        }
    }
}

/// Writes an element of DER around what it contains.
pub(crate) fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut der = Vec::new();
    write(tag, &parts.concat(), &mut der);
    der
}

fn write(tag: u8, contents: &[u8], der: &mut Vec<u8>) {
    der.push(tag);
    let length = contents.len();
    if length < 0x80 {
        der.extend(u8::try_from(length));
    } else {
        let bytes = length.to_be_bytes();
        let bytes = bytes.get(length.leading_zeros() as usize / 8..).unwrap_or_default();
        der.push(0x80 | u8::try_from(bytes.len()).unwrap_or(0));
        der.extend_from_slice(bytes);
    }
    der.extend_from_slice(contents);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_stays_as_it_is() {
        for der in [&b"\x30\x03\x02\x01\x05"[..], b"\x04\x00", b"\xa0\x05\x30\x03\x02\x01\x05"] {
            assert_eq!(to_der(der).as_deref(), Ok(der));
        }
        let long = [&b"\x04\x82\x01\x00"[..], &[7; 256]].concat();
        assert_eq!(to_der(&long), Ok(long));
    }

    #[test]
    fn indefinite_lengths_become_definite() {
        assert_eq!(
            to_der(b"\x30\x80\x02\x01\x05\x30\x80\x00\x00\x00\x00").as_deref(),
            Ok(&b"\x30\x05\x02\x01\x05\x30\x00"[..])
        );
    }

    #[test]
    fn a_string_in_pieces_becomes_one() {
        assert_eq!(to_der(b"\x24\x80\x04\x02ab\x04\x01c\x00\x00").as_deref(), Ok(&b"\x04\x03abc"[..]));
        assert_eq!(to_der(b"\x24\x07\x04\x02ab\x04\x01c").as_deref(), Ok(&b"\x04\x03abc"[..]));
        assert_eq!(to_der(b"\x24\x80\x24\x80\x04\x01a\x00\x00\x04\x01b\x00\x00").as_deref(), Ok(&b"\x04\x02ab"[..]));
    }

    #[test]
    fn lengths_that_are_longer_than_needed_become_short() {
        assert_eq!(to_der(b"\x04\x83\x00\x00\x01x").as_deref(), Ok(&b"\x04\x01x"[..]));
    }

    #[test]
    fn what_is_no_element_or_too_deep_is_refused() {
        for bytes in [
            &b""[..],
            b"\x30",
            b"\x30\x05\x02",
            b"\x04\x80",
            b"\x30\x80\x02\x01\x05",
            b"\x04\x00\x00",
            b"\x00\x00",
            b"\x1f\x81\x01\x00",
            b"\x04\x85\x01\x01\x01\x01\x01",
            b"\x24\x03\x02\x01\x05",
        ] {
            assert_eq!(to_der(bytes), Err(NotAsn1), "{bytes:x?}");
        }
        assert_eq!(to_der(&[0x30, 0x80].repeat(10_000)), Err(NotAsn1));
    }

    #[test]
    fn children_are_found_with_their_heads() {
        assert_eq!(children(b"\x30\x05\x02\x01\x05\x30\x00"), Some(vec![&b"\x02\x01\x05"[..], b"\x30\x00"]));
        assert_eq!(children(b"\x30\x05\x02\x01"), None);
    }
}
