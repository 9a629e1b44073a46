//! What is shown, in the order of the play. Every function does something, checks what it is about to say, and says it.

mod clients;
mod closing;
mod deletion;
mod edits;
mod mishaps;
mod opening;

use anyhow::Context;
use contact::{Card, Fact};
use hub::{Access, CardId, cards::StoredCard};
use phone::{LocalId, Phone, PhoneError, Property};

use super::{Line, PERSON, house::House};
use crate::installation::Installation;

pub use clients::{first_sync, outlook_reads, set_up};
pub use closing::{agreement, rules, search};
pub use deletion::{delete, restore};
pub use edits::{both_edit, conflict, iphone_edits, outlook_edits};
pub use mishaps::{lost_answer, restart};
pub use opening::{directory, hub, import, import_again, person};

/// Contacts that the play itself adds and leaves there.
pub const ADDED_ON_THE_WAY: usize = 1;

/// First and last name of the contacts the scenes are about; all come from the five address books.
type Name = (&'static str, &'static str);

/// From Outlook's book. Outlook edits her.
const ELEANOR: Name = ("Eleanor", "Whitcombe");
/// From the iPhone's book: four e-mail addresses, three numbers at home, numbers under labels of her own.
const KAETHE: Name = ("Käthe", "Grünwald");
/// From Outlook's book. Both sides edit him.
const FRIEDRICH: Name = ("Friedrich", "Bauer");
/// From Android's book. Both sides edit his number.
const PIOTR: Name = ("Piotr", "Kowalski");
/// From Google's book. Deleted and brought back.
const MAREK: Name = ("Marek", "Dvořák");
/// There twice in the iPhone's book: two people of one name.
const TWO_OF_A_NAME: Name = ("Jan", "Müller");

/// The contact with this name on the phone; there must be exactly one.
fn only_on(phone: &Phone, (first, last): Name) -> anyhow::Result<LocalId> {
    let named = |(id, contact): (LocalId, &phone::LocalContact)| {
        let same = contact.get(Property::FirstName) == Some(first) && contact.get(Property::LastName) == Some(last);
        same.then_some(id)
    };
    let found: Vec<LocalId> = phone.contacts().filter_map(named).collect();
    match found.as_slice() {
        [only] => Ok(*only),
        found => anyhow::bail!("the iPhone has {first} {last} {} times", found.len()),
    }
}

/// A property of a contact as the phone shows it.
fn shown(phone: &Phone, id: LocalId, property: Property) -> anyhow::Result<String> {
    let contact = phone.contact(id).context("the contact is gone from the iPhone")?;
    Ok(contact.get(property).unwrap_or_default().to_owned())
}

/// Types something into the phone; it is sent with the next sync.
fn type_in(phone: &mut Phone, id: LocalId, property: Property, text: &str) -> Result<(), PhoneError> {
    phone.edit(id, |contact| contact.set(property, text))
}

/// The data folder as an administrator sees it, beside the running hub.
struct Administrator {
    installation: Installation,
    access: Access,
}

impl Administrator {
    async fn of(house: &House) -> anyhow::Result<Self> {
        let installation = house.administer().await?;
        let (_, access) = installation.access_of(PERSON.0).await?;
        Ok(Self { installation, access })
    }

    /// The card of this name.
    async fn card(&self, name: Name) -> anyhow::Result<StoredCard> {
        const PAGE: u32 = 500;
        let book = self.access.default_book().await?.book;
        let mut after = CardId(0);
        loop {
            let page = self.access.cards(book, after, PAGE).await?;
            after = page.last().map(|card| card.id).with_context(|| format!("the hub has no {} {}", name.0, name.1))?;
            if let Some(found) = page.into_iter().find(|stored| is_named(&stored.card, name)) {
                return Ok(found);
            }
        }
    }
}

fn is_named(card: &Card, (first, last): Name) -> bool {
    card.items.iter().any(|item| match &item.fact {
        Fact::Name(name) => name.given.as_deref() == Some(first) && name.surname.as_deref() == Some(last),
        _ => false,
    })
}
