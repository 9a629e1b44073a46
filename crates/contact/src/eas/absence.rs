//! What it means that an element is not there in what a client sends: the one table of client profiles.
//!
//! The specification (MS-ASCMD 2.2.3.179): without `Supported` nothing is ghosted, so an element left out is removed;
//! with a list, listed elements are removed and the others kept; with an empty list all are kept. Clients differ from
//! it where the rows below say so. Body, Picture and the recipient cache's Alias and `WeightedRank` cannot be ghosted
//! and are never removed by leaving them out.

use super::{Element, Family, Lens, Property, Supported, Version};

/// The meaning of an element that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// Nothing is said about it.
    Keep,
    /// The person cleared it.
    Remove,
}

impl Lens {
    /// What it means that this client leaves the element out of an Add or Change.
    #[must_use]
    #[allow(clippy::match_same_arms)] // a table: one row per fact
    pub fn absence(&self, element: Element) -> Absence {
        if is_outside_ghosting(element) {
            return Absence::Keep;
        }
        match &self.supported {
            Supported::Listed(listed) if listed.contains(&element) => Absence::Remove,
            Supported::Empty | Supported::Listed(_) => Absence::Keep,
            Supported::NotSent => match (self.family, self.version) {
                // The complete contact is sent every time; what iOS has no row for cannot be cleared there.
                (Family::Ios, _) if is_invisible_on_ios(element) => Absence::Keep,
                (Family::Ios, _) => Absence::Remove,
                // Measured: at 14.1 it sends what changed, and an empty element to clear; from 16.0 on all.
                (Family::TbSync, Version::V14_1) => Absence::Keep,
                (Family::TbSync, Version::V16_0 | Version::V16_1) => Absence::Remove,
                // AOSP always sends a list; without one it is held to the specification like any other.
                (Family::Android | Family::Other, _) => Absence::Remove,
            },
        }
    }

    /// Whether this client is shown the property at all. The recipient cache's two never reach iOS.
    #[must_use]
    pub fn covers(&self, property: Property) -> bool {
        self.family != Family::Ios || !matches!(property, Property::Alias | Property::WeightedRank)
    }
}

fn is_outside_ghosting(element: Element) -> bool {
    matches!(
        element,
        Element::Body | Element::Picture | Element::Text(Property::Alias | Property::WeightedRank | Property::FileAs)
    )
}

/// What iOS keeps unseen and returns as it came.
fn is_invisible_on_ios(element: Element) -> bool {
    use Property as P;
    match element {
        Element::Categories | Element::Children => true,
        Element::Text(property) => matches!(
            property,
            P::OfficeLocation | P::YomiCompanyName | P::CustomerId | P::GovernmentId | P::AccountName | P::MMS
        ),
        Element::Picture | Element::Body => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PAGER: Element = Element::Text(Property::PagerNumber);
    const CUSTOMER_ID: Element = Element::Text(Property::CustomerId);

    fn lens(family: Family, version: Version, supported: Supported) -> Lens {
        Lens { family, version, supported, body_truncation: None, device: "D1".to_owned() }
    }

    fn listed(elements: &[Element]) -> Supported {
        Supported::Listed(elements.iter().copied().collect::<BTreeSet<_>>())
    }

    const FAMILIES: [Family; 4] = [Family::Ios, Family::Android, Family::TbSync, Family::Other];
    const VERSIONS: [Version; 3] = [Version::V14_1, Version::V16_0, Version::V16_1];

    fn every_client(supported: &Supported) -> impl Iterator<Item = Lens> {
        FAMILIES
            .into_iter()
            .flat_map(move |family| VERSIONS.into_iter().map(move |version| lens(family, version, supported.clone())))
    }

    #[test]
    fn body_and_picture_left_out_are_kept_by_every_client_at_every_version() {
        let all = listed(&[Element::Body, Element::Picture]);
        for client in every_client(&Supported::NotSent).chain(every_client(&Supported::Empty)).chain(every_client(&all))
        {
            assert_eq!(client.absence(Element::Body), Absence::Keep, "{client:?}");
            assert_eq!(client.absence(Element::Picture), Absence::Keep, "{client:?}");
        }
    }

    #[test]
    fn an_empty_supported_list_keeps_everything_left_out() {
        for client in every_client(&Supported::Empty) {
            assert_eq!(client.absence(PAGER), Absence::Keep, "{client:?}");
            assert_eq!(client.absence(Element::Categories), Absence::Keep, "{client:?}");
        }
    }

    #[test]
    fn a_supported_list_removes_what_it_lists_and_keeps_the_rest() {
        for client in every_client(&listed(&[PAGER])) {
            assert_eq!(client.absence(PAGER), Absence::Remove, "{client:?}");
            assert_eq!(client.absence(Element::Text(Property::Spouse)), Absence::Keep, "{client:?}");
            assert_eq!(client.absence(Element::Children), Absence::Keep, "{client:?}");
        }
    }

    #[test]
    fn ios_clears_what_it_shows_by_leaving_it_out() {
        for version in VERSIONS {
            let client = lens(Family::Ios, version, Supported::NotSent);
            assert_eq!(client.absence(PAGER), Absence::Remove);
            assert_eq!(client.absence(Element::Text(Property::Email2Address)), Absence::Remove);
        }
    }

    #[test]
    fn ios_cannot_clear_what_it_does_not_show() {
        let client = lens(Family::Ios, Version::V14_1, Supported::NotSent);
        for element in [CUSTOMER_ID, Element::Categories, Element::Children, Element::Text(Property::MMS)] {
            assert_eq!(client.absence(element), Absence::Keep);
        }
    }

    #[test]
    fn tbsync_keeps_what_it_leaves_out_at_14_1_and_removes_it_from_16_0_on() {
        for (version, absence) in
            [(Version::V14_1, Absence::Keep), (Version::V16_0, Absence::Remove), (Version::V16_1, Absence::Remove)]
        {
            assert_eq!(lens(Family::TbSync, version, Supported::NotSent).absence(PAGER), absence);
        }
    }

    #[test]
    fn any_other_client_without_a_list_is_held_to_the_specification() {
        for family in [Family::Android, Family::Other] {
            for version in VERSIONS {
                let client = lens(family, version, Supported::NotSent);
                assert_eq!(client.absence(CUSTOMER_ID), Absence::Remove);
                assert_eq!(client.absence(Element::Categories), Absence::Remove);
            }
        }
    }

    #[test]
    fn the_recipient_cache_s_properties_are_no_business_of_ios() {
        assert!(!lens(Family::Ios, Version::V16_1, Supported::NotSent).covers(Property::Alias));
        assert!(lens(Family::Other, Version::V16_1, Supported::NotSent).covers(Property::Alias));
        assert_eq!(
            lens(Family::Other, Version::V16_1, Supported::NotSent).absence(Element::Text(Property::WeightedRank)),
            Absence::Keep
        );
    }
}
