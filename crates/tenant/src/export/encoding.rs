//! The text of a file: UTF-8, or UTF-16 as PowerShell's `Out-File` writes it, with or without a byte order mark.

/// The text; `None` when it is neither.
pub(crate) fn text(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        // Without a mark: JSON begins with an ASCII character, so its other byte tells the order.
        [first, 0, ..] if *first != 0 => wide(bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => wide(bytes, u16::from_be_bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    rest.is_empty().then(|| String::from_utf16(&units).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powershells_files_are_read_with_and_without_marks() {
        let text_of = "{\"name\":\"Zoë\"}";
        let little: Vec<u8> = text_of.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text_of.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            text_of.as_bytes().to_vec(),
            [&[0xEF, 0xBB, 0xBF], text_of.as_bytes()].concat(),
            [&[0xFF, 0xFE], little.as_slice()].concat(),
            [&[0xFE, 0xFF], big.as_slice()].concat(),
            little,
            big,
        ] {
            assert_eq!(text(&bytes).as_deref(), Some(text_of));
        }
        assert_eq!(text(&[0xFF, 0xFE, 0x41]), None, "half a character");
        assert_eq!(text(b"\xff\xff\xff"), None);
    }
}
