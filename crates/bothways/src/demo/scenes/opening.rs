//! Before any client is there: the hub, the person, the address books, the directory.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::ensure;
use directory::import::{ColumnMap, CsvFile, PhotoFolder};
use hub::AccessPath;
use identity::{Binding, NewPerson};

use super::{Administrator, Line};
use crate::{
    cli::contacts::import::{Outcome, import_files},
    demo::{
        Options,
        books::{self, BOOKS, COLLEAGUE, DIRECTORY_SIZE},
        house::{House, Place},
        report::Told,
    },
};

/// How long the program's token is good.
const TOKEN_LIFE: Duration = Duration::from_hours(1);

/// What the person's programs sign in with.
pub struct Keys {
    /// The iPhone's.
    pub app_password: String,
    /// Outlook's.
    pub token: String,
}

pub async fn hub(place: &Place) -> anyhow::Result<Told<House>> {
    let house = House::open(place).await?;
    let url = house.url();
    Ok(Told::new(format!("on {url}, embedded database in a new folder")).fact("url", url).with(house))
}

pub async fn person(house: &House, email: &str, name: &str) -> anyhow::Result<Told<Keys>> {
    let installation = house.administer().await?;
    let identity = &installation.identity;
    let account = identity.draw_account();
    installation.hub.create_account(account).await?;
    let (groups, aliases) = (Vec::new(), Vec::new());
    identity
        .add(NewPerson { account, email: email.to_owned(), name: name.to_owned(), password: None, groups, aliases })
        .await?;
    let app_password = identity.add_app_password(email, "iPhone", None, Binding::FirstDevice).await?;
    let token = identity.issue_token(email, AccessPath::Graph, TOKEN_LIFE).await?;
    let keys = Keys { app_password: app_password.reveal().to_owned(), token: token.reveal().to_owned() };
    Ok(Told::new(format!("{email}: an app password for her iPhone, a token for Outlook")).with(keys))
}

pub async fn import(house: &House, options: &Options) -> anyhow::Result<Told<usize>> {
    let from_books = import_books(house).await?;
    ensure!(
        from_books.not_read == 0,
        "{} cards were not read: {}",
        from_books.not_read,
        from_books.problems.join("; ")
    );
    let invented = options.contacts.saturating_sub(from_books.added);
    if invented > 0 {
        let file = (PathBuf::from("invented.vcf"), books::invented(invented, options.seed));
        let administrator = Administrator::of(house).await?;
        let outcome = import_files(administrator.access, &[file]).await?;
        ensure!(outcome.added == invented, "of {invented} made-up people {} were added", outcome.added);
    }
    let [first @ .., last] = BOOKS.map(|book| book.program);
    let all = from_books.added + invented;
    let more = if invented > 0 { format!(", {invented} made up") } else { String::new() };
    Ok(Told::new(format!("{} contacts as {} and {last} write them{more}", from_books.added, first.join(", ")))
        .fact("from_books", from_books.added)
        .fact("contacts", all)
        .with(all))
}

pub async fn import_again(house: &House, imported: usize) -> anyhow::Result<Line> {
    let again = import_books(house).await?;
    let administrator = Administrator::of(house).await?;
    let book = administrator.access.default_book().await?.book;
    let count = usize::try_from(administrator.access.count(book).await?)?;
    ensure!(again.added == 0, "{} contacts were added a second time", again.added);
    ensure!(count == imported, "{imported} contacts became {count}");
    let known = again.already_there;
    Ok(Told::new(format!("all {known} recognised and folded into the ones that are there: still {count}"))
        .fact("already_there", known)
        .fact("contacts", count))
}

async fn import_books(house: &House) -> anyhow::Result<Outcome> {
    let administrator = Administrator::of(house).await?;
    let files = BOOKS.iter().map(|book| (PathBuf::from(book.program), book.vcards.to_vec()));
    import_files(administrator.access, &files.collect::<Vec<_>>()).await
}

pub async fn directory(house: &House, seed: u64) -> anyhow::Result<Line> {
    let photos = tempfile::tempdir()?;
    if let Some(portrait) = books::portrait() {
        fs::write(photos.path().join(format!("{}.jpg", COLLEAGUE.2)), portrait)?;
    }
    let installation = house.administer().await?;
    let csv = CsvFile::open(books::directory(seed).into_bytes(), &ColumnMap::default())?;
    let options = directory::import::Options { photos: Some(PhotoFolder::open(photos.path())?), remove_missing: false };
    let plan = installation.directory.plan(csv, options).await?;
    let added = plan.counts.added;
    let report = installation.directory.execute(plan, |_| {}).await?;
    ensure!(added == DIRECTORY_SIZE, "of {DIRECTORY_SIZE} people {added} were added");
    ensure!(report.photos == 1, "{} photos were imported instead of one", report.photos);
    Ok(Told::new(format!("{added} colleagues from a CSV file, for phones to search")).fact("people", added))
}
