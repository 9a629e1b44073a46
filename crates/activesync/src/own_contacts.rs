//! Searching a person's own contacts, for the commands that search a mailbox or resolve a name.

use contact::{
    Card, Fact,
    eas::{EasContact, Picture},
};
use hub::{BookId, CardId, HubError, cards::StoredCard};
use wbxml::Fragment;

use crate::{application_data, session::Session, status::Refusal};

/// Cards read from the ledger at a time.
const PORTION: u32 = 256;

/// Calls `each` with every living card of the books until it says that it has enough.
pub(crate) async fn scan(
    session: &Session,
    books: &[BookId],
    mut each: impl FnMut(StoredCard) -> bool,
) -> Result<(), Refusal> {
    for book in books {
        let mut after = CardId(0);
        loop {
            let portion = match session.access.cards(*book, after, PORTION).await {
                Err(HubError::NoSuchBook(_)) => break,
                other => other?,
            };
            let Some(last) = portion.last() else { break };
            after = last.id;
            for card in portion {
                if !each(card) {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Words to find: each must occur in some fact of the card, without regard to case.
pub(crate) struct Words(Vec<String>);

impl Words {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.split_whitespace().map(str::to_lowercase).collect())
    }

    pub(crate) fn occur_in(&self, card: &Card) -> bool {
        let text = searchable(card);
        !self.0.is_empty() && self.0.iter().all(|word| text.contains(word.as_str()))
    }
}

/// The card's texts a person would search for, in lower case.
fn searchable(card: &Card) -> String {
    let mut text = String::new();
    let mut add = |part: &str| {
        text.push_str(&part.to_lowercase());
        text.push('\n');
    };
    for item in &card.items {
        match &item.fact {
            Fact::Name(name) => {
                let parts = [&name.full, &name.given, &name.given2, &name.surname, &name.file_as];
                parts.into_iter().flatten().for_each(|part| add(part));
            }
            Fact::Nickname(part) | Fact::Note(part) | Fact::Keyword(part) | Fact::Link(part) => add(part),
            Fact::Organization(company) => {
                company.name.iter().chain(&company.units).chain(&company.office).for_each(|part| add(part));
            }
            Fact::Title(title) => add(&title.name),
            Fact::Email(email) => add(&email.address),
            Fact::Phone(phone) => add(&phone.number),
            Fact::Address(address) => {
                [&address.street, &address.city, &address.country].into_iter().flatten().for_each(|part| add(part));
            }
            Fact::Relation(relation) => add(&relation.name),
            Fact::OnlineService(service) => add(&service.user),
            Fact::Anniversary(_) | Fact::Photo(_) | Fact::Identifier(_) | Fact::Opaque(_) => {}
        }
    }
    text
}

/// The name a card is shown under.
pub(crate) fn display_name(card: &Card) -> Option<String> {
    card.items.iter().find_map(|item| match &item.fact {
        Fact::Name(name) => name.full.clone().or_else(|| {
            let parts: Vec<&str> = [&name.given, &name.surname].into_iter().flatten().map(String::as_str).collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        }),
        _ => None,
    })
}

/// The card's addresses.
pub(crate) fn addresses(card: &Card) -> impl Iterator<Item = &str> {
    card.items.iter().filter_map(|item| match &item.fact {
        Fact::Email(email) => Some(email.address.as_str()),
        _ => None,
    })
}

/// The bytes of the picture a contact form names.
pub(crate) async fn picture(session: &Session, contact: &EasContact) -> Result<Option<Vec<u8>>, Refusal> {
    match contact.picture {
        Picture::Photo(hash) => Ok(session.access.photo(hash).await?),
        Picture::Absent | Picture::Empty => Ok(None),
    }
}

/// A card as this client sees it, encoded; only those elements that `wanted` names.
pub(crate) async fn form(
    session: &Session,
    card: &Card,
    body_truncation: Option<u32>,
    wanted: impl Fn(contact::eas::Element) -> bool,
) -> Result<Fragment, Refusal> {
    let lens = session.lens(body_truncation);
    let contact = lens.project(card);
    let picture = picture(session, &contact).await?;
    Ok(Fragment::write(|w| {
        application_data::write(w, &contact, lens.served_body(&contact), picture.as_deref(), wanted);
    }))
}
