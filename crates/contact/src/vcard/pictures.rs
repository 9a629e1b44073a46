//! Pictures in vCards: from PHOTO to a photo item and back.

use super::encodings;
pub use crate::photo::PreparedPhoto;
use crate::{fact::Photo, photo};

/// The picture ready to be kept and served; `None` for a format that is none here.
pub(super) fn prepare(bytes: &[u8]) -> Option<PreparedPhoto> {
    photo::prepare(bytes).ok()
}

/// The fact of a prepared picture.
pub(super) fn fact(photo: &PreparedPhoto) -> Photo {
    Photo {
        original: photo.original_hash,
        media_type: photo.media_type.clone(),
        served: photo.served_hash,
        uploaded_by: None,
    }
}

/// A PHOTO line up to its data: `PHOTO;ENCODING=b;TYPE=JPEG:`, `PHOTO:data:image/jpeg;base64,`. Other lines as is.
pub(super) fn without_data(line: &str) -> String {
    match data_at(line) {
        Some(at) => line.get(..at).unwrap_or(line).to_owned(),
        None => line.to_owned(),
    }
}

fn data_at(line: &str) -> Option<usize> {
    let colon = line.find(':')?;
    let head = line.get(..colon)?.to_ascii_uppercase();
    let name = head.split(';').next().unwrap_or_default();
    if name.rsplit('.').next() != Some("PHOTO") {
        return None;
    }
    let value = line.get(colon + 1..)?;
    match value.get(..5) {
        Some(scheme) if scheme.eq_ignore_ascii_case("data:") => value.find(',').map(|comma| colon + 1 + comma + 1),
        _ => Some(colon + 1),
    }
}

/// A PHOTO line of [`without_data`] with its data again.
pub(super) fn with_data(head: &str, bytes: &[u8]) -> String {
    match data_at(head) {
        Some(at) if at == head.len() => format!("{head}{}", encodings::to_base64(bytes)),
        _ => head.to_owned(),
    }
}
