//! Tells people: one mail a person as a file, for whatever sends the company's mail.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use fleet::profile::Hub;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
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
    help: String,
    notice: SignedDuration,
}

impl Outbox {
    /// In this folder, which need not be there yet. `help` is whom people ask, the help page where there is nobody;
    /// `notice` the time until the first change on the device.
    pub fn new(folder: PathBuf, hub: &Hub, help: Option<String>, notice: SignedDuration) -> Self {
        let page = hub.help_url.clone();
        Self { folder, company: hub.organisation.clone(), help: help.unwrap_or_else(|| page.clone()), page, notice }
    }

    fn write(&self, notice: &Notice) -> io::Result<()> {
        let Some(person) = notice.device.person.clone() else { return Ok(()) };
        let from = Timestamp::now().checked_add(self.notice).map_err(io::Error::other)?.to_zoned(TimeZone::UTC).date();
        let particulars = Particulars {
            account: format!("{} Contacts", self.company),
            company: self.company.clone(),
            person,
            from,
            help: self.help.clone(),
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

#[cfg(test)]
mod tests {
    use fleet::enrolment::EnrolmentId;
    use rollout::inventory::Device;

    use super::*;

    #[tokio::test]
    async fn a_person_is_told_when_it_begins_whom_to_ask_and_once_only() {
        let folder = tempfile::tempdir().unwrap();
        let mut configuration = crate::configuration::Configuration::default();
        configuration.server.public_url = Some("https://contacts.example.com".to_owned());
        let (hub, _) = crate::fleet_settings::hub(&configuration);
        let week = SignedDuration::from_hours(24 * 7);
        let outbox = Outbox::new(folder.path().join("outbox"), &hub, Some("Room 7".to_owned()), week);
        let mut device = Device::new(EnrolmentId::parse("D1").unwrap());
        device.person = Some("anna@example.com".to_owned());
        let notice = Notice { key: "K".to_owned(), device };
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        let before = day(Timestamp::now());
        outbox.tell(&notice).await.unwrap();
        outbox.tell(&notice).await.unwrap();
        let file = folder.path().join("outbox/K.eml");
        let mail = fs::read_to_string(&file).unwrap();
        let days = [before, day(Timestamp::now())];
        let said = days.map(|day| day.checked_add(jiff::Span::new().days(7)).unwrap().strftime("%d.%m.%Y").to_string());
        assert!(said.iter().any(|day| mail.contains(day.as_str())), "{mail}");
        for told in ["To: anna@example.com\r\n", "Room 7", "https://contacts.example.com/help/device"] {
            assert!(mail.contains(told), "{told}: {mail}");
        }
        assert_eq!(fs::read_dir(folder.path().join("outbox")).unwrap().count(), 1);
    }
}
