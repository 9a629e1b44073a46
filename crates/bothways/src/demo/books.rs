//! The address books of the demonstration: five as other programs write them, and people made up for the rest.

use std::fmt::Write;

use contact::{ItemId, NewItemIds, vcard};
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// An address book as a program exports it.
pub struct Book {
    /// The program.
    pub program: &'static str,
    /// Its vCards.
    pub vcards: &'static [u8],
}

/// Five programs, five dialects, two versions of vCard.
pub const BOOKS: [Book; 5] = [
    Book { program: "iOS", vcards: include_bytes!("../../../contact/tests/cards/ios.vcf") },
    Book { program: "Outlook", vcards: include_bytes!("../../../contact/tests/cards/outlook.vcf") },
    Book { program: "Google", vcards: include_bytes!("../../../contact/tests/cards/google.vcf") },
    Book { program: "Android", vcards: include_bytes!("../../../contact/tests/cards/android.vcf") },
    Book { program: "Thunderbird", vcards: include_bytes!("../../../contact/tests/cards/thunderbird.vcf") },
];

/// The colleague who is searched for: first name, last name, address.
pub const COLLEAGUE: (&str, &str, &str) = ("Sönke", "Öhler", "soenke.oehler@lake.example");

/// People in the generated directory.
pub const DIRECTORY_SIZE: usize = 500;

const FIRST: [&str; 24] = [
    "Ada", "Alba", "Bruno", "Carla", "Dario", "Elif", "Emil", "Fatma", "Greta", "Henri", "Ines", "Jakob", "Kaja",
    "Leo", "Maja", "Nuno", "Olga", "Pavel", "Rosa", "Samir", "Tilda", "Umut", "Vera", "Zoë",
];
const LAST: [&str; 24] = [
    "Abel", "Bianchi", "Çetin", "Dubois", "Eriksen", "Fischer", "Günther", "Horvat", "Ivanov", "Jensen", "Kovács",
    "Lehmann", "Moreau", "Novák", "Ortega", "Petrov", "Quist", "Romano", "Silva", "Toth", "Ullmann", "Vogel", "Weiss",
    "Zimmer",
];
const COMPANIES: [&str; 6] =
    ["Fährwerk GmbH", "Nordlicht AB", "Porto & Filhos", "Studio Vela", "Werft am See", "Zwölf Zeilen Verlag"];
const TITLES: [&str; 6] = ["Buyer", "Captain", "Designer", "Engineer", "Head of Sales", "Planner"];

/// Made-up people; the same for the same seed.
struct People(StdRng);

/// One of them.
struct Invented {
    first: &'static str,
    /// With its point.
    initial: String,
    last: &'static str,
    company: &'static str,
    title: &'static str,
    mobile: String,
    work: String,
}

impl People {
    fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    fn next(&mut self) -> Invented {
        let mut number = |area: &str| format!("{area} {:07}", self.0.random_range(0..10_000_000_u32));
        let (mobile, work) = (number("+49 171"), number("+49 7531"));
        Invented {
            first: self.one_of(&FIRST),
            initial: format!("{}.", char::from(self.0.random_range(b'A'..=b'Z'))),
            last: self.one_of(&LAST),
            company: self.one_of(&COMPANIES),
            title: self.one_of(&TITLES),
            mobile,
            work,
        }
    }

    fn one_of(&mut self, texts: &[&'static str]) -> &'static str {
        let at = self.0.random_range(0..texts.len().max(1));
        texts.get(at).copied().unwrap_or_default()
    }
}

/// vCards of made-up people. A few of many share a name, as people do.
pub fn invented(count: usize, seed: u64) -> Vec<u8> {
    let mut people = People::new(seed);
    let mut text = String::new();
    for number in 0..count {
        let Invented { first, initial, last, company, title, mobile, work } = people.next();
        // Writing to a text does not fail.
        let _ = write!(
            text,
            "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:demo-{seed}-{number}\r\nN:{last};{first};{initial};;\r\nFN:{first} {initial} {last}\r\n\
             ORG:{company}\r\nTITLE:{title}\r\nTEL;TYPE=CELL:{mobile}\r\nTEL;TYPE=WORK:{work}\r\n\
             EMAIL;TYPE=WORK:person{number}@partner.example\r\nADR;TYPE=WORK:;;Hafenstraße {number};Konstanz;;78462;Germany\r\n\
             END:VCARD\r\n"
        );
    }
    text.into_bytes()
}

/// A directory as an administrator exports it: [`COLLEAGUE`] and made-up people.
pub fn directory(seed: u64) -> String {
    let mut people = People::new(seed.wrapping_add(1));
    let (first, last, email) = COLLEAGUE;
    let mut csv = "email,name,given_name,surname,phone,mobile,company,department,title,office\n".to_owned();
    let _ = writeln!(
        csv,
        "{email},{first} {last},{first},{last},+49 7531 555-0142,+49 171 5550142,Lake Ferries,Operations,Dispatcher,Pier 2"
    );
    for number in 1..DIRECTORY_SIZE {
        let Invented { first, last, title, mobile, work, .. } = people.next();
        let _ = writeln!(
            csv,
            "colleague{number}@lake.example,{first} {last},{first},{last},{work},{mobile},Lake Ferries,Operations,{title},Room {number}"
        );
    }
    csv
}

/// A photo: that of the first card which has one.
pub fn portrait() -> Option<Vec<u8>> {
    let mut ids = Counting(0);
    let cards = BOOKS.iter().flat_map(|book| vcard::read(book.vcards, &mut ids).flatten().collect::<Vec<_>>());
    cards.flat_map(|card| card.photos).map(|photo| photo.original).next()
}

/// Ids of cards that are looked at and thrown away.
struct Counting(u64);

impl NewItemIds for Counting {
    fn new_item_id(&mut self) -> ItemId {
        self.0 += 1;
        ItemId(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_up_the_same_people() {
        assert_eq!(invented(20, 7), invented(20, 7));
        assert_ne!(invented(20, 7), invented(20, 8));
        assert_eq!(directory(7), directory(7));
    }

    #[test]
    fn every_made_up_person_is_a_card_and_a_line() {
        let cards = invented(300, 1);
        let read = vcard::read(&cards, &mut Counting(0)).flatten().count();
        assert_eq!(read, 300);
        assert_eq!(directory(1).lines().count(), DIRECTORY_SIZE + 1);
    }

    #[test]
    fn there_is_a_portrait_in_the_address_books() {
        assert!(contact::photo::prepare(&portrait().unwrap()).is_ok());
    }
}
