//! Photos: kept as they came, served as a JPEG that a phone can send back.
//!
//! A picture whose base64 is longer than iOS can send would be missing from every edit made on the phone, so what is
//! served is scaled down to that, and the original is never touched. The work is bounded: a picture too big in bytes is
//! refused unread, one too big in pixels before its pixels are decoded.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder, imageops::FilterType,
};

use crate::{
    BlobHash,
    limits::{
        COPY_DIFFERENCE_MAX, COPY_SIDE, PHOTO_BYTES_MAX, PHOTO_DECODE_BYTES_MAX, PHOTO_SIDE_MAX,
        SERVED_PHOTO_BYTES_MAX, SERVED_PHOTO_QUALITIES, SERVED_PHOTO_SIDES,
    },
};

/// A photo ready to be stored in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedPhoto {
    /// The bytes as they came.
    pub original: Vec<u8>,
    /// `image/jpeg` or `image/png`: of the original.
    pub media_type: String,
    /// The hash of `original`.
    pub original_hash: BlobHash,
    /// The JPEG for phones; at most [`SERVED_PHOTO_BYTES_MAX`] bytes. Equal to `original` when that is such a JPEG.
    pub served: Vec<u8>,
    /// The hash of `served`.
    pub served_hash: BlobHash,
}

/// Why a picture cannot be a contact's photo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// More than [`PHOTO_BYTES_MAX`]; nothing was decoded.
    #[error("the photo has {bytes} bytes, more than the {PHOTO_BYTES_MAX} allowed")]
    TooManyBytes {
        /// Its size.
        bytes: usize,
    },
    /// Wider or higher than [`PHOTO_SIDE_MAX`] pixels, or more memory than allowed; nothing was decoded.
    #[error("the photo has too many pixels to be decoded")]
    TooManyPixels,
    /// Neither JPEG nor PNG by its first bytes.
    #[error("the photo is neither JPEG nor PNG")]
    UnknownFormat,
    /// A JPEG or PNG by its first bytes that cannot be decoded.
    #[error("the photo cannot be decoded: {0}")]
    Damaged(String),
}

/// Makes both forms of a picture. The orientation that a camera noted in EXIF is applied to the served form, which
/// carries no metadata unless it is the original.
pub fn prepare(bytes: &[u8]) -> Result<PreparedPhoto, PhotoError> {
    if bytes.len() > PHOTO_BYTES_MAX {
        return Err(PhotoError::TooManyBytes { bytes: bytes.len() });
    }
    let Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png)) = image::guess_format(bytes) else {
        return Err(PhotoError::UnknownFormat);
    };
    // Decoded even when it is served as it came: a damaged picture must not reach a phone.
    let picture = decode(bytes, format)?;
    let served = if format == ImageFormat::Jpeg && bytes.len() <= SERVED_PHOTO_BYTES_MAX {
        bytes.to_vec()
    } else {
        scaled(&picture)?
    };
    Ok(PreparedPhoto {
        original: bytes.to_vec(),
        media_type: format.to_mime_type().to_owned(),
        original_hash: BlobHash::of(bytes),
        served_hash: BlobHash::of(&served),
        served,
    })
}

/// Whether two pictures show the same, one of them perhaps smaller, packed harder, or cut to its middle square, as programs
/// do that pass photos on. What cannot be decoded is a copy of nothing.
#[must_use]
pub fn is_copy(one: &[u8], other: &[u8]) -> bool {
    let (Some(one), Some(other)) = (readable(one), readable(other)) else { return false };
    let same_shape = {
        let (across, down) =
            (u64::from(one.width()) * u64::from(other.height()), u64::from(other.width()) * u64::from(one.height()));
        across.abs_diff(down) * 20 <= across.max(down)
    };
    same_shape && is_alike(&one, &other) || is_alike(&middle(&one), &middle(&other))
}

fn readable(bytes: &[u8]) -> Option<DynamicImage> {
    let format =
        image::guess_format(bytes).ok().filter(|format| matches!(format, ImageFormat::Jpeg | ImageFormat::Png));
    decode(bytes, format?).ok().filter(|picture| picture.width() > 0 && picture.height() > 0)
}

/// The square in the middle.
fn middle(picture: &DynamicImage) -> DynamicImage {
    let side = picture.width().min(picture.height());
    picture.crop_imm((picture.width() - side) / 2, (picture.height() - side) / 2, side, side)
}

/// Alike at a size at which scaling and packing no longer show.
fn is_alike(one: &DynamicImage, other: &DynamicImage) -> bool {
    let small =
        |picture: &DynamicImage| picture.resize_exact(COPY_SIDE, COPY_SIDE, FilterType::Triangle).to_rgb8().into_raw();
    let (one, other) = (small(one), small(other));
    let differences = one.iter().zip(&other).map(|(one, other)| u64::from(one.abs_diff(*other)));
    differences.sum::<u64>() <= COPY_DIFFERENCE_MAX * one.len() as u64
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, PhotoError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(PHOTO_SIDE_MAX);
    limits.max_image_height = Some(PHOTO_SIDE_MAX);
    limits.max_alloc = Some(PHOTO_DECODE_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(situation)?;
    let orientation = decoder.orientation().map_err(situation)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(situation)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

#[allow(clippy::needless_pass_by_value)] // for map_err
fn situation(error: image::ImageError) -> PhotoError {
    match error {
        image::ImageError::Limits(_) => PhotoError::TooManyPixels,
        other => PhotoError::Damaged(other.to_string()),
    }
}

/// The biggest and best form that fits. A picture that fits in none (there is none: 96 pixels of noise at the lowest
/// quality are 10 KB) would be damaged.
fn scaled(picture: &DynamicImage) -> Result<Vec<u8>, PhotoError> {
    for side in SERVED_PHOTO_SIDES {
        let small = if picture.width() <= side && picture.height() <= side {
            picture.to_rgb8()
        } else {
            picture.resize(side, side, FilterType::Triangle).to_rgb8()
        };
        for quality in SERVED_PHOTO_QUALITIES {
            let mut jpeg = Vec::new();
            JpegEncoder::new_with_quality(&mut jpeg, quality.get()).encode_image(&small).map_err(situation)?;
            if jpeg.len() <= SERVED_PHOTO_BYTES_MAX {
                return Ok(jpeg);
            }
        }
    }
    Err(PhotoError::Damaged("no served form is small enough".to_owned()))
}
