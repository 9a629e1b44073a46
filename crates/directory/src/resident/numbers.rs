//! Numbers of one byte when they are small: seven bits a byte, the lowest first; the last byte lacks the eighth.

pub(super) fn push_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or_default());
}

/// The number, and what follows it; `None` when there is none.
pub(super) fn take_number(mut bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (mut number, mut shift) = (0_usize, 0_u32);
    loop {
        let (&byte, after) = bytes.split_first()?;
        bytes = after;
        number |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some((number, bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_comes_back_with_what_follows() {
        for number in [0, 1, 127, 128, 300, 16_383, 16_384, 70_000_000] {
            let mut bytes = Vec::new();
            push_number(&mut bytes, number);
            bytes.push(9);
            assert_eq!(take_number(&bytes), Some((number, &[9][..])));
        }
        assert_eq!(take_number(&[0x80]), None);
    }
}
