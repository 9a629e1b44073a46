//! ResolveRecipients: who is meant by a name or an address (MS-ASCMD 2.2.1.15).

use wbxml::{Reader, Writer, document, pages::resolve_recipients as r};

use directory::{Entry, Resolution};
use hub::HubError;

use crate::{
    answer::Answer,
    commands::not_understood,
    gal::{Picture, PictureOptions},
    limits::{RECIPIENTS_MAX, SEARCH_TEXT_MAX},
    own_contacts::{self, Words},
    request::{self, RequestError},
    session::{Outcome, Session},
    status::{RecipientStatus, Refusal, SearchStatus},
};

/// What a device asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Names, parts of names, addresses.
    pub to: Vec<String>,
    /// Certificates are wanted; there are none here, which is said.
    pub certificates: bool,
    /// Free and busy times are wanted; there is no calendar here, which is said.
    pub availability: bool,
    /// How many are listed when several may be meant.
    pub max_ambiguous: Option<u32>,
    /// Pictures are wanted.
    pub picture: Option<PictureOptions>,
}

impl Request {
    /// Reads the document.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut reader = request::open(body, r::RESOLVE_RECIPIENTS)?;
        let mut request = Self::default();
        reader.children(|reader, tag| {
            match tag {
                r::TO => {
                    let to = request::text(reader)?;
                    request::push(&mut request.to, to, tag, RECIPIENTS_MAX)?;
                }
                r::OPTIONS => read_options(reader, &mut request)?,
                _ => {}
            }
            Ok::<_, RequestError>(())
        })?;
        reader.finish()?;
        Ok(request)
    }
}

fn read_options(reader: &mut Reader<'_>, request: &mut Request) -> Result<(), RequestError> {
    const NO_CERTIFICATES: u32 = 1;
    reader.children(|reader, tag| {
        match tag {
            r::CERTIFICATE_RETRIEVAL => request.certificates = request::number(reader, tag)? != NO_CERTIFICATES,
            r::AVAILABILITY => request.availability = true,
            r::MAX_AMBIGUOUS_RECIPIENTS => request.max_ambiguous = Some(request::number(reader, tag)?),
            r::PICTURE => request.picture = Some(PictureOptions::read(reader, r::MAX_SIZE, r::MAX_PICTURES)?),
            _ => {}
        }
        Ok::<_, RequestError>(())
    })
}

/// Where a recipient was found (MS-ASCMD 2.2.3.186.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In the directory: type 1.
    Directory,
    /// Among the person's own contacts: type 2.
    Contacts,
}

/// Somebody who may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Where found.
    pub origin: Origin,
    /// The name.
    pub display_name: String,
    /// The address.
    pub email_address: String,
    /// The picture, when pictures are wanted.
    pub picture: Option<Picture>,
}

/// Who is meant by one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// What was asked.
    pub to: String,
    /// How many there are in all, listed or not.
    pub total: usize,
    /// Those listed.
    pub recipients: Vec<Recipient>,
}

impl Resolved {
    fn status(&self) -> RecipientStatus {
        match (self.total, self.recipients.len()) {
            (0, _) => RecipientStatus::NotFound,
            (1, _) => RecipientStatus::Success,
            (total, listed) if listed < total => RecipientStatus::AmbiguousPartial,
            _ => RecipientStatus::Ambiguous,
        }
    }
}

/// The answer's document.
#[must_use]
pub fn encode(request: &Request, resolved: &[Resolved]) -> Vec<u8> {
    document(r::RESOLVE_RECIPIENTS, |w| {
        w.number(r::STATUS, RecipientStatus::Success);
        for one in resolved {
            w.element(r::RESPONSE, |w| {
                w.text(r::TO, &one.to);
                w.number(r::STATUS, one.status());
                w.text(r::RECIPIENT_COUNT, &one.total.to_string());
                one.recipients.iter().for_each(|recipient| write_recipient(w, request, recipient));
            });
        }
    })
}

fn write_recipient(w: &mut Writer, request: &Request, recipient: &Recipient) {
    w.element(r::RECIPIENT, |w| {
        w.text(r::TYPE, if recipient.origin == Origin::Directory { "1" } else { "2" });
        w.text(r::DISPLAY_NAME, &recipient.display_name);
        w.text(r::EMAIL_ADDRESS, &recipient.email_address);
        if request.availability {
            w.element(r::AVAILABILITY, |w| w.number(r::STATUS, RecipientStatus::NoAvailability));
        }
        if request.certificates {
            w.element(r::CERTIFICATES, |w| {
                w.number(r::STATUS, RecipientStatus::NoCertificate);
                w.text(r::CERTIFICATE_COUNT, "0");
            });
        }
        match &recipient.picture {
            Some(Picture::Given(bytes)) => w.element(r::PICTURE, |w| {
                w.number(r::STATUS, SearchStatus::Success);
                w.opaque(r::DATA, bytes);
            }),
            Some(Picture::Withheld(status)) => w.element(r::PICTURE, |w| w.number(r::STATUS, *status)),
            None => {}
        }
    });
}

/// The answer to a request that breaks a rule.
#[must_use]
pub fn encode_failure(status: RecipientStatus) -> Vec<u8> {
    document(r::RESOLVE_RECIPIENTS, |w| w.number(r::STATUS, status))
}

/// Those listed when the client does not say how many (MS-ASCMD 2.2.3.96: 19).
const AMBIGUOUS_LISTED: usize = 19;

/// Resolves each name.
pub(crate) async fn run(session: &Session, body: &[u8]) -> Outcome {
    let request = match Request::parse(body) {
        Ok(request) => request,
        Err(RequestError::TooMany { .. }) => {
            return Ok(Answer::Document(encode_failure(RecipientStatus::TooManyRecipients)));
        }
        Err(error) => return not_understood(&error, || encode_failure(RecipientStatus::ProtocolError)),
    };
    let mut resolved = Vec::with_capacity(request.to.len());
    let mut pictures = 0;
    for to in &request.to {
        resolved.push(resolve(session, &request, to, &mut pictures).await?);
    }
    Ok(Answer::Document(encode(&request, &resolved)))
}

async fn resolve(session: &Session, request: &Request, to: &str, pictures: &mut usize) -> Result<Resolved, Refusal> {
    let mut resolved = Resolved { to: to.to_owned(), total: 0, recipients: Vec::new() };
    if to.trim().is_empty() || to.len() > SEARCH_TEXT_MAX {
        return Ok(resolved);
    }
    let (entries, total) = match session.directory().resolve(to).await.map_err(HubError::from)? {
        Resolution::Nobody => (Vec::new(), 0),
        Resolution::Exactly(entry) => (vec![*entry], 1),
        Resolution::Ambiguous { candidates, total } => (candidates, total as usize),
    };
    resolved.total = total;
    for entry in entries {
        resolved.recipients.push(from_directory(session, request, entry, pictures).await?);
    }
    from_contacts(session, request, to, &mut resolved, pictures).await?;
    let listed = request.max_ambiguous.map_or(AMBIGUOUS_LISTED, |max| max as usize);
    if resolved.total > 1 {
        resolved.recipients.truncate(listed);
    }
    Ok(resolved)
}

async fn from_directory(
    session: &Session,
    request: &Request,
    entry: Entry,
    pictures: &mut usize,
) -> Result<Recipient, Refusal> {
    let picture = match (request.picture, entry.photo) {
        (None, _) => None,
        (Some(options), None) => Some(options.choose(None, *pictures)),
        (Some(options), Some(_)) => {
            let bytes = session.directory().photo(entry.id).await.map_err(HubError::from)?;
            Some(options.choose(bytes, *pictures))
        }
    };
    *pictures += usize::from(matches!(picture, Some(Picture::Given(_))));
    Ok(Recipient { origin: Origin::Directory, display_name: entry.name, email_address: entry.email, picture })
}

/// The person's own contacts, but not those the directory has.
async fn from_contacts(
    session: &Session,
    request: &Request,
    to: &str,
    resolved: &mut Resolved,
    pictures: &mut usize,
) -> Result<(), Refusal> {
    let words = Words::of(to);
    let books: Vec<_> = session.access.books().await?.into_iter().map(|book| book.book).collect();
    let mut hits = Vec::new();
    own_contacts::scan(session, &books, |card| {
        if words.occur_in(&card.card) && own_contacts::addresses(&card.card).next().is_some() {
            hits.push(card);
        }
        hits.len() < RECIPIENTS_MAX
    })
    .await?;
    for stored in hits {
        let card = &stored.card;
        let Some(address) = own_contacts::addresses(card).find(|address| address.eq_ignore_ascii_case(to)) else {
            let Some(first) = own_contacts::addresses(card).next().map(str::to_owned) else { continue };
            push_contact(session, request, card, first, resolved, pictures).await?;
            continue;
        };
        push_contact(session, request, card, address.to_owned(), resolved, pictures).await?;
    }
    Ok(())
}

async fn push_contact(
    session: &Session,
    request: &Request,
    card: &contact::Card,
    address: String,
    resolved: &mut Resolved,
    pictures: &mut usize,
) -> Result<(), Refusal> {
    if resolved.recipients.iter().any(|known| known.email_address.eq_ignore_ascii_case(&address)) {
        return Ok(());
    }
    let picture = match request.picture {
        None => None,
        Some(options) => {
            let contact = session.lens(None).project(card);
            let bytes = own_contacts::picture(session, &contact).await?;
            Some(options.choose(bytes, *pictures))
        }
    };
    *pictures += usize::from(matches!(picture, Some(Picture::Given(_))));
    let display_name = own_contacts::display_name(card).unwrap_or_else(|| address.clone());
    resolved.recipients.push(Recipient { origin: Origin::Contacts, display_name, email_address: address, picture });
    resolved.total += 1;
    Ok(())
}
