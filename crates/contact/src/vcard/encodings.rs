//! Transfer encodings and charsets, most of them vCard 2.1's.

use std::borrow::Cow;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// Programs pad as they like, and some leave stray bits in the last letter.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A file's bytes as UTF-8 where its byte order mark tells, with line feeds where it has bare carriage returns.
pub(super) fn file(bytes: &[u8]) -> Cow<'_, [u8]> {
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) if encoding == UTF_8 => Cow::Borrowed(bytes.get(mark..).unwrap_or_default()),
        Some((encoding, _)) => Cow::Owned(encoding.decode(bytes).0.into_owned().into_bytes()),
        None => Cow::Borrowed(bytes),
    };
    if text.contains(&b'\n') || !text.contains(&b'\r') {
        return text;
    }
    Cow::Owned(text.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect())
}

/// The text of a value in its charset; without a known one, UTF-8 where it is that and Windows-1252 elsewhere.
pub(super) fn text(bytes: &[u8], charset: Option<&str>) -> String {
    match charset.and_then(|label| Encoding::for_label(label.as_bytes())) {
        Some(encoding) if encoding != UTF_8 => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        _ => guessed(bytes).into_owned(),
    }
}

/// UTF-8 where it is that; else Windows-1252, in which Outlook exports without saying so.
pub(super) fn guessed(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// Decodes quoted-printable (RFC 2045 §6.7); an `=` that introduces nothing stays.
pub(super) fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'='
            && let Some((digits, after)) = tail.split_first_chunk::<2>()
            && let Some(value) = hex(*digits)
        {
            decoded.push(value);
            rest = after;
            continue;
        }
        decoded.push(byte);
    }
    decoded
}

/// Two hexadecimal digits as an octet.
pub(super) fn hex(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? * 16 + low?).ok()
}

/// Encodes a value as quoted-printable, without line breaks.
pub(super) fn to_quoted_printable(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.replace('\n', "\r\n").bytes() {
        match byte {
            b' '..=b'~' if byte != b'=' => encoded.push(char::from(byte)),
            _ => {
                let _ = write!(encoded, "={byte:02X}");
            }
        }
    }
    encoded
}

/// Decodes base64, ignoring white space; `None` when it is none.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64.decode(packed).ok().filter(|bytes| !bytes.is_empty())
}

/// Encodes base64 with padding.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Resolves percent escapes (RFC 3986 §2.1); what is not UTF-8 afterwards stays escaped. iOS 18.4 and later write
/// `@` as `%40`.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%'
            && let Some((digits, after)) = tail.split_first_chunk::<2>()
            && let Some(value) = hex(*digits)
        {
            decoded.push(value);
            rest = after;
            continue;
        }
        decoded.push(byte);
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

/// The label in Android's `X-CUSTOM(CHARSET=UTF-8,ENCODING=QUOTED-PRINTABLE,=E3=83=95)`; `None` for any other type.
pub(super) fn android_custom_type(param: &str) -> Option<String> {
    let inner = param.strip_prefix("X-CUSTOM(")?.strip_suffix(')')?;
    let label = inner.rsplit_once(',').map_or(inner, |(_, label)| label);
    Some(text(&quoted_printable(label.as_bytes()), None))
}
