//! Contacts for phones to send.

use phone::{LocalContact, Property};

const FIRST: [&str; 16] = [
    "Anna", "Bruno", "Carla", "Derya", "Émile", "Fatima", "Gül", "Håkon", "Ines", "Jörg", "Kaito", "Lea", "Marek",
    "Nadia", "Óscar", "Petra",
];
const LAST: [&str; 16] = [
    "Abel",
    "Bergström",
    "Çelik",
    "Dubois",
    "Ebner",
    "Fischer",
    "García",
    "Hansen",
    "Ito",
    "Jansen",
    "Kovač",
    "Lindner",
    "Müller",
    "Novák",
    "Öztürk",
    "Petrov",
];

/// The n-th sample contact: about ten properties, no two alike in name.
pub fn contact(n: usize, photo: Option<&[u8]>) -> LocalContact {
    let first = FIRST.get(n % FIRST.len()).copied().unwrap_or_default();
    let last = LAST.get((n / FIRST.len()) % LAST.len()).copied().unwrap_or_default();
    let contact = LocalContact::named(first, &format!("{last} {n}"))
        .with(Property::CompanyName, format!("Werk {}", n % 50))
        .with(Property::JobTitle, "Technik")
        .with(Property::Email1Address, format!("person{n}@example.net"))
        .with(Property::MobilePhoneNumber, format!("+49 170 {:07}", n % 10_000_000))
        .with(Property::BusinessPhoneNumber, format!("+49 30 {:06}", n % 1_000_000))
        .with(Property::BusinessAddressStreet, format!("Hauptstraße {}", n % 200))
        .with(Property::BusinessAddressCity, "Berlin")
        .with(Property::BusinessAddressPostalCode, format!("{:05}", 10_000 + n % 4_000))
        .with(Property::Birthday, format!("19{:02}-{:02}-{:02}", 50 + n % 50, 1 + n % 12, 1 + n % 28))
        .with_note(format!("Nummer {n}"));
    match photo {
        Some(photo) => contact.with_picture(photo),
        None => contact,
    }
}
