//! FileAs as iOS treats it: never shown, rebuilt on upload when it was one of the automatic patterns.

use serde::{Deserialize, Serialize};

use crate::local_contact::LocalContact;
use crate::property::Property;

/// The automatic patterns, in the order in which iOS compares them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pattern {
    /// `Last, First Middle`: what iOS uses when nothing else is known.
    LastCommaFirstMiddle,
    /// `First Middle Last Suffix`
    FirstMiddleLastSuffix,
    /// `Company`
    Company,
    /// `Last, First Middle (Company)`
    LastCommaFirstMiddleCompany,
    /// `Company (Last, First Middle)`
    CompanyLastCommaFirstMiddle,
    /// `LastFirst`
    LastFirstJoined,
    /// `Last First`
    LastFirst,
    /// `LastFirst Company`
    LastFirstJoinedCompany,
    /// `Company LastFirst`
    CompanyLastFirstJoined,
    /// `Last First Company`
    LastFirstCompany,
    /// `Company Last First`
    CompanyLastFirst,
    /// `LastFirst Suffix`
    LastFirstJoinedSuffix,
    /// `Last First Suffix`
    LastFirstSuffix,
    /// `First Last`
    FirstLast,
}

impl Pattern {
    const ALL: [Pattern; 14] = [
        Pattern::LastCommaFirstMiddle,
        Pattern::FirstMiddleLastSuffix,
        Pattern::Company,
        Pattern::LastCommaFirstMiddleCompany,
        Pattern::CompanyLastCommaFirstMiddle,
        Pattern::LastFirstJoined,
        Pattern::LastFirst,
        Pattern::LastFirstJoinedCompany,
        Pattern::CompanyLastFirstJoined,
        Pattern::LastFirstCompany,
        Pattern::CompanyLastFirst,
        Pattern::LastFirstJoinedSuffix,
        Pattern::LastFirstSuffix,
        Pattern::FirstLast,
    ];

    /// The pattern a received FileAs follows; `None` if it is a text of its own, which is kept word for word.
    pub fn of(contact: &LocalContact, file_as: &str) -> Option<Pattern> {
        Self::ALL.into_iter().find(|pattern| pattern.build(contact) == file_as)
    }

    /// The text this pattern makes of a contact; empty if the contact has none of its parts.
    pub fn build(self, contact: &LocalContact) -> String {
        let part = |property| contact.get(property).unwrap_or_default();
        let first = part(Property::FirstName);
        let middle = part(Property::MiddleName);
        let last = part(Property::LastName);
        let suffix = part(Property::Suffix);
        let company = part(Property::CompanyName);
        let comma_name = joined(&[last, &joined(&[first, middle], " ")], ", ");
        let glued = format!("{last}{first}");
        match self {
            Pattern::LastCommaFirstMiddle => comma_name,
            Pattern::FirstMiddleLastSuffix => joined(&[first, middle, last, suffix], " "),
            Pattern::Company => company.to_owned(),
            Pattern::LastCommaFirstMiddleCompany => joined(&[&comma_name, &bracketed(company)], " "),
            Pattern::CompanyLastCommaFirstMiddle => joined(&[company, &bracketed(&comma_name)], " "),
            Pattern::LastFirstJoined => glued,
            Pattern::LastFirst => joined(&[last, first], " "),
            Pattern::LastFirstJoinedCompany => joined(&[&glued, company], " "),
            Pattern::CompanyLastFirstJoined => joined(&[company, &glued], " "),
            Pattern::LastFirstCompany => joined(&[last, first, company], " "),
            Pattern::CompanyLastFirst => joined(&[company, last, first], " "),
            Pattern::LastFirstJoinedSuffix => joined(&[&glued, suffix], " "),
            Pattern::LastFirstSuffix => joined(&[last, first, suffix], " "),
            Pattern::FirstLast => joined(&[first, last], " "),
        }
    }
}

/// The FileAs iOS sends for a contact that never had one from the server.
pub fn automatic(contact: &LocalContact) -> String {
    let fallbacks = [Property::CompanyName, Property::Email1Address, Property::MobilePhoneNumber];
    Some(Pattern::LastCommaFirstMiddle.build(contact))
        .filter(|text| !text.is_empty())
        .or_else(|| fallbacks.iter().find_map(|property| contact.get(*property)).map(str::to_owned))
        .unwrap_or_default()
}

fn joined(parts: &[&str], separator: &str) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(separator)
}

fn bracketed(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("({text})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_as_in_an_automatic_pattern_follows_the_name_and_another_is_left_alone() {
        let mut contact = LocalContact::named("Bea", "Muster").with(Property::CompanyName, "Werk");
        let pattern = Pattern::of(&contact, "Werk (Muster, Bea)").unwrap();
        contact.set(Property::LastName, "Meister");
        assert_eq!(pattern.build(&contact), "Werk (Meister, Bea)");
        assert_eq!(Pattern::of(&contact, "The boss"), None);
    }
}
