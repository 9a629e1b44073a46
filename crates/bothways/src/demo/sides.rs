//! Whether the iPhone and Outlook show the same contacts.

use std::collections::BTreeMap;

use phone::{LocalContact, Property};

use super::outlook::Contact;

/// A contact as both sides can show it: first name, last name, company, job title, mobile number, first e-mail address.
type Shown = [String; 6];

fn on_the_phone(contact: &LocalContact) -> Shown {
    [
        Property::FirstName,
        Property::LastName,
        Property::CompanyName,
        Property::JobTitle,
        Property::MobilePhoneNumber,
        Property::Email1Address,
    ]
    .map(|property| contact.get(property).unwrap_or_default().to_owned())
}

fn in_outlook(contact: &Contact) -> Shown {
    let email = contact.email_addresses.first().and_then(|email| email.address.as_ref());
    [
        contact.given_name.as_ref(),
        contact.surname.as_ref(),
        contact.company_name.as_ref(),
        contact.job_title.as_ref(),
        contact.mobile_phone.as_ref(),
        email,
    ]
    .map(|text| text.cloned().unwrap_or_default())
}

/// How the two sides compare.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Shown by one side and not by the other.
    pub lost: Vec<String>,
    /// Shown by both sides, more often by one of them.
    pub doubled: Vec<String>,
}

/// Compares the two copies, whatever their order.
pub fn compare<'a>(
    phone: impl Iterator<Item = &'a LocalContact>,
    outlook: impl Iterator<Item = &'a Contact>,
) -> Comparison {
    let mut counts: BTreeMap<Shown, (usize, usize)> = BTreeMap::new();
    for contact in phone {
        counts.entry(on_the_phone(contact)).or_default().0 += 1;
    }
    for contact in outlook {
        counts.entry(in_outlook(contact)).or_default().1 += 1;
    }
    let mut comparison = Comparison::default();
    for (shown, (on_the_phone, in_outlook)) in counts {
        let text = shown.join(" ").trim().to_owned();
        match (on_the_phone, in_outlook) {
            (0, _) => comparison.lost.push(format!("{text:?} is not on the iPhone")),
            (_, 0) => comparison.lost.push(format!("{text:?} is not in Outlook")),
            (one, other) if one != other => {
                comparison.doubled.push(format!("{text:?} is there {one} and {other} times"));
            }
            _ => {}
        }
    }
    comparison
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlook(first: &str) -> Contact {
        serde_json::from_value(serde_json::json!({ "givenName": first, "surname": "Muster" })).unwrap()
    }

    #[test]
    fn a_contact_one_side_lacks_is_lost_and_one_it_has_twice_is_doubled() {
        let phone = [LocalContact::named("Ada", "Muster"), LocalContact::named("Bea", "Muster")];
        let same = [outlook("Bea"), outlook("Ada")];
        assert_eq!(compare(phone.iter(), same.iter()), Comparison::default());
        let differing = [outlook("Ada"), outlook("Ada"), outlook("Cleo")];
        let found = compare(phone.iter(), differing.iter());
        assert_eq!(found.lost.len(), 2, "{found:?}");
        assert_eq!(found.doubled.len(), 1, "{found:?}");
    }
}
