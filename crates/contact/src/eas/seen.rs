//! What a device shows after it sent something, in canonical form.

use std::borrow::Cow;

use super::{
    EasContact, Element, Family, Lens, Picture, Property, absence::Absence, day, file_as, split_address, text,
    wire_text,
};

pub(super) fn seen(lens: &Lens, served: &EasContact, sent: &EasContact) -> EasContact {
    let sent = undo_the_wrong_city(lens.family, served, sent);
    let sent = sent.as_ref();
    let mut seen = EasContact::default();
    for &property in Property::ALL.iter().filter(|&&property| property != Property::FileAs) {
        if let Some(text) = seen_text(lens, property, served, sent) {
            seen.texts.insert(property, text);
        }
    }
    if let Some(filed) = file_as::seen(lens.family, served, sent, &seen) {
        seen.texts.insert(Property::FileAs, filed);
    }
    seen.categories = seen_list(lens, Element::Categories, served.categories.as_ref(), sent.categories.as_ref());
    seen.children = seen_list(lens, Element::Children, served.children.as_ref(), sent.children.as_ref());
    seen.body = seen_body(lens, served.body.as_deref(), sent.body.as_deref());
    (seen.picture, seen.own_picture) = seen_picture(lens.family, served, sent.picture);
    seen
}

fn seen_text(lens: &Lens, property: Property, served: &EasContact, sent: &EasContact) -> Option<String> {
    let before = served.texts.get(&property);
    let Some(text) = sent.texts.get(&property).filter(|_| lens.covers(property)) else {
        return match lens.absence(Element::Text(property)) {
            Absence::Keep => before.cloned(),
            Absence::Remove => None,
        };
    };
    let text = wire_text(text);
    if text.is_empty() {
        return None;
    }
    match property {
        Property::Birthday | Property::Anniversary => {
            let day_before = before.and_then(|before| day::from_wire(before, None));
            // A day that cannot be read says nothing about the day.
            day::from_wire(&text, day_before).map(day::to_wire).or_else(|| before.cloned())
        }
        Property::Email1Address | Property::Email2Address | Property::Email3Address => {
            Some(split_address(&text).1).filter(|address| !address.is_empty())
        }
        // MS-ASCNTC 2.2.2.75: an integer.
        Property::WeightedRank if text.trim().parse::<u32>().is_err() => before.cloned(),
        // iOS writes hiragana readings as katakana on the wire.
        Property::YomiFirstName | Property::YomiLastName | Property::YomiCompanyName => {
            before.filter(|before| katakana(before) == katakana(&text)).cloned().or(Some(text))
        }
        _ => Some(text),
    }
}

fn katakana(text: &str) -> String {
    const HIRAGANA_TO_KATAKANA: u32 = 0x60;
    text.chars()
        .map(|character| match character {
            '\u{3041}'..='\u{3096}' => char::from_u32(u32::from(character) + HIRAGANA_TO_KATAKANA).unwrap_or(character),
            other => other,
        })
        .collect()
}

/// Lists are sets to their owners: the same entries in another order are the same list.
fn seen_list(
    lens: &Lens,
    element: Element,
    served: Option<&Vec<String>>,
    sent: Option<&Vec<String>>,
) -> Option<Vec<String>> {
    let Some(sent) = sent else {
        return match lens.absence(element) {
            Absence::Keep => served.cloned(),
            Absence::Remove => None,
        };
    };
    let list: Vec<String> = sent.iter().map(|text| wire_text(text)).filter(|text| !text.is_empty()).collect();
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort_unstable();
        list
    };
    if let Some(served) = served.filter(|served| sorted(served) == sorted(&list)) {
        return Some(served.clone());
    }
    (!list.is_empty()).then_some(list)
}

/// A note that comes back as it was served, whole or cut, is the note. Of an edited cut note the device shows only what
/// it sent; the part it never held is put back by [absorbing](super::absorb), and the device is then behind.
fn seen_body(lens: &Lens, served: Option<&str>, sent: Option<&str>) -> Option<String> {
    let Some(sent) = sent else { return served.map(str::to_owned) };
    let sent = wire_text(sent);
    if let Some(served) = served {
        let shown = text::truncated(served, lens.body_truncation);
        if [served, shown].iter().any(|text| sent == **text || (!sent.is_empty() && sent.trim_end() == text.trim_end()))
        {
            return Some(served.to_owned());
        }
    }
    (!sent.is_empty()).then_some(sent)
}

/// iOS sends an empty `Picture` with every edit of a contact whose photo did not come from that phone, so there it says
/// nothing; of a photo the phone itself uploaded, and from every other client, it is the deletion.
fn seen_picture(family: Family, served: &EasContact, sent: Picture) -> (Picture, bool) {
    let unchanged = (served.picture, served.own_picture);
    match sent {
        Picture::Absent => unchanged,
        Picture::Empty if family == Family::Ios && !served.own_picture => unchanged,
        Picture::Empty => (Picture::Absent, false),
        Picture::Photo(_) if served.picture == sent => unchanged,
        Picture::Photo(_) => (sent, true),
    }
}

/// AOSP writes the city of an other address into `HomeAddressCity`, after the home address's own. When that city is
/// the other address's, or there is no home address it could belong to, it is put where it belongs.
fn undo_the_wrong_city<'a>(family: Family, served: &EasContact, sent: &'a EasContact) -> Cow<'a, EasContact> {
    use Property as P;
    let has = |contact: &EasContact, properties: &[P]| properties.iter().any(|p| contact.texts.contains_key(p));
    let other = [P::OtherAddressStreet, P::OtherAddressState, P::OtherAddressPostalCode, P::OtherAddressCountry];
    let home = [P::HomeAddressStreet, P::HomeAddressState, P::HomeAddressPostalCode, P::HomeAddressCountry];
    let Some(city) = sent.texts.get(&P::HomeAddressCity) else { return Cow::Borrowed(sent) };
    if family != Family::Android || sent.texts.contains_key(&P::OtherAddressCity) {
        return Cow::Borrowed(sent);
    }
    let is_the_other_city =
        served.texts.get(&P::OtherAddressCity) == Some(city) && served.texts.get(&P::HomeAddressCity) != Some(city);
    let has_no_home = has(sent, &other) && !has(sent, &home) && !served.texts.contains_key(&P::HomeAddressCity);
    if !is_the_other_city && !has_no_home {
        return Cow::Borrowed(sent);
    }
    let mut put_right = sent.clone();
    put_right.texts.insert(P::OtherAddressCity, city.clone());
    put_right.texts.remove(&P::HomeAddressCity);
    if let Some(home_city) = served.texts.get(&P::HomeAddressCity).filter(|_| has(sent, &home)) {
        put_right.texts.insert(P::HomeAddressCity, home_city.clone());
    }
    Cow::Owned(put_right)
}
