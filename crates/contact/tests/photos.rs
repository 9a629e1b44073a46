//! Photos of every kind on their way to a phone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop where it fails")]

use std::io::Cursor;

use base64::{Engine, engine::general_purpose::STANDARD};
use contact::{
    limits::{PHOTO_BYTES_MAX, SERVED_PHOTO_BASE64_MAX, SERVED_PHOTO_BYTES_MAX},
    photo::{PhotoError, prepare},
};
use image::{ImageFormat, RgbImage, codecs::jpeg::JpegEncoder};

/// Every pixel differs from its neighbours, so that nothing compresses.
fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 1_u32;
    RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [r, g, b, _] = state.to_be_bytes();
        image::Rgb([r, g, b])
    })
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(picture).unwrap();
    bytes
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn ios_can_send_back_every_photo_it_is_served() {
    assert!(STANDARD.encode(vec![0; SERVED_PHOTO_BYTES_MAX]).len() <= SERVED_PHOTO_BASE64_MAX);
    assert!(STANDARD.encode(vec![0; SERVED_PHOTO_BYTES_MAX + 3]).len() > SERVED_PHOTO_BASE64_MAX);
    for original in [jpeg(&noise(500, 420)), png(&noise(150, 200))] {
        let photo = prepare(&original).unwrap();
        assert!(STANDARD.encode(&photo.served).len() <= SERVED_PHOTO_BASE64_MAX);
        assert_eq!(image::guess_format(&photo.served).unwrap(), ImageFormat::Jpeg);
    }
}

#[test]
fn the_original_is_kept_at_full_size() {
    let original = png(&noise(150, 200));
    let photo = prepare(&original).unwrap();
    assert_eq!((photo.original, photo.media_type.as_str()), (original, "image/png"));
    assert_ne!(photo.original_hash, photo.served_hash);
}

#[test]
fn a_small_jpeg_is_served_as_it_came() {
    let original = jpeg(&noise(60, 60));
    let photo = prepare(&original).unwrap();
    assert_eq!(photo.served, original);
    assert_eq!(photo.served_hash, photo.original_hash);
}

#[test]
fn a_photo_of_30_megabytes_is_refused_unread() {
    let bytes = 30 * 1024 * 1024;
    assert_eq!(prepare(&vec![0xFF; bytes]), Err(PhotoError::TooManyBytes { bytes }));
    assert!(bytes > PHOTO_BYTES_MAX);
}

#[test]
fn what_is_no_jpeg_or_png_is_refused() {
    assert_eq!(prepare(b"GIF89a........"), Err(PhotoError::UnknownFormat));
    assert_eq!(prepare(b""), Err(PhotoError::UnknownFormat));
}

#[test]
fn a_photo_cut_in_the_middle_is_refused_and_not_served() {
    let original = png(&noise(100, 100));
    let cut = &original[..original.len() / 2];
    assert!(matches!(prepare(cut), Err(PhotoError::Damaged(_))), "{:?}", prepare(cut).map(|_| ()));
}

#[test]
fn a_picture_that_claims_more_pixels_than_fit_is_refused_undecoded() {
    // The header of a PNG of 50,000 by 50,000 pixels.
    let mut bytes = png(&noise(8, 8));
    bytes[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&50_000_u32.to_be_bytes());
    assert!(prepare(&bytes).is_err());
}

#[test]
fn a_camera_s_note_of_orientation_turns_the_served_form() {
    let mut original = jpeg(&noise(400, 200));
    // APP1 with one EXIF entry: Orientation 6, the camera was held upright.
    let exif: &[u8] = b"\xFF\xE1\x00\x22Exif\x00\x00MM\x00\x2A\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00";
    original.splice(2..2, exif.iter().copied());
    let photo = prepare(&original).unwrap();
    let served = image::load_from_memory(&photo.served).unwrap();
    assert!(served.height() > served.width(), "{}x{}", served.width(), served.height());
}
