//! The limits of this crate, each with the reason for its value.

use std::num::NonZeroU8;

/// The longest base64 text of a picture that iOS sends back (0x9266 characters); a bigger one would be left out of
/// every edit made on the phone. Also below the 48 KB that MS-ASCNTC 2.2.2.58 allows.
pub const SERVED_PHOTO_BASE64_MAX: usize = 37_478;

/// The most bytes whose base64 (four characters for three bytes, padded) fits [`SERVED_PHOTO_BASE64_MAX`].
pub const SERVED_PHOTO_BYTES_MAX: usize = SERVED_PHOTO_BASE64_MAX / 4 * 3;

/// The biggest photo accepted, in bytes; bigger ones are refused without being decoded.
pub const PHOTO_BYTES_MAX: usize = 10 * 1024 * 1024;

/// The widest and highest photo decoded, in pixels. A phone's camera stays below.
pub const PHOTO_SIDE_MAX: u32 = 12_000;

/// The most memory a decoder may take for one photo, in bytes.
pub const PHOTO_DECODE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The longer side of a served photo is tried at these sizes, in pixels, biggest first.
pub const SERVED_PHOTO_SIDES: [u32; 5] = [400, 320, 240, 160, 96];

/// At each size these JPEG qualities are tried, best first.
pub const SERVED_PHOTO_QUALITIES: [NonZeroU8; 4] = [quality(88), quality(78), quality(66), quality(50)];

/// Categories and children a contact may show (MS-ASCNTC 2.2.2.15 and 2.2.2.17).
pub const LIST_MAX: usize = 300;

const fn quality(percent: u8) -> NonZeroU8 {
    match NonZeroU8::new(percent) {
        Some(quality) => quality,
        None => NonZeroU8::MIN,
    }
}

/// The side, in pixels, at which two pictures are compared: small enough for scaling and packing not to matter.
pub const COPY_SIDE: u32 = 16;

/// How much a colour of a pixel may differ on average, of 255, between a picture and its smaller copy.
pub const COPY_DIFFERENCE_MAX: u64 = 8;
