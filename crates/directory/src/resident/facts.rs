//! What is known of the entries, in memory, where the directory is small enough: reading a page of them from the table
//! costs several times what finding them does.

use contact::BlobHash;
use ledger::tables::directory::{Entry, EntryId};

use super::{
    Position,
    numbers::{push_number, take_number},
};
use crate::limits::FACTS_BYTES_MAX;

/// The entries by position: each is its twelve texts, with their lengths before them, and the hash of its photo.
#[derive(Debug)]
pub(super) struct Facts {
    /// Where each begins; [`NOWHERE`] where there is none.
    starts: Vec<u32>,
    bytes: Vec<u8>,
}

const NOWHERE: u32 = u32::MAX;

impl Facts {
    /// Room for so many entries.
    pub(super) fn new(entries: usize) -> Self {
        Self { starts: vec![NOWHERE; entries], bytes: Vec::new() }
    }

    /// Keeps an entry; `false` when that would take too much memory.
    pub(super) fn keep(&mut self, position: Position, entry: &Entry) -> bool {
        let (Some(place), Ok(start)) = (self.starts.get_mut(position as usize), u32::try_from(self.bytes.len())) else {
            return false;
        };
        *place = start;
        for text in texts(entry) {
            push_number(&mut self.bytes, text.len());
            self.bytes.extend_from_slice(text.as_bytes());
        }
        let photo = entry.photo.as_ref().map_or(&[][..], |hash| &hash.0);
        push_number(&mut self.bytes, photo.len());
        self.bytes.extend_from_slice(photo);
        self.bytes.len() <= FACTS_BYTES_MAX
    }

    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// The entry at a position; `None` when it was not kept.
    pub(super) fn entry(&self, position: Position, id: EntryId) -> Option<Entry> {
        let start = *self.starts.get(position as usize)?;
        let mut rest = self.bytes.get(start as usize..).filter(|_| start != NOWHERE)?;
        let mut piece = || {
            let (length, after) = take_number(rest)?;
            let (piece, after) = after.split_at_checked(length)?;
            rest = after;
            Some(piece)
        };
        let mut text = || Some(String::from_utf8_lossy(piece()?).into_owned());
        let mut entry = Entry {
            id,
            email: text()?,
            name: text()?,
            given_name: text()?,
            surname: text()?,
            phone: text()?,
            mobile: text()?,
            home_phone: text()?,
            company: text()?,
            department: text()?,
            title: text()?,
            office: text()?,
            alias: text()?,
            photo: None,
        };
        entry.photo = piece()?.try_into().ok().map(BlobHash);
        Some(entry)
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.starts.capacity() * size_of::<u32>()
    }
}

/// In the order in which they are kept.
fn texts(entry: &Entry) -> [&str; 12] {
    [
        &entry.email,
        &entry.name,
        &entry.given_name,
        &entry.surname,
        &entry.phone,
        &entry.mobile,
        &entry.home_phone,
        &entry.company,
        &entry.department,
        &entry.title,
        &entry.office,
        &entry.alias,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_back_as_it_was_kept() {
        let entry = |number: i64, photo| Entry {
            id: EntryId(number),
            email: format!("anna{number}@example.com"),
            name: "Ånna Schmidt".to_owned(),
            given_name: "Ånna".to_owned(),
            surname: "Schmidt".to_owned(),
            phone: "1".to_owned(),
            mobile: "2".to_owned(),
            home_phone: "3".to_owned(),
            company: "c".repeat(200),
            department: "Sales".to_owned(),
            title: String::new(),
            office: "Room 1".to_owned(),
            alias: "anna".to_owned(),
            photo,
        };
        let (first, second) = (entry(7, None), entry(8, Some(BlobHash([5; 32]))));
        let mut facts = Facts::new(3);
        assert!(facts.keep(2, &first) && facts.keep(0, &second));
        assert_eq!(facts.entry(2, first.id), Some(first));
        assert_eq!(facts.entry(0, second.id), Some(second));
        assert_eq!(facts.entry(1, EntryId(9)), None);
        assert_eq!(facts.entry(3, EntryId(9)), None);
    }
}
