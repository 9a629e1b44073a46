//! The facets of each kind of fact: the parts that two people can change without disturbing each other.

use super::Judge;
use crate::{
    Fact,
    fact::{
        Address, Anniversary, Email, Identifier, Name, OnlineService, Opaque, Organization, Phone, Relation, Title,
    },
    names,
};

/// Merges a struct field by field; every field must be named, so that a new one cannot be forgotten.
macro_rules! by_field {
    ($judge:ident, $what:literal, $type:ident { $($field:ident),+ }, $base:expr, $mine:expr, $theirs:expr) => {{
        let base: Option<&$type> = $base;
        $type {
            $($field: $judge.facet(
                concat!($what, ".", stringify!($field)),
                base.map(|base| &base.$field),
                &$mine.$field,
                &$theirs.$field,
            ),)+
        }
    }};
}

/// The base's value when it is of the same kind.
macro_rules! base_as {
    ($base:ident, $variant:ident) => {
        match $base {
            Some(Fact::$variant(base)) => Some(base),
            _ => None,
        }
    };
}

impl Judge {
    /// The merged fact. Facts of different kinds are one facet as a whole; so is a photo, whose parts belong together.
    pub(super) fn fact(&mut self, base: Option<&Fact>, mine: &Fact, theirs: &Fact) -> Fact {
        match (mine, theirs) {
            (Fact::Name(mine), Fact::Name(theirs)) => Fact::Name(self.name(base_as!(base, Name), mine, theirs)),
            (Fact::Organization(mine), Fact::Organization(theirs)) => {
                let nothing = Organization::default();
                let base = base_as!(base, Organization).or(Some(&nothing));
                Fact::Organization(by_field!(
                    self,
                    "organization",
                    Organization { name, units, phonetic, office },
                    base,
                    mine,
                    theirs
                ))
            }
            (Fact::Address(mine), Fact::Address(theirs)) => {
                let nothing = Address::default();
                let base = base_as!(base, Address).or(Some(&nothing));
                Fact::Address(by_field!(
                    self,
                    "address",
                    Address { street, extended, po_box, city, state, postal_code, country, country_code },
                    base,
                    mine,
                    theirs
                ))
            }
            (Fact::Title(mine), Fact::Title(theirs)) => {
                Fact::Title(by_field!(self, "title", Title { kind, name }, base_as!(base, Title), mine, theirs))
            }
            (Fact::Email(mine), Fact::Email(theirs)) => {
                Fact::Email(by_field!(self, "email", Email { address, name }, base_as!(base, Email), mine, theirs))
            }
            (Fact::Phone(mine), Fact::Phone(theirs)) => {
                Fact::Phone(by_field!(self, "phone", Phone { number, kind }, base_as!(base, Phone), mine, theirs))
            }
            (Fact::OnlineService(mine), Fact::OnlineService(theirs)) => Fact::OnlineService(by_field!(
                self,
                "onlineService",
                OnlineService { user, service, kind },
                base_as!(base, OnlineService),
                mine,
                theirs
            )),
            (Fact::Anniversary(mine), Fact::Anniversary(theirs)) => Fact::Anniversary(by_field!(
                self,
                "anniversary",
                Anniversary { kind, date },
                base_as!(base, Anniversary),
                mine,
                theirs
            )),
            (Fact::Relation(mine), Fact::Relation(theirs)) => Fact::Relation(by_field!(
                self,
                "relation",
                Relation { kind, name },
                base_as!(base, Relation),
                mine,
                theirs
            )),
            (Fact::Identifier(mine), Fact::Identifier(theirs)) => Fact::Identifier(by_field!(
                self,
                "identifier",
                Identifier { kind, value },
                base_as!(base, Identifier),
                mine,
                theirs
            )),
            (Fact::Opaque(mine), Fact::Opaque(theirs)) => Fact::Opaque(by_field!(
                self,
                "opaque",
                Opaque { property, value },
                base_as!(base, Opaque),
                mine,
                theirs
            )),
            _ => self.facet(whole(mine), base, mine, theirs),
        }
    }

    /// A full name that is composed of the parts is composed of the merged parts; only a person's own writing of it
    /// can be in conflict.
    fn name(&mut self, base: Option<&Name>, mine: &Name, theirs: &Name) -> Name {
        let nothing = Name::default();
        let base = base.unwrap_or(&nothing);
        let pattern = |name: &Name| names::full_pattern(name);
        let (by_mine, by_theirs, by_base) = (pattern(mine), pattern(theirs), pattern(base));
        let mut merged = by_field!(
            self,
            "name",
            Name {
                given,
                given2,
                surname,
                prefix,
                suffix,
                phonetic_given,
                phonetic_given2,
                phonetic_surname,
                file_as,
                initials,
                full
            },
            Some(&without_composed(base, by_base.is_some())),
            without_composed(mine, by_mine.is_some()),
            without_composed(theirs, by_theirs.is_some())
        );
        let nobody_wrote_it = merged.full.is_none();
        let somebody_removed_it =
            mine.full.is_none() && base.full.is_some() || theirs.full.is_none() && base.full.is_some();
        if nobody_wrote_it && !somebody_removed_it {
            let winner_first = match self.winner {
                super::Winner::Mine => [by_mine, by_theirs],
                super::Winner::Theirs => [by_theirs, by_mine],
            };
            let changed = winner_first.into_iter().flatten().find(|pattern| Some(*pattern) != by_base);
            merged.full = changed.or(by_mine.or(by_theirs)).and_then(|pattern| pattern.compose(&merged));
        }
        merged
    }
}

fn without_composed(name: &Name, is_composed: bool) -> Name {
    Name { full: name.full.clone().filter(|_| !is_composed), ..name.clone() }
}

/// The facet's name where a fact is one facet as a whole.
fn whole(fact: &Fact) -> &'static str {
    match fact {
        Fact::Name(_) => "name",
        Fact::Nickname(_) => "nickname",
        Fact::Organization(_) => "organization",
        Fact::Title(_) => "title",
        Fact::Email(_) => "email",
        Fact::Phone(_) => "phone",
        Fact::Address(_) => "address",
        Fact::Link(_) => "link",
        Fact::OnlineService(_) => "onlineService",
        Fact::Anniversary(_) => "anniversary",
        Fact::Relation(_) => "relation",
        Fact::Note(_) => "note",
        Fact::Keyword(_) => "keyword",
        Fact::Photo(_) => "photo",
        Fact::Identifier(_) => "identifier",
        Fact::Opaque(_) => "opaque",
    }
}
