//! Bodies as they travel: gzip both ways.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use http::{HeaderMap, header};

use crate::{
    limits::{REQUEST_BYTES_MAX, UNZIPPED_BYTES_MAX, ZIP_BYTES_MIN},
    status::Refusal,
};

/// The request's body as it was before zipping. A body that unzips to more than [`UNZIPPED_BYTES_MAX`] is refused
/// without being unzipped further.
pub fn received(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Refusal> {
    if body.len() > REQUEST_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?").trim());
    match encoding {
        None | Some("" | "identity") => Ok(body),
        Some(gzip) if gzip.eq_ignore_ascii_case("gzip") || gzip.eq_ignore_ascii_case("x-gzip") => unzip(&body),
        Some(_) => Err(Refusal::UnknownEncoding),
    }
}

fn unzip(body: &[u8]) -> Result<Bytes, Refusal> {
    let mut unzipped = Vec::new();
    let most = u64::try_from(UNZIPPED_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    GzDecoder::new(body).take(most).read_to_end(&mut unzipped).map_err(|_| Refusal::Malformed)?;
    if unzipped.len() > UNZIPPED_BYTES_MAX { Err(Refusal::TooLarge) } else { Ok(unzipped.into()) }
}

/// Whether the client takes gzip and the answer is worth it.
#[must_use]
pub fn wants_zip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = parameters.trim().strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// The body zipped; `None` when it is too small to be worth it.
#[must_use]
pub fn zipped(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() < ZIP_BYTES_MIN {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 2), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().filter(|zipped| zipped.len() < body.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_zipped_request_is_unzipped() {
        let plain = vec![7; 5_000];
        let headers = headers(header::CONTENT_ENCODING, "gzip");
        assert_eq!(received(&headers, zipped(&plain).unwrap().into()), Ok(plain.into()));
        assert_eq!(received(&headers, Bytes::from_static(b"nonsense")), Err(Refusal::Malformed));
    }

    #[test]
    fn a_zip_bomb_is_refused() {
        let bomb = zipped(&vec![0; UNZIPPED_BYTES_MAX + 1]).unwrap();
        assert!(bomb.len() < 200_000);
        assert_eq!(received(&headers(header::CONTENT_ENCODING, "gzip"), bomb.into()), Err(Refusal::TooLarge));
    }

    #[test]
    fn a_body_too_large_and_an_unknown_coding_are_refused() {
        assert_eq!(received(&HeaderMap::new(), vec![0; REQUEST_BYTES_MAX + 1].into()), Err(Refusal::TooLarge));
        assert_eq!(received(&headers(header::CONTENT_ENCODING, "br"), Bytes::new()), Err(Refusal::UnknownEncoding));
    }

    #[test]
    fn gzip_is_given_only_to_those_who_take_it() {
        assert!(wants_zip(&headers(header::ACCEPT_ENCODING, "br, gzip, deflate")));
        assert!(!wants_zip(&headers(header::ACCEPT_ENCODING, "br, gzip;q=0")));
        assert!(!wants_zip(&HeaderMap::new()));
        assert_eq!(zipped(&[0; ZIP_BYTES_MIN - 1]), None);
    }
}
