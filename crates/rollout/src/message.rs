//! What people are told before anything happens on their phone: what they will be asked, why, when, and whom to ask.
//! Plain text; a page made of it escapes it like any text.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::limits::MESSAGE_VALUE_CHARS_MAX;

/// The language of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

/// What differs from company to company and from person to person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Particulars {
    /// Who sends it.
    pub company: String,
    /// Whose phone: an e-mail address, which is what they sign in with.
    pub person: String,
    /// The account's name as the phone shows it.
    pub account: String,
    /// Not before this day.
    pub from: Date,
    /// Whom to ask: a name, a number, an address.
    pub help: String,
    /// Where the page with this explanation is.
    pub page: String,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// Its paragraphs, plain text.
    pub paragraphs: Vec<String>,
}

struct Texts {
    date: &'static str,
    subject: &'static str,
    greeting: &'static str,
    paragraphs: &'static [&'static str],
    mail_end: &'static [&'static str],
}

const ENGLISH: Texts = Texts {
    date: "%-d %B %Y",
    subject: "Your work contacts on your iPhone or iPad: please sign in once",
    greeting: "Hello,",
    paragraphs: &[
        "from {from} on, your work contacts come to the Contacts app of your iPhone or iPad by an account of their own, \
         \"{account}\". What you change in Contacts then also shows in Outlook, and the other way round. So far Outlook \
         only copied contacts to the phone, and what you changed there was lost.",
        "What you will be asked: your phone asks you once to sign in to the account \"{account}\". Sign in as {person}, \
         as you do for other work apps. If the question does not come by itself: Settings, Apps, Contacts, Contacts \
         Accounts, \"{account}\". On older versions: Settings, Contacts, Accounts.",
        "What happens before: Outlook stops copying contacts to the phone and takes its copies away. Until the account is \
         there, for about a day, callers may show without a name. Contacts you made in Outlook are not lost; they are in \
         Outlook all the time.",
        "If you changed work contacts in the Contacts app itself and need those changes, or added such an account by hand, \
         tell us before {from}.",
        "The account has contacts and nothing else: no mail, no calendar, nothing private. Your own contacts and accounts \
         are not touched. Nobody will ask you for your password by mail or telephone.",
        "Questions: {help}",
    ],
    mail_end: &["This explanation as a page: {page}", "{company}"],
};

const GERMAN: Texts = Texts {
    date: "%d.%m.%Y",
    subject: "Ihre dienstlichen Kontakte auf iPhone oder iPad: bitte einmal anmelden",
    greeting: "Guten Tag,",
    paragraphs: &[
        "ab dem {from} kommen Ihre dienstlichen Kontakte über einen eigenen Account, „{account}“, in die App Kontakte auf \
         Ihrem iPhone oder iPad. Was Sie dort ändern, steht dann auch in Outlook, und umgekehrt. Bisher hat Outlook die \
         Kontakte nur auf das Telefon kopiert; was Sie dort geändert haben, ging verloren.",
        "Was Sie tun müssen: Ihr Telefon fordert Sie einmal auf, sich beim Account „{account}“ anzumelden. Melden Sie sich \
         als {person} an, wie bei anderen dienstlichen Apps. Kommt die Aufforderung nicht von selbst: Einstellungen, Apps, \
         Kontakte, Kontakte-Accounts, „{account}“. Bei älteren Versionen: Einstellungen, Kontakte, Accounts.",
        "Was vorher geschieht: Outlook kopiert keine Kontakte mehr auf das Telefon und nimmt seine Kopien weg. Bis der \
         Account da ist, etwa einen Tag lang, kann bei Anrufen der Name fehlen. Kontakte, die Sie in Outlook angelegt \
         haben, gehen nicht verloren; sie sind die ganze Zeit in Outlook.",
        "Wenn Sie dienstliche Kontakte in der App Kontakte selbst geändert haben und diese Änderungen brauchen, oder einen \
         solchen Account von Hand angelegt haben, sagen Sie uns vor dem {from} Bescheid.",
        "Der Account enthält Kontakte und sonst nichts: keine E-Mail, keinen Kalender, nichts Privates. Ihre eigenen \
         Kontakte und Accounts bleiben unberührt. Niemand wird Sie per E-Mail oder Telefon nach Ihrem Passwort fragen.",
        "Fragen: {help}",
    ],
    mail_end: &["Diese Erklärung als Seite: {page}", "{company}"],
};

impl Language {
    fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}

/// The mail.
#[must_use]
pub fn mail(language: Language, particulars: &Particulars) -> Mail {
    let texts = language.texts();
    let parts = [&[texts.greeting], texts.paragraphs, texts.mail_end].concat();
    let body: Vec<_> = parts.iter().map(|part| fill(part, texts, particulars)).collect();
    Mail { subject: fill(texts.subject, texts, particulars), body: body.join("\n\n") + "\n" }
}

/// The page.
#[must_use]
pub fn page(language: Language, particulars: &Particulars) -> Page {
    let texts = language.texts();
    let mut paragraphs: Vec<_> = texts.paragraphs.iter().map(|part| fill(part, texts, particulars)).collect();
    if let Some(first) = paragraphs.first_mut() {
        *first = capitalised(first);
    }
    Page { title: fill(texts.subject, texts, particulars), paragraphs }
}

/// Fills the placeholders in one pass: what a value says is never read as a placeholder again.
fn fill(template: &str, texts: &Texts, particulars: &Particulars) -> String {
    let mut filled = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((text, behind)) = rest.split_once('{') {
        filled.push_str(text);
        let Some((name, behind)) = behind.split_once('}') else { break };
        filled.push_str(&value(name, texts, particulars));
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

fn value(name: &str, texts: &Texts, particulars: &Particulars) -> String {
    match name {
        "from" => particulars.from.strftime(texts.date).to_string(),
        "company" => one_line(&particulars.company),
        "person" => one_line(&particulars.person),
        "account" => one_line(&particulars.account),
        "help" => one_line(&particulars.help),
        "page" => one_line(&particulars.page),
        _ => String::new(),
    }
}

/// A value cannot begin a line, a header or a direction of writing of its own.
fn one_line(value: &str) -> String {
    let plain = |c: char| {
        if c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') { ' ' } else { c }
    };
    let text: String = value.chars().map(plain).take(MESSAGE_VALUE_CHARS_MAX).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn particulars() -> Particulars {
        Particulars {
            company: "Contoso".into(),
            person: "anna@example.com".into(),
            account: "Contoso Contacts".into(),
            from: jiff::civil::date(2026, 3, 2),
            help: "Helpdesk, 4711".into(),
            page: "https://contacts.example.com/help".into(),
        }
    }

    #[test]
    fn people_learn_what_they_will_be_asked_when_and_whom_to_ask_in_both_languages() {
        for (language, day) in [(Language::English, "2 March 2026"), (Language::German, "02.03.2026")] {
            let mail = mail(language, &particulars());
            for said in
                [day, "Contoso Contacts", "anna@example.com", "Helpdesk, 4711", "https://contacts.example.com/help"]
            {
                assert!(mail.body.contains(said), "{said} in {}", mail.body);
            }
            assert!(!mail.body.contains(['{', '}']) && !mail.subject.contains(['{', '\n']), "{}", mail.body);
            assert_eq!(page(language, &particulars()).paragraphs.len(), 6);
        }
    }

    #[test]
    fn every_placeholder_is_known() {
        for texts in [&ENGLISH, &GERMAN] {
            for part in [texts.paragraphs, texts.mail_end, &[texts.subject]].concat() {
                for name in part.split('{').skip(1).filter_map(|behind| behind.split('}').next()) {
                    assert_ne!(value(name, texts, &particulars()), "", "{name}");
                }
            }
        }
    }

    #[test]
    fn a_value_is_never_a_placeholder_nor_a_line_of_its_own() {
        let company = "{help}\r\nBcc: eve@example.com\u{202e}".to_owned();
        let body = mail(Language::English, &Particulars { company, ..particulars() }).body;
        assert!(body.ends_with("\n\n{help} Bcc: eve@example.com\n"), "{body}");
    }
}
