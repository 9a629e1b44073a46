//! `X-ANDROID-CUSTOM`: rows of Android's contact table that vCard 2.1 and 3.0 have no property for.
//!
//! The value is the row's MIME type and up to fifteen columns. The first column is the data, the second a type
//! number, the third the person's own label (`android.provider.ContactsContract.CommonDataKinds`).

use super::{
    days,
    labels::Facets,
    properties::{present, relation_kind, relation_label},
    syntax::ContentLine,
};
use crate::fact::{Anniversary, AnniversaryKind, Fact, Relation};

const PREFIX: &str = "vnd.android.cursor.item/";

/// `Relation.TYPE_*` from 1 upwards.
const RELATIONS: &[&str] = &[
    "Assistant",
    "Brother",
    "Child",
    "Domestic partner",
    "Father",
    "Friend",
    "Manager",
    "Mother",
    "Parent",
    "Partner",
    "Referred by",
    "Relative",
    "Sister",
    "Spouse",
];

/// The fact of a row; `None` for kinds that no item has a place for.
pub(super) fn read(line: &ContentLine) -> Option<(Fact, Facets)> {
    let columns = line.parts();
    let column = |at: usize| columns.get(at).and_then(|text| present(text));
    let data = column(1)?;
    let number: usize = column(2).and_then(|text| text.parse().ok()).unwrap_or(0);
    let own_label = column(3);
    match columns.first()?.strip_prefix(PREFIX)? {
        "nickname" => Some((Fact::Nickname(data), Facets::default())),
        "contact_event" => {
            let kind = match number {
                1 => AnniversaryKind::Wedding,
                3 => AnniversaryKind::Birth,
                _ => AnniversaryKind::Other,
            };
            let label = own_label.filter(|_| kind == AnniversaryKind::Other);
            let fact = Fact::Anniversary(Anniversary { kind, date: days::day(&data)? });
            Some((fact, Facets { label, ..Facets::default() }))
        }
        "relation" => {
            let built_in = number.checked_sub(1).and_then(|at| RELATIONS.get(at)).map(|word| (*word).to_owned());
            let word = built_in.or(own_label).unwrap_or_default();
            let kind = relation_kind(&word);
            let facets = Facets { label: relation_label(kind, &word), ..Facets::default() };
            Some((Fact::Relation(Relation { kind, name: data }), facets))
        }
        _ => None,
    }
}
