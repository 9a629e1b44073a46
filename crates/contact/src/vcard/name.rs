//! The name: N, FN and the lines about how it sounds and is filed.

use super::{properties::present, syntax::ContentLine};
use crate::{fact::Name, names::composed};

/// The name in all of a card's name lines.
///
/// `full` stays empty when FN only repeats the parts, so that an edit of a part on a path without FN does not leave
/// an old FN behind.
pub(super) fn read<'a>(lines: impl Iterator<Item = &'a ContentLine>) -> Name {
    let mut name = Name::default();
    let mut heard = (None, None);
    for line in lines {
        let text = || present(&line.text());
        match line.name.as_str() {
            "N" if line.param("PHONETIC").is_some() => {
                let parts = line.parts();
                let part = |at: usize| parts.get(at).and_then(|part| present(part));
                name.phonetic_surname = name.phonetic_surname.take().or(part(0));
                name.phonetic_given = name.phonetic_given.take().or(part(1));
                name.phonetic_given2 = name.phonetic_given2.take().or(part(2));
            }
            "N" => take_parts(&mut name, line),
            "FN" => name.full = name.full.take().or_else(text),
            "X-PHONETIC-FIRST-NAME" => name.phonetic_given = text(),
            "X-PHONETIC-MIDDLE-NAME" => name.phonetic_given2 = text(),
            "X-PHONETIC-LAST-NAME" => name.phonetic_surname = text(),
            "X-EVOLUTION-FILE-AS" => name.file_as = text(),
            "X-MS-INITIALS" => name.initials = text(),
            // Japanese phones say how a name sounds in the same order as N.
            "SOUND" => {
                let parts = line.parts();
                heard = (parts.first().and_then(|part| present(part)), parts.get(1).and_then(|part| present(part)));
            }
            _ => {}
        }
    }
    name.phonetic_surname = name.phonetic_surname.or(heard.0);
    name.phonetic_given = name.phonetic_given.or(heard.1);
    if name.full.as_deref().map(str::trim) == composed(&name).as_deref() {
        name.full = None;
    }
    name
}

fn take_parts(name: &mut Name, line: &ContentLine) {
    let parts = line.parts();
    let part = |at: usize| parts.get(at).and_then(|part| present(part));
    name.surname = name.surname.take().or(part(0));
    name.given = name.given.take().or(part(1));
    name.given2 = name.given2.take().or(part(2));
    name.prefix = name.prefix.take().or(part(3));
    name.suffix = name.suffix.take().or(part(4));
    name.file_as = name.file_as.take().or_else(|| line.param("SORT-AS"));
}
