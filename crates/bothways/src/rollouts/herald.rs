//! Tells people: one mail a person as a file, for whatever sends the company's mail.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use fleet::profile::Hub;
use jiff::{Timestamp, tz::TimeZone};
use rollout::{
    driver::{Herald, Notice, Trouble},
    message::{Language, Mail, Particulars, mail},
};

/// A folder of mails (RFC 5322), `KEY.eml` each.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: PathBuf,
    company: String,
    page: String,
}

impl Outbox {
    /// In this folder, which need not be there yet.
    pub fn new(folder: PathBuf, hub: &Hub) -> Self {
        Self { folder, company: hub.organisation.clone(), page: hub.help_url.clone() }
    }

    fn write(&self, notice: &Notice) -> io::Result<()> {
        let Some(person) = notice.device.person.clone() else { return Ok(()) };
        let from = Timestamp::now().to_zoned(TimeZone::UTC).date().tomorrow().map_err(io::Error::other)?;
        let particulars = Particulars {
            account: format!("{} Contacts", self.company),
            company: self.company.clone(),
            person,
            from,
            help: self.page.clone(),
            page: self.page.clone(),
        };
        let [english, german] = [Language::English, Language::German].map(|language| mail(language, &particulars));
        fs::create_dir_all(&self.folder)?;
        let file = self.folder.join(format!("{}.eml", notice.key));
        // The same notice twice is one mail.
        if file.exists() {
            return Ok(());
        }
        put(&file, &text(&particulars.person, &english, &german))
    }
}

fn put(file: &Path, text: &str) -> io::Result<()> {
    let part = file.with_extension("part");
    let mut open = fs::File::create(&part)?;
    open.write_all(text.as_bytes())?;
    drop(open);
    fs::rename(part, file)
}

/// Both languages in one mail: nobody's language is known here.
fn text(to: &str, english: &Mail, german: &Mail) -> String {
    let to: String = to.chars().filter(|c| !c.is_control()).collect();
    let body = format!("{}\n\n* * *\n\n{}\n", english.body, german.body).replace("\r\n", "\n").replace('\n', "\r\n");
    format!(
        "To: {to}\r\nSubject: {}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{body}",
        english.subject
    )
}

impl Herald for Outbox {
    async fn tell(&self, notice: &Notice) -> Result<(), Trouble> {
        self.write(notice).map_err(|error| Trouble(format!("{}: {error}", self.folder.display())))
    }
}
