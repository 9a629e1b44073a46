//! Entries of the global address list on the wire: what Search and Find share (MS-ASCMD 2.2.2.9, code page GAL).

use directory::Entry;
use wbxml::{Reader, Writer, pages::gal as g};

use crate::{
    request::{self, RequestError},
    status::SearchStatus,
};

/// `Picture` in a request's options: pictures are wanted, within these limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PictureOptions {
    /// Bytes of one picture.
    pub max_size: Option<u32>,
    /// Pictures in the answer.
    pub max_pictures: Option<u32>,
}

impl PictureOptions {
    /// Reads the element opened last; `max_size` and `max_pictures` are the command's own tags. iOS sends it empty.
    pub fn read(reader: &mut Reader<'_>, max_size: wbxml::Tag, max_pictures: wbxml::Tag) -> Result<Self, RequestError> {
        let mut options = Self::default();
        reader.children(|reader, tag| {
            if tag == max_size {
                options.max_size = Some(request::number(reader, tag)?);
            } else if tag == max_pictures {
                options.max_pictures = Some(request::number(reader, tag)?);
            }
            Ok::<_, RequestError>(())
        })?;
        Ok(options)
    }

    /// What is given of a picture, when `given` were given before.
    #[must_use]
    pub fn choose(&self, bytes: Option<Vec<u8>>, given: usize) -> Picture {
        let at_most = |limit: Option<u32>, value: usize| limit.is_none_or(|limit| value <= limit as usize);
        match bytes {
            None => Picture::Withheld(SearchStatus::NoPicture),
            Some(_) if !at_most(self.max_pictures, given + 1) => Picture::Withheld(SearchStatus::PictureLimit),
            Some(bytes) if !at_most(self.max_size, bytes.len()) => Picture::Withheld(SearchStatus::PictureTooLarge),
            Some(bytes) => Picture::Given(bytes),
        }
    }
}

/// A picture of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picture {
    /// Its bytes.
    Given(Vec<u8>),
    /// Why there are none.
    Withheld(SearchStatus),
}

/// Writes an entry's properties; empty ones are left out.
pub fn write_entry(w: &mut Writer, entry: &Entry, picture: Option<&Picture>) {
    let fields = [
        (g::DISPLAY_NAME, &entry.name),
        (g::PHONE, &entry.phone),
        (g::OFFICE, &entry.office),
        (g::TITLE, &entry.title),
        (g::COMPANY, &entry.company),
        (g::ALIAS, &entry.alias),
        (g::FIRST_NAME, &entry.given_name),
        (g::LAST_NAME, &entry.surname),
        (g::HOME_PHONE, &entry.home_phone),
        (g::MOBILE_PHONE, &entry.mobile),
        (g::EMAIL_ADDRESS, &entry.email),
    ];
    for (tag, text) in fields.into_iter().filter(|(_, text)| !text.is_empty()) {
        w.text(tag, text);
    }
    match picture {
        Some(Picture::Given(bytes)) => w.element(g::PICTURE, |w| {
            w.number(g::STATUS, SearchStatus::Success);
            w.opaque(g::DATA, bytes);
        }),
        Some(Picture::Withheld(status)) => w.element(g::PICTURE, |w| w.number(g::STATUS, *status)),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_to_the_limits_the_client_named() {
        let options = PictureOptions { max_size: Some(3), max_pictures: Some(1) };
        assert_eq!(options.choose(Some(vec![1, 2, 3]), 0), Picture::Given(vec![1, 2, 3]));
        assert_eq!(options.choose(Some(vec![1, 2, 3, 4]), 0), Picture::Withheld(SearchStatus::PictureTooLarge));
        assert_eq!(options.choose(Some(vec![1]), 1), Picture::Withheld(SearchStatus::PictureLimit));
        assert_eq!(options.choose(None, 0), Picture::Withheld(SearchStatus::NoPicture));
        assert_eq!(PictureOptions::default().choose(Some(vec![0; 9]), 99), Picture::Given(vec![0; 9]));
    }
}
