//! `bothways contacts history` and `restore`

use contact::{Card, display_name, merge::Conflict};
use hub::{Access, CardId, Revision, history::HistoricVersion};
use serde::Serialize;

use super::Done;
use crate::{
    ambient::moment,
    output::{self, Column},
};

/// A version, as it is printed.
#[derive(Debug, Serialize)]
struct Row {
    revision: i64,
    written: String,
    author: String,
    deleted: bool,
    /// What another version had at the same time and this one does not: each with both values.
    conflicts: Vec<Conflict>,
    name: String,
    card: Card,
}

const COLUMNS: [Column<Row>; 5] = [
    Column("REVISION", |row| row.revision.to_string()),
    Column("WRITTEN", |row| row.written.clone()),
    Column("BY", |row| row.author.clone()),
    Column("WHAT", |row| match (row.deleted, row.conflicts.len()) {
        (true, _) => "deleted, or moved away".to_owned(),
        (false, 0) => "written".to_owned(),
        (false, lost) => format!("merged, {lost} lost"),
    }),
    Column("NAME", |row| row.name.clone()),
];

impl From<HistoricVersion> for Row {
    fn from(version: HistoricVersion) -> Self {
        Self {
            revision: version.revision.0,
            written: moment(version.written_at),
            author: version.author,
            deleted: version.deleted,
            conflicts: version.conflicts,
            name: display_name(&version.card),
            card: version.card,
        }
    }
}

/// Prints every version, oldest first.
pub(super) async fn show(access: &Access, contact: CardId, json: bool) -> anyhow::Result<Done> {
    let rows: Vec<Row> = versions(access, contact).await?.into_iter().map(Row::from).collect();
    output::list(json, &rows, &COLUMNS, "")?;
    Ok(Done::Whole)
}

/// Makes a version the newest.
pub(super) async fn restore(access: &Access, contact: CardId, asked: Option<Revision>) -> anyhow::Result<Done> {
    let versions = versions(access, contact).await?;
    let revision = match asked {
        Some(revision) => revision,
        None => version_to_restore(&versions)
            .ok_or_else(|| anyhow::anyhow!("contact {contact} has one version only; there is nothing to go back to"))?,
    };
    let restored = access.restore(contact, revision).await?;
    output::line(&format!(
        "Restored {} as it was at revision {revision}; it is at {} now",
        display_name(&restored.card),
        restored.revision
    ))?;
    Ok(Done::Whole)
}

/// A deleted contact as it last was, any other as it was before its last change.
fn version_to_restore(versions: &[HistoricVersion]) -> Option<Revision> {
    let (newest, before) = versions.split_last()?;
    if newest.deleted { Some(newest.revision) } else { before.last().map(|version| version.revision) }
}

async fn versions(access: &Access, contact: CardId) -> anyhow::Result<Vec<HistoricVersion>> {
    let versions = access.history(contact).await?;
    if versions.is_empty() {
        anyhow::bail!(
            "there is no contact {contact}; `bothways contacts list` shows the ids, with --deleted those of deleted ones"
        );
    }
    Ok(versions)
}
