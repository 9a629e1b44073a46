//! Whether the iPhone and Outlook show the same contacts.

use std::collections::BTreeMap;

use phone::{LocalContact, Property};

use super::outlook::Contact;

/// A contact as both sides can show it: name, company, job title, mobile number, first e-mail address.
type Shown = [String; 5];

fn on_the_phone(contact: &LocalContact) -> Shown {
    let text = |property| contact.get(property).unwrap_or_default();
    [
        format!("{} {}", text(Property::FirstName), text(Property::LastName)).trim().to_owned(),
        text(Property::CompanyName).to_owned(),
        text(Property::JobTitle).to_owned(),
        text(Property::MobilePhoneNumber).to_owned(),
        text(Property::Email1Address).to_owned(),
    ]
}

fn in_outlook(contact: &Contact) -> Shown {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let email = contact.email_addresses.first().and_then(|email| email.address.clone()).unwrap_or_default();
    let company = text(&contact.company_name);
    let parts = format!("{} {}", text(&contact.given_name), text(&contact.surname));
    // A name known only as a whole comes to the phone in words; what merely stands for a name does not.
    let whole = text(&contact.display_name);
    let name = match parts.trim() {
        "" if whole == company || whole == email => String::new(),
        "" => whole,
        parts => parts.to_owned(),
    };
    [name, company, text(&contact.job_title), text(&contact.mobile_phone), email]
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
