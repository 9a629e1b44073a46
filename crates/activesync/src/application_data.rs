//! A contact as the content of `ApplicationData`, both ways (MS-ASCNTC 2.2.2, MS-ASAIRS 2.2.2.9).
//!
//! What goes out is always the complete contact: iOS removes what an Add or Change leaves out. No containers but
//! Categories, Children and Body occur, because iOS fails the whole Sync on any other.

use std::{collections::BTreeMap, sync::LazyLock};

use base64::{Engine, engine::general_purpose};
use contact::{
    BlobHash,
    eas::{EasContact, Element, Picture, Property, ServedBody},
};
use wbxml::{
    Fragment, Reader, Tag, WbxmlError, Writer,
    pages::{self, airsyncbase, contacts},
};

use crate::limits::LIST_MAX;

/// AirSyncBase:Type of a plain text; the only form a note has here.
const PLAIN_TEXT: &str = "1";

static TAGS: LazyLock<BTreeMap<Property, Tag>> = LazyLock::new(|| {
    let named = |property: &Property| {
        let page = pages::page(if property.is_contacts2() { 12 } else { 1 })?;
        page.tags.iter().find(|(_, name)| *name == property.name()).map(|(tag, _)| (*property, *tag))
    };
    Property::ALL.iter().filter_map(named).collect()
});

static PROPERTIES: LazyLock<BTreeMap<Tag, Property>> =
    LazyLock::new(|| TAGS.iter().map(|(property, tag)| (*tag, *property)).collect());

/// The property an element carries; `None` for containers, pictures and what is no contact.
#[must_use]
pub fn property(tag: Tag) -> Option<Property> {
    PROPERTIES.get(&tag).copied()
}

/// What a `Supported` list or a `Schema` can name; `None` for what is no part of a contact.
#[must_use]
pub fn element(tag: Tag) -> Option<Element> {
    match tag {
        contacts::CATEGORIES => Some(Element::Categories),
        contacts::CHILDREN => Some(Element::Children),
        contacts::PICTURE => Some(Element::Picture),
        airsyncbase::BODY => Some(Element::Body),
        other => property(other).map(Element::Text),
    }
}

/// A contact as a client sent it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    /// Its elements.
    pub contact: EasContact,
    /// The decoded bytes behind [`Picture::Photo`].
    pub picture: Option<Vec<u8>>,
}

/// Why a contact cannot be taken, though its document is well formed: status 6, and the others go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// `Picture` is not base64.
    #[error("the picture is not base64")]
    PictureNotBase64,
    /// `Body` is not plain text.
    #[error("the note is of type {0}, not plain text")]
    BodyNotPlain(String),
    /// More than 300 categories or children.
    #[error("more than {LIST_MAX} categories or children")]
    ListTooLong,
}

/// Reads the content of the element opened last. The outer error is a broken document, the inner one a contact that
/// cannot be taken.
pub fn read(reader: &mut Reader<'_>) -> Result<Result<Received, Unreadable>, WbxmlError> {
    let mut received = Received::default();
    let mut unreadable = None;
    reader.children(|reader, tag| {
        if let Some(property) = property(tag) {
            received.contact.texts.insert(property, reader.text()?.into_owned());
            return Ok(());
        }
        let read = match tag {
            contacts::CATEGORIES => read_list(reader, contacts::CATEGORY)?.map(|list| {
                received.contact.categories = Some(list);
            }),
            contacts::CHILDREN => read_list(reader, contacts::CHILD)?.map(|list| {
                received.contact.children = Some(list);
            }),
            contacts::PICTURE => read_picture(reader)?.map(|bytes| {
                received.contact.picture =
                    bytes.as_ref().map_or(Picture::Empty, |bytes| Picture::Photo(BlobHash::of(bytes)));
                received.picture = bytes;
            }),
            airsyncbase::BODY => read_body(reader)?.map(|body| received.contact.body = body),
            // Clients carry elements of other classes and protocol versions along; they say nothing about a contact.
            _ => Ok(()),
        };
        if let Err(why) = read {
            unreadable = Some(why);
        }
        Ok::<_, WbxmlError>(())
    })?;
    Ok(unreadable.map_or(Ok(received), Err))
}

fn read_list(reader: &mut Reader<'_>, item: Tag) -> Result<Result<Vec<String>, Unreadable>, WbxmlError> {
    let mut list = Vec::new();
    reader.children(|reader, tag| {
        if tag == item {
            let text = reader.text()?;
            if !text.is_empty() {
                list.push(text.into_owned());
            }
        }
        Ok::<_, WbxmlError>(())
    })?;
    Ok(if list.len() > LIST_MAX { Err(Unreadable::ListTooLong) } else { Ok(list) })
}

/// `None` for an empty element. Some clients send the bytes themselves, as opaque.
fn read_picture(reader: &mut Reader<'_>) -> Result<Result<Option<Vec<u8>>, Unreadable>, WbxmlError> {
    const IMAGES: [&[u8]; 3] = [b"\xFF\xD8\xFF", b"\x89PNG", b"GIF8"];
    let value = reader.opaque()?;
    if IMAGES.iter().any(|magic| value.starts_with(magic)) {
        return Ok(Ok(Some(value.into_owned())));
    }
    let text: Vec<u8> = value.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if text.is_empty() {
        return Ok(Ok(None));
    }
    let decoded = general_purpose::STANDARD.decode(&text).map_err(|_| Unreadable::PictureNotBase64);
    Ok(decoded.map(Some))
}

/// `None` when `Data` is missing, which leaves the note as it is.
fn read_body(reader: &mut Reader<'_>) -> Result<Result<Option<String>, Unreadable>, WbxmlError> {
    let mut kind = None;
    let mut data = None;
    reader.children(|reader, tag| {
        match tag {
            airsyncbase::TYPE => kind = Some(reader.text()?.into_owned()),
            airsyncbase::DATA => data = Some(reader.text()?.into_owned()),
            _ => {}
        }
        Ok::<_, WbxmlError>(())
    })?;
    Ok(match kind {
        Some(other) if other != PLAIN_TEXT && data.as_ref().is_some_and(|text| !text.is_empty()) => {
            Err(Unreadable::BodyNotPlain(other))
        }
        _ => Ok(data),
    })
}

/// The complete contact as it is stored beside its card and copied into answers.
#[must_use]
pub fn form(contact: &EasContact, body: Option<ServedBody<'_>>, photo: Option<&[u8]>) -> Fragment {
    Fragment::write(|w| write(w, contact, body, photo, |_| true))
}

/// Writes those elements of a contact that `wanted` names. `body` is the note as this client wants it (see
/// [`contact::eas::Lens::served_body`]), `photo` the bytes behind [`EasContact::picture`].
pub fn write(
    w: &mut Writer,
    contact: &EasContact,
    body: Option<ServedBody<'_>>,
    photo: Option<&[u8]>,
    wanted: impl Fn(Element) -> bool,
) {
    let texts = |w: &mut Writer, contacts2: bool| {
        for (property, text) in &contact.texts {
            let shown = !text.is_empty() && property.is_contacts2() == contacts2 && wanted(Element::Text(*property));
            if let (true, Some(tag)) = (shown, TAGS.get(property)) {
                w.text(*tag, text);
            }
        }
    };
    texts(w, false);
    if wanted(Element::Categories) {
        write_list(w, contacts::CATEGORIES, contacts::CATEGORY, contact.categories.as_deref());
    }
    if wanted(Element::Children) {
        write_list(w, contacts::CHILDREN, contacts::CHILD, contact.children.as_deref());
    }
    if let (true, Some(bytes)) = (wanted(Element::Picture), photo) {
        w.text(contacts::PICTURE, &general_purpose::STANDARD.encode(bytes));
    }
    if let (true, Some(body)) = (wanted(Element::Body), body) {
        write_body(w, body);
    }
    texts(w, true);
}

fn write_list(w: &mut Writer, list_tag: Tag, item_tag: Tag, list: Option<&[String]>) {
    let items = list.unwrap_or_default();
    if !items.is_empty() {
        w.element(list_tag, |w| items.iter().take(LIST_MAX).for_each(|item| w.text(item_tag, item)));
    }
}

fn write_body(w: &mut Writer, body: ServedBody<'_>) {
    w.element(airsyncbase::BODY, |w| {
        w.text(airsyncbase::TYPE, PLAIN_TEXT);
        w.text(airsyncbase::ESTIMATED_DATA_SIZE, &body.size.to_string());
        if body.truncated {
            w.text(airsyncbase::TRUNCATED, "1");
        }
        w.text(airsyncbase::DATA, body.data);
    });
}

/// Writes what a contact had and has no more as empty elements.
///
/// AOSP takes an absent element as deleted, EAS-4-TbSync as unchanged; an empty one is deleted to both, and to iOS
/// the same as absent. An empty date is not a date, so dates are left out.
pub fn write_cleared(w: &mut Writer, cleared: &[Element]) {
    for element in cleared {
        match element {
            Element::Text(Property::Birthday | Property::Anniversary) => {}
            Element::Text(property) => TAGS.get(property).into_iter().for_each(|tag| w.empty(*tag)),
            Element::Categories => w.empty(contacts::CATEGORIES),
            Element::Children => w.empty(contacts::CHILDREN),
            Element::Picture => w.empty(contacts::PICTURE),
            Element::Body => w.element(airsyncbase::BODY, |w| {
                w.text(airsyncbase::TYPE, PLAIN_TEXT);
                w.empty(airsyncbase::DATA);
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wbxml::{document, pages::airsync};

    fn full() -> (EasContact, Vec<u8>) {
        let photo = vec![0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3];
        let texts = Property::ALL.iter().map(|property| (*property, format!("the {}", property.name()))).collect();
        let contact = EasContact {
            texts,
            categories: Some(vec!["Friends".into(), "Sailing".into()]),
            children: Some(vec!["Ada".into()]),
            body: Some("a note\nof two lines".into()),
            picture: Picture::Photo(BlobHash::of(&photo)),
            ..EasContact::default()
        };
        (contact, photo)
    }

    fn body_of(contact: &EasContact) -> Option<ServedBody<'_>> {
        contact.body.as_deref().map(|data| ServedBody { data, truncated: false, size: data.len() })
    }

    fn read_back(bytes: &[u8]) -> Result<Received, Unreadable> {
        let (mut reader, _) = Reader::open(bytes).unwrap();
        read(&mut reader).unwrap()
    }

    #[test]
    fn every_property_has_its_tag_and_the_tag_its_property() {
        assert_eq!(TAGS.len(), Property::ALL.len());
        assert_eq!(PROPERTIES.len(), Property::ALL.len());
    }

    #[test]
    fn all_properties_go_out_and_come_back_unchanged() {
        let (contact, photo) = full();
        let form = form(&contact, body_of(&contact), Some(&photo));
        let bytes = document(airsync::APPLICATION_DATA, |w| w.fragment(&form));
        assert_eq!(read_back(&bytes), Ok(Received { contact, picture: Some(photo) }));
    }

    #[test]
    fn the_stored_form_begins_and_ends_at_page_0_and_is_whole() {
        let (contact, photo) = full();
        let form = form(&contact, body_of(&contact), Some(&photo));
        assert_eq!(Fragment::from_bytes(form.as_bytes().to_vec()), Ok(form));
    }

    #[test]
    fn a_schema_restricts_to_the_named_elements() {
        let (contact, photo) = full();
        let bytes = document(airsync::APPLICATION_DATA, |w| {
            write(w, &contact, body_of(&contact), Some(&photo), |element| {
                element == Element::Text(Property::FirstName) || element == Element::Children
            });
        });
        let read = read_back(&bytes).unwrap().contact;
        assert_eq!(read.texts.keys().collect::<Vec<_>>(), [&Property::FirstName]);
        assert_eq!((read.children, read.categories, read.body), (contact.children, None, None));
    }

    #[test]
    fn a_cleared_field_is_handed_on_as_an_empty_element_but_a_date_is_left_out() {
        let all: Vec<Element> = Property::ALL.iter().copied().map(Element::Text).collect();
        let bytes = document(airsync::APPLICATION_DATA, |w| write_cleared(w, &all));
        let read = read_back(&bytes).unwrap().contact;
        assert!(read.texts.values().all(String::is_empty));
        assert_eq!(read.texts.len(), Property::ALL.len() - 2);
        assert!(!read.texts.contains_key(&Property::Birthday));
    }

    #[test]
    fn a_cleared_note_photo_and_list_are_handed_on_as_empty_too() {
        let cleared = [Element::Body, Element::Picture, Element::Categories, Element::Children];
        let read = read_back(&document(airsync::APPLICATION_DATA, |w| write_cleared(w, &cleared))).unwrap().contact;
        assert_eq!((read.body.as_deref(), read.picture), (Some(""), Picture::Empty));
        assert_eq!((read.categories, read.children), (Some(vec![]), Some(vec![])));
    }

    #[test]
    fn an_empty_picture_is_told_from_none() {
        let bytes = document(airsync::APPLICATION_DATA, |w| w.empty(contacts::PICTURE));
        assert_eq!(read_back(&bytes).unwrap().contact.picture, Picture::Empty);
        let bytes = document(airsync::APPLICATION_DATA, |_| {});
        assert_eq!(read_back(&bytes).unwrap().contact.picture, Picture::Absent);
    }

    #[test]
    fn a_picture_broken_into_lines_is_read_and_nonsense_is_refused() {
        let bytes = document(airsync::APPLICATION_DATA, |w| w.text(contacts::PICTURE, "AAEC\r\nAwQ="));
        assert_eq!(read_back(&bytes).unwrap().picture, Some(vec![0, 1, 2, 3, 4]));
        let bytes = document(airsync::APPLICATION_DATA, |w| w.text(contacts::PICTURE, "%%%"));
        assert_eq!(read_back(&bytes), Err(Unreadable::PictureNotBase64));
    }

    #[test]
    fn a_body_without_data_leaves_the_note_as_it_is() {
        let bytes = document(airsync::APPLICATION_DATA, |w| {
            w.element(airsyncbase::BODY, |w| w.text(airsyncbase::TYPE, "1"));
        });
        assert_eq!(read_back(&bytes).unwrap().contact.body, None);
    }

    #[test]
    fn a_note_that_is_not_plain_text_is_refused_not_mangled() {
        let bytes = document(airsync::APPLICATION_DATA, |w| {
            w.element(airsyncbase::BODY, |w| {
                w.text(airsyncbase::TYPE, "3");
                w.text(airsyncbase::DATA, "e1xydGYx");
            });
        });
        assert_eq!(read_back(&bytes), Err(Unreadable::BodyNotPlain("3".into())));
    }
}
