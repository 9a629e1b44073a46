//! `bothways contacts export`: a person's contacts as one vCard file.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use anyhow::Context;
use contact::{
    BlobHash, Card, Fact,
    vcard::{self, VcardVersion},
};
use hub::{Access, CardId};

use super::{Done, Export, Format, books};
use crate::{installation::Installation, limits::PAGE};

pub(super) async fn run(installation: &Installation, options: Export) -> anyhow::Result<Done> {
    let (_, access) = installation.access_of(&options.of.user).await?;
    let version = match options.format {
        Format::V3 => VcardVersion::V3,
        Format::V4 => VcardVersion::V4,
    };
    let books = books(&access, options.book.as_deref()).await?;
    let mut out = destination(options.output.as_deref())?;
    for book in books {
        let mut after = CardId(0);
        loop {
            let page = access.cards(book.book, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for stored in &page {
                let photos = photos(&access, &stored.card).await?;
                let text = vcard::write(&stored.card, version, &|hash| photos.get(&hash).cloned());
                out.write_all(text.as_bytes())?;
            }
        }
    }
    out.flush()?;
    Ok(Done::Whole)
}

fn destination(file: Option<&Path>) -> anyhow::Result<Box<dyn Write>> {
    Ok(match file {
        None => Box::new(BufWriter::new(io::stdout().lock())),
        Some(path) => {
            let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
            Box::new(BufWriter::new(file))
        }
    })
}

async fn photos(access: &Access, card: &Card) -> anyhow::Result<HashMap<BlobHash, Vec<u8>>> {
    let mut photos = HashMap::new();
    for item in &card.items {
        if let Fact::Photo(photo) = &item.fact
            && let Some(bytes) = access.photo(photo.original).await?
        {
            photos.insert(photo.original, bytes);
        }
    }
    Ok(photos)
}
