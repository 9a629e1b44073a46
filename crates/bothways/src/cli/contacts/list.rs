//! `bothways contacts list`

use std::collections::HashMap;

use contact::{Card, Fact, display_name};
use hub::{BookId, CardId, Revision};
use serde::Serialize;

use super::{Done, List, books};
use crate::{
    ambient::moment,
    installation::Installation,
    limits::PAGE,
    output::{self, Column},
};

/// Deleted contacts listed at most.
const DELETED_MAX: u32 = 10_000;

/// A contact, as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    id: i64,
    name: String,
    emails: Vec<String>,
    phones: Vec<String>,
    book: String,
    revision: i64,
    modified: String,
    deleted: bool,
}

const COLUMNS: [Column<Row>; 6] = [
    Column("ID", |row| row.id.to_string()),
    Column("NAME", |row| row.name.clone()),
    Column("EMAIL", |row| row.emails.first().cloned().unwrap_or_default()),
    Column("PHONE", |row| row.phones.first().cloned().unwrap_or_default()),
    Column("BOOK", |row| row.book.clone()),
    Column("MODIFIED", |row| row.modified.clone()),
];

impl Row {
    fn new(id: CardId, card: &Card, book: &str, revision: Revision, modified: i64, deleted: bool) -> Self {
        let emails = card.items.iter().filter_map(|item| match &item.fact {
            Fact::Email(email) => Some(email.address.clone()),
            _ => None,
        });
        let phones = card.items.iter().filter_map(|item| match &item.fact {
            Fact::Phone(phone) => Some(phone.number.clone()),
            _ => None,
        });
        Self {
            id: id.0,
            name: display_name(card),
            emails: emails.collect(),
            phones: phones.collect(),
            book: book.to_owned(),
            revision: revision.0,
            modified: moment(modified),
            deleted,
        }
    }
}

pub(super) async fn run(installation: &Installation, options: List) -> anyhow::Result<Done> {
    let (_, access) = installation.access_of(&options.of.user).await?;
    let mut rows = Vec::new();
    let books = books(&access, options.book.as_deref()).await?;
    if options.deleted {
        let names: HashMap<BookId, &str> = books.iter().map(|book| (book.book, book.name.as_str())).collect();
        for (id, last) in access.deleted_cards(DELETED_MAX).await? {
            let book = names.get(&last.book).copied().unwrap_or_default();
            rows.push(Row::new(id, &last.card, book, last.revision, last.written_at, true));
        }
        output::list(options.json, &rows, &COLUMNS, "nothing has been deleted")?;
        return Ok(Done::Whole);
    }
    for book in &books {
        let mut after = CardId(0);
        loop {
            let page = access.cards(book.book, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            rows.extend(page.iter().map(|stored| {
                Row::new(stored.id, &stored.card, &book.name, stored.revision, stored.modified_at, false)
            }));
        }
    }
    output::list(options.json, &rows, &COLUMNS, "there are no contacts")?;
    Ok(Done::Whole)
}
