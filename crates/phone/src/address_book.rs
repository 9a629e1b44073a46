//! One folder's contacts as a device keeps them, with what it still has to tell the server.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::application_data::{Received, Sending};
use crate::file_as::Pattern;
use crate::ids::{LocalId, ServerId};
use crate::local_contact::LocalContact;
use crate::property::Property;

/// What the server still has to be told about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Unsent {
    /// Nothing.
    #[default]
    Nothing,
    /// The record is new.
    Add,
    /// The record was edited.
    Change,
}

/// A contact in the device's store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Record {
    /// The contact.
    pub contact: LocalContact,
    /// The server's id, once it is known.
    pub server_id: Option<ServerId>,
    /// What is still to be sent.
    pub unsent: Unsent,
    /// The automatic pattern its FileAs follows.
    pub file_as: Option<Pattern>,
    /// The person removed the picture since the record was last in step.
    pub picture_removed: bool,
    /// The person removed the note since the record was last in step.
    pub note_removed: bool,
}

impl Record {
    /// What sending it depends on.
    pub fn sending(&self, own_pictures_only: bool) -> Sending {
        Sending {
            file_as: self.file_as,
            picture_removed: self.picture_removed,
            note_removed: self.note_removed,
            own_pictures_only,
        }
    }
}

/// What iOS compares in the first run: exact first, last, middle and company name, those present.
type Name = [Option<String>; 4];

/// What an Add did to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// A new record.
    New,
    /// The record had this server id already.
    Known,
    /// In the first run: merged into a record of the same name that had no server id.
    MergedByName,
    /// In the first run: merged into a record of the same name that was *another* server contact.
    Collapsed,
    /// The contact waits to be deleted on the server.
    AwaitsDeletion,
}

/// One folder's records.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct AddressBook {
    records: BTreeMap<LocalId, Record>,
    deletions: Vec<ServerId>,
    #[serde(skip)]
    by_server: HashMap<ServerId, LocalId>,
    #[serde(skip)]
    unsent: BTreeSet<LocalId>,
    /// Only while a first run is under way.
    #[serde(skip)]
    by_name: Option<HashMap<Name, LocalId>>,
}

/// The part of an address book that is kept; the rest is computed from it.
#[derive(Deserialize)]
struct Stored {
    records: BTreeMap<LocalId, Record>,
    deletions: Vec<ServerId>,
}

impl From<Stored> for AddressBook {
    fn from(Stored { records, deletions }: Stored) -> Self {
        let by_server = records.iter().filter_map(|(id, record)| Some((record.server_id.clone()?, *id))).collect();
        let unsent = records.iter().filter(|(_, record)| record.unsent != Unsent::Nothing).map(|(id, _)| *id).collect();
        AddressBook { records, deletions, by_server, unsent, by_name: None }
    }
}

impl AddressBook {
    /// All records by local id.
    pub fn records(&self) -> impl Iterator<Item = (LocalId, &Record)> {
        self.records.iter().map(|(id, record)| (*id, record))
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// A record; `None` if there is none with this id.
    pub fn get(&self, id: LocalId) -> Option<&Record> {
        self.records.get(&id)
    }

    /// The record with this server id.
    pub fn find(&self, server_id: &ServerId) -> Option<LocalId> {
        self.by_server.get(server_id).copied()
    }

    /// Whether anything is still to be told to the server.
    pub fn has_unsent(&self) -> bool {
        !self.unsent.is_empty() || !self.deletions.is_empty()
    }

    /// A record typed in on the device.
    pub fn enter(&mut self, id: LocalId, contact: LocalContact) {
        self.records.insert(id, Record { contact, unsent: Unsent::Add, ..Record::default() });
        self.unsent.insert(id);
    }

    /// Puts an edited contact in the place of the old one; `false` if there is no such record.
    pub fn edit(&mut self, id: LocalId, contact: LocalContact) -> bool {
        let Some(record) = self.records.get_mut(&id) else { return false };
        record.picture_removed |= record.contact.picture.is_some() && contact.picture.is_none();
        record.note_removed |= !record.contact.note.is_empty() && contact.note.is_empty();
        record.contact = contact;
        record.unsent = if record.server_id.is_some() { Unsent::Change } else { Unsent::Add };
        self.unsent.insert(id);
        true
    }

    /// Deletes a record on the device; `false` if there is no such record. One the server never heard of leaves no trace.
    pub fn delete(&mut self, id: LocalId) -> bool {
        let Some(record) = self.records.get(&id) else { return false };
        self.deletions.extend(record.server_id.clone());
        self.remove(id);
        true
    }

    /// Up to `limit` records still to be sent, then deletions; in the order in which they are sent.
    pub fn unsent(&self, limit: usize) -> (Vec<LocalId>, Vec<ServerId>) {
        let is = |id: &LocalId, what| self.records.get(id).is_some_and(|record| record.unsent == what);
        let adds = self.unsent.iter().filter(|id| is(id, Unsent::Add));
        let changes = self.unsent.iter().filter(|id| is(id, Unsent::Change));
        let records: Vec<LocalId> = adds.chain(changes).take(limit).copied().collect();
        let deletions = self.deletions.iter().take(limit - records.len()).cloned().collect();
        (records, deletions)
    }

    /// The server took an Add.
    pub fn add_accepted(&mut self, id: LocalId, server_id: ServerId) {
        self.sent(id);
        self.assign(id, server_id);
    }

    /// The server took a Change, or refused something that is not to be sent again until the next edit.
    pub fn sent(&mut self, id: LocalId) {
        if let Some(record) = self.records.get_mut(&id) {
            record.unsent = Unsent::Nothing;
            record.picture_removed = false;
            record.note_removed = false;
        }
        self.unsent.remove(&id);
    }

    /// The server was told of a deletion.
    pub fn deletion_sent(&mut self, server_id: &ServerId) {
        self.deletions.retain(|waiting| waiting != server_id);
    }

    /// Removes a record without telling the server.
    pub fn remove(&mut self, id: LocalId) {
        if let Some(record) = self.records.remove(&id)
            && let Some(server_id) = record.server_id
        {
            self.by_server.remove(&server_id);
        }
        self.unsent.remove(&id);
    }

    /// The start of a first run: everything the server gave is dropped, edits it has not had stay and lose their server id.
    pub fn drain(&mut self) {
        self.records.retain(|_, record| record.unsent != Unsent::Nothing);
        self.by_server.clear();
        for record in self.records.values_mut() {
            record.server_id = None;
            record.unsent = Unsent::Add;
        }
        self.unsent = self.records.keys().copied().collect();
        self.by_name = None;
    }

    /// The first run is over; from now on only server ids count.
    pub fn first_run_over(&mut self) {
        self.by_name = None;
    }

    /// An Add of the first run: matched by name, merged, what only the device has is kept and will be sent.
    pub fn add_in_first_run(&mut self, server_id: ServerId, received: Received, fresh: LocalId) -> Added {
        if self.deletions.contains(&server_id) {
            return Added::AwaitsDeletion;
        }
        if let Some(id) = self.find(&server_id) {
            self.merge(id, &received);
            return Added::Known;
        }
        let name = name_of(&received.contact);
        let namesake = name.as_ref().and_then(|name| self.names().get(name).copied());
        let Some(id) = namesake else {
            self.insert(fresh, server_id, received);
            if let Some(name) = name {
                self.names().insert(name, fresh);
            }
            return Added::New;
        };
        let outcome = match self.get(id).and_then(|record| record.server_id.clone()) {
            Some(other) => {
                self.by_server.remove(&other);
                Added::Collapsed
            }
            None => Added::MergedByName,
        };
        self.merge(id, &received);
        self.assign(id, server_id);
        outcome
    }

    /// An Add outside the first run: matched by server id only.
    pub fn add(&mut self, server_id: ServerId, received: Received, fresh: LocalId) -> Added {
        if self.deletions.contains(&server_id) {
            return Added::AwaitsDeletion;
        }
        if let Some(id) = self.find(&server_id) {
            self.merge(id, &received);
            return Added::Known;
        }
        self.insert(fresh, server_id, received);
        Added::New
    }

    /// A Change: full replace. `false` if the device has no such record.
    ///
    /// An edit that waits for its turn stays as it is: it goes out as it was collected.
    pub fn replace(&mut self, server_id: &ServerId, received: Received) -> bool {
        let Some(id) = self.find(server_id) else { return self.deletions.contains(server_id) };
        if let Some(record) = self.records.get_mut(&id)
            && record.unsent == Unsent::Nothing
        {
            record.contact = received.contact;
            record.file_as = received.file_as;
        }
        true
    }

    /// A Delete from the server. `false` if the device has no such record.
    pub fn deleted_by_server(&mut self, server_id: &ServerId) -> bool {
        let waiting = self.deletions.len();
        self.deletion_sent(server_id);
        match self.find(server_id) {
            Some(id) => {
                self.remove(id);
                true
            }
            None => self.deletions.len() < waiting,
        }
    }

    fn insert(&mut self, id: LocalId, server_id: ServerId, received: Received) {
        let Received { contact, file_as } = received;
        self.records.insert(id, Record { contact, file_as, ..Record::default() });
        self.assign(id, server_id);
    }

    fn assign(&mut self, id: LocalId, server_id: ServerId) {
        if let Some(record) = self.records.get_mut(&id) {
            record.server_id = Some(server_id.clone());
            if record.unsent == Unsent::Add {
                record.unsent = Unsent::Change;
            }
            self.by_server.insert(server_id, id);
        }
    }

    /// Merges what the server sent into a record. An edit the server has not had wins over the server's value; otherwise the
    /// server's wins, and what only the device has stays and is sent back.
    fn merge(&mut self, id: LocalId, received: &Received) {
        let Some(record) = self.records.get_mut(&id) else { return };
        let (mut merged, weaker) = if record.unsent == Unsent::Nothing {
            (received.contact.clone(), &record.contact)
        } else {
            (record.contact.clone(), &received.contact)
        };
        for (property, value) in &weaker.texts {
            merged.texts.entry(*property).or_insert_with(|| value.clone());
        }
        let fill = |list: &mut Vec<String>, other: &Vec<String>| {
            if list.is_empty() {
                list.clone_from(other);
            }
        };
        fill(&mut merged.categories, &weaker.categories);
        fill(&mut merged.children, &weaker.children);
        if merged.note.is_empty() {
            merged.note.clone_from(&weaker.note);
        }
        if merged.picture.is_none() {
            merged.picture.clone_from(&weaker.picture);
        }
        merged.unsendable.clone_from(&record.contact.unsendable);
        let same_as_server = same_on_the_wire(&merged, &received.contact);
        record.contact = merged;
        record.file_as = received.file_as.or(record.file_as);
        if same_as_server {
            record.unsent = Unsent::Nothing;
            self.unsent.remove(&id);
        } else {
            record.unsent = Unsent::Change;
            self.unsent.insert(id);
        }
    }

    fn names(&mut self) -> &mut HashMap<Name, LocalId> {
        let records = &self.records;
        self.by_name.get_or_insert_with(|| {
            records.iter().filter_map(|(id, record)| Some((name_of(&record.contact)?, *id))).collect()
        })
    }
}

/// Equal in everything that travels; FileAs never counts.
fn same_on_the_wire(left: &LocalContact, right: &LocalContact) -> bool {
    let texts = |contact: &LocalContact| {
        let mut texts = contact.texts.clone();
        texts.remove(&Property::FileAs);
        texts
    };
    texts(left) == texts(right)
        && left.categories == right.categories
        && left.children == right.children
        && left.note == right.note
        && left.picture_bytes() == right.picture_bytes()
}

/// The name a contact is matched by; `None` if it has none of the parts.
fn name_of(contact: &LocalContact) -> Option<Name> {
    let parts = [Property::FirstName, Property::LastName, Property::MiddleName, Property::CompanyName];
    let name = parts.map(|property| contact.get(property).map(str::to_owned));
    name.iter().any(Option::is_some).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(contact: LocalContact) -> Received {
        Received { contact, file_as: None }
    }

    fn server(id: &str) -> ServerId {
        ServerId(id.to_owned())
    }

    #[test]
    fn two_namesakes_of_the_first_run_collapse_into_one_record_and_their_union_is_sent() {
        let mut book = AddressBook::default();
        let home = LocalContact::named("Bea", "Muster").with(Property::HomePhoneNumber, "1");
        let work = LocalContact::named("Bea", "Muster").with(Property::BusinessPhoneNumber, "2");
        assert_eq!(book.add_in_first_run(server("1"), received(home), LocalId(1)), Added::New);
        assert_eq!(book.add_in_first_run(server("2"), received(work), LocalId(2)), Added::Collapsed);
        assert_eq!(book.len(), 1);
        let record = book.get(LocalId(1)).unwrap();
        assert_eq!(record.server_id, Some(server("2")));
        assert_eq!(record.unsent, Unsent::Change);
        assert_eq!(record.contact.get(Property::HomePhoneNumber), Some("1"));
        assert_eq!(record.contact.get(Property::BusinessPhoneNumber), Some("2"));
    }

    #[test]
    fn after_the_first_run_a_namesake_is_a_contact_of_its_own() {
        let mut book = AddressBook::default();
        book.add_in_first_run(server("1"), received(LocalContact::named("Bea", "Muster")), LocalId(1));
        book.first_run_over();
        assert_eq!(book.add(server("2"), received(LocalContact::named("Bea", "Muster")), LocalId(2)), Added::New);
        assert_eq!(book.len(), 2);
        assert!(!book.has_unsent());
    }

    #[test]
    fn an_unsent_contact_survives_a_reset_and_finds_its_server_self_by_name() {
        let mut book = AddressBook::default();
        book.add(server("1"), received(LocalContact::named("Old", "One")), LocalId(1));
        book.enter(LocalId(2), LocalContact::named("Bea", "Muster").with(Property::MobilePhoneNumber, "3"));
        book.drain();
        assert_eq!(book.len(), 1);
        let on_server = LocalContact::named("Bea", "Muster").with(Property::MobilePhoneNumber, "3");
        assert_eq!(book.add_in_first_run(server("9"), received(on_server), LocalId(3)), Added::MergedByName);
        assert_eq!(book.len(), 1);
        assert!(!book.has_unsent(), "nothing was only on the device");
    }

    #[test]
    fn a_change_replaces_everything_the_picture_included() {
        let mut book = AddressBook::default();
        let full = LocalContact::named("Bea", "Muster").with(Property::MobilePhoneNumber, "1").with_picture([1]);
        book.add(server("1"), received(full), LocalId(1));
        assert!(book.replace(&server("1"), received(LocalContact::named("Bea", "Meister"))));
        assert_eq!(book.get(LocalId(1)).unwrap().contact, LocalContact::named("Bea", "Meister"));
        assert!(!book.replace(&server("2"), received(LocalContact::new())));
    }

    #[test]
    fn what_is_kept_on_disk_is_enough() {
        let mut book = AddressBook::default();
        book.add(server("1"), received(LocalContact::named("A", "B")), LocalId(1));
        book.add(server("2"), received(LocalContact::named("C", "D")), LocalId(2));
        book.enter(LocalId(3), LocalContact::named("E", "F"));
        book.edit(LocalId(1), LocalContact::named("A", "X"));
        book.delete(LocalId(2));
        let text = serde_json::to_string(&book).unwrap();
        let back: AddressBook = serde_json::from_str(&text).unwrap();
        assert_eq!(back.unsent(25), (vec![LocalId(3), LocalId(1)], vec![server("2")]));
        assert_eq!(back.find(&server("1")), Some(LocalId(1)));
    }
}
