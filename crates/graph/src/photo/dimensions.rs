//! Width and height from a picture's first bytes.

/// Width and height in pixels; `None` for anything but a well-formed PNG or JPEG.
pub(super) fn of(bytes: &[u8]) -> Option<(u32, u32)> {
    png(bytes).or_else(|| jpeg(bytes))
}

/// PNG: the first chunk is `IHDR` and begins with both (RFC 2083 4.1.1).
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(4..)?.strip_prefix(b"IHDR")?;
    let number = |at: usize| header.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    Some((number(0)?, number(4)?))
}

/// JPEG: the first start-of-frame segment (T.81 B.2.2).
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        let (marker, after) = rest.strip_prefix(b"\xff")?.split_first()?;
        if *marker == 0xff {
            // Fill bytes may precede a marker.
            rest = rest.get(1..)?;
            continue;
        }
        let length = usize::from(u16::from_be_bytes(after.get(..2)?.try_into().ok()?));
        let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            let side = |at: usize| after.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes);
            return Some((side(5)?.into(), side(3)?.into()));
        }
        rest = after.get(length.max(2)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn both_formats_say_how_large_they_are() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x02\0\0\0\x03\x08";
        assert_eq!(of(png), Some((258, 3)));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04JF\xff\xff\xc2\0\x0b\x08\0\x10\0\x20\x01\x01\x11\0";
        assert_eq!(of(jpeg), Some((32, 16)));
    }

    #[test]
    fn a_cut_file_says_nothing() {
        for bytes in [
            &b""[..],
            b"\xff\xd8",
            b"\xff\xd8\xff\xe0\0",
            b"\xff\xd8\xff\xff\xff",
            b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0",
        ] {
            assert_eq!(of(bytes), None);
        }
    }
}
