//! `bothways contacts import`: vCard files into a person's contacts.
//!
//! A card is known by its UID. One that is there stays as it is: it may have been changed since, and a file does not
//! say against which version it was written. A card without UID gets one made of what it says, so that the same file
//! finds it again.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use contact::{
    Card,
    photo::PreparedPhoto,
    vcard::{self, ImportedCard},
};
use hub::{Access, BookId};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Done, Import, read_file, same_name};
use crate::{
    ambient::SystemEntropy,
    installation::Installation,
    limits::{IMPORT_BATCH, IMPORT_BATCH_PHOTO_BYTES, IMPORT_ERRORS_SHOWN},
    output,
    progress::Progress,
};

/// An import's outcome, as it is printed.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Outcome {
    dry_run: bool,
    /// New contacts.
    pub(crate) added: usize,
    /// Cards that were there already.
    pub(crate) already_there: usize,
    /// Cards that could not be read.
    pub(crate) not_read: usize,
    /// What could not be read, with its line; the first of many.
    pub(crate) problems: Vec<String>,
}

impl Outcome {
    fn problem(&mut self, file: &Path, what: &dyn std::fmt::Display) {
        if self.problems.len() < IMPORT_ERRORS_SHOWN {
            self.problems.push(format!("{}: {what}", file.display()));
        }
    }
}

pub(super) async fn run(installation: &Installation, options: Import) -> anyhow::Result<Done> {
    let (_, access) = installation.access_of(&options.of.user).await?;
    let files = options.files.into_iter().map(|file| read_file(&file).map(|bytes| (file, bytes)));
    let files = files.collect::<anyhow::Result<Vec<_>>>()?;
    let target = target(&access, options.book.as_deref(), options.dry_run).await?;
    let outcome = import_into(access, target, &files).await?;
    print(&outcome, options.json)?;
    Ok(if outcome.not_read == 0 { Done::Whole } else { Done::InPart })
}

/// Imports files, each with its name, into the default book.
pub(crate) async fn import_files(access: Access, files: &[(PathBuf, Vec<u8>)]) -> anyhow::Result<Outcome> {
    let target = target(&access, None, false).await?;
    import_into(access, target, files).await
}

async fn import_into(access: Access, target: Target, files: &[(PathBuf, Vec<u8>)]) -> anyhow::Result<Outcome> {
    let outcome = Outcome { dry_run: matches!(target, Target::Nowhere), ..Outcome::default() };
    let mut work = Work { target, access, known: HashMap::new(), batch: Batch::default(), outcome };
    let mut bar = Progress::new("Importing");
    let total = files.iter().map(|(_, bytes)| count_cards(bytes)).sum();
    let mut done = 0;
    for (file, bytes) in files {
        let mut ids = SystemEntropy;
        for card in vcard::read(bytes, &mut ids) {
            match card {
                Ok(card) => work.take(file, card).await?,
                Err(error) => {
                    work.outcome.not_read += 1;
                    work.outcome.problem(file, &error);
                }
            }
            done += 1;
            bar.set(done, total);
        }
    }
    work.flush().await?;
    bar.finish();
    Ok(work.outcome)
}

/// Where new cards go.
#[derive(Debug, Clone, Copy)]
enum Target {
    /// Into this book.
    Book(BookId),
    /// Nowhere: this is a dry run.
    Nowhere,
}

async fn target(access: &Access, name: Option<&str>, dry_run: bool) -> anyhow::Result<Target> {
    if dry_run {
        return Ok(Target::Nowhere);
    }
    let Some(name) = name else { return Ok(Target::Book(access.default_book().await?.book)) };
    match access.books().await?.into_iter().find(|book| same_name(&book.name, name)) {
        Some(book) => Ok(Target::Book(book.book)),
        None => Ok(Target::Book(access.create_book(name).await?.book)),
    }
}

struct Work {
    access: Access,
    target: Target,
    /// The UIDs of this import, with what their cards say.
    known: HashMap<String, Content>,
    batch: Batch,
    outcome: Outcome,
}

#[derive(Default)]
struct Batch {
    cards: Vec<(Card, Vec<PreparedPhoto>)>,
    photo_bytes: usize,
}

impl Work {
    async fn take(&mut self, file: &Path, imported: ImportedCard) -> anyhow::Result<()> {
        for remark in &imported.remarks {
            self.outcome.problem(file, remark);
        }
        let Some(uid) = self.uid(&imported) else {
            self.outcome.already_there += 1;
            return Ok(());
        };
        if !self.access.cards_of_uid(&uid).await?.is_empty() {
            self.outcome.already_there += 1;
            return Ok(());
        }
        self.outcome.added += 1;
        if matches!(self.target, Target::Nowhere) {
            return Ok(());
        }
        self.batch.photo_bytes += imported.photos.iter().map(|photo| photo.original.len()).sum::<usize>();
        self.batch.cards.push((Card { uid, ..imported.card }, imported.photos));
        if self.batch.cards.len() >= IMPORT_BATCH || self.batch.photo_bytes >= IMPORT_BATCH_PHOTO_BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    /// The UID under which a card is looked up and kept; `None` when this import has had the very same card.
    fn uid(&mut self, imported: &ImportedCard) -> Option<String> {
        let content = Content::of(&imported.card);
        if imported.has_uid {
            let uid = &imported.card.uid;
            match self.known.get(uid) {
                None => {
                    self.known.insert(uid.clone(), content);
                    return Some(uid.clone());
                }
                Some(before) if *before == content => return None,
                // Two different cards under one UID: some programs copy cards with it. Neither may be lost.
                Some(_) => {}
            }
        }
        let mut copy = 0;
        loop {
            let uid = content.uid(copy);
            match self.known.get(&uid) {
                // The same card with a UID of its own, twice under the UID of another one.
                Some(_) if imported.has_uid => return None,
                // Two alike without UID may be meant to be two.
                Some(_) => copy += 1,
                None => {
                    self.known.insert(uid.clone(), content);
                    return Some(uid);
                }
            }
        }
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        let Batch { cards, .. } = std::mem::take(&mut self.batch);
        if let (Target::Book(book), false) = (self.target, cards.is_empty()) {
            self.access.create_all(book, cards).await?;
        }
        Ok(())
    }
}

/// What a card says, whatever its UID and the ids of its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Content([u8; 32]);

impl Content {
    pub(super) fn of(card: &Card) -> Self {
        let mut digest = Sha256::new();
        for item in &card.items {
            let said = (&item.fact, &item.contexts, &item.label, item.pref);
            // Facts are plain data, so this does not fail; if it did, the cards would only look alike.
            digest.update(serde_json::to_vec(&said).unwrap_or_default());
            digest.update(b"\n");
        }
        Self(digest.finalize().into())
    }

    /// A UUID of version 8 (RFC 9562 5.8), the same for the same content.
    pub(super) fn uid(self, copy: u32) -> String {
        let digest: [u8; 32] = Sha256::new_with_prefix(self.0).chain_update(copy.to_be_bytes()).finalize().into();
        let bits = digest.iter().take(16).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        format!("urn:uuid:{}", crate::ambient::uuid_text(bits, 8))
    }
}

fn count_cards(bytes: &[u8]) -> usize {
    let is_begin = |line: &&[u8]| line.trim_ascii().eq_ignore_ascii_case(b"BEGIN:VCARD");
    bytes.split(|byte| *byte == b'\n').filter(is_begin).count()
}

fn print(outcome: &Outcome, json: bool) -> anyhow::Result<()> {
    if json {
        return output::object(outcome);
    }
    for problem in &outcome.problems {
        eprintln!("{problem}");
    }
    let head = if outcome.dry_run { "Would import" } else { "Imported" };
    output::line(&format!(
        "{head}: {} added, {} there already, {} not read",
        outcome.added, outcome.already_there, outcome.not_read
    ))
}
