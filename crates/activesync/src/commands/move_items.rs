//! MoveItems: contacts from one address book to another (MS-ASCMD 2.2.1.12).

use wbxml::{Reader, document, pages::moves as m};

use hub::HubError;

use crate::{
    answer::Answer,
    commands::not_understood,
    ids,
    limits::OPERATIONS_MAX,
    request::{self, RequestError},
    session::{Outcome, Session},
    status::{MoveStatus, Refusal},
};

/// What a device asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The moves, in order.
    pub moves: Vec<Move>,
}

/// One contact to move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The contact.
    pub source_message: String,
    /// Where it is.
    pub source_folder: String,
    /// Where it shall be.
    pub destination_folder: String,
}

impl Request {
    /// Reads the document.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut reader = request::open(body, m::MOVE_ITEMS)?;
        let mut request = Self::default();
        reader.children(|reader, tag| {
            if tag == m::MOVE {
                let one = read_move(reader)?;
                request::push(&mut request.moves, one, tag, OPERATIONS_MAX)?;
            }
            Ok::<_, RequestError>(())
        })?;
        reader.finish()?;
        Ok(request)
    }
}

fn read_move(reader: &mut Reader<'_>) -> Result<Move, RequestError> {
    let (mut message, mut source, mut destination) = (None, None, None);
    reader.children(|reader, tag| {
        match tag {
            m::SRC_MSG_ID => message = Some(request::text(reader)?),
            m::SRC_FLD_ID => source = Some(request::text(reader)?),
            m::DST_FLD_ID => destination = Some(request::text(reader)?),
            _ => {}
        }
        Ok::<_, RequestError>(())
    })?;
    Ok(Move {
        source_message: message.ok_or(RequestError::Missing(m::SRC_MSG_ID))?,
        source_folder: source.ok_or(RequestError::Missing(m::SRC_FLD_ID))?,
        destination_folder: destination.ok_or(RequestError::Missing(m::DST_FLD_ID))?,
    })
}

/// What became of a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The contact's id before.
    pub source_message: String,
    /// Its id now, or why it is where it was.
    pub outcome: Result<String, MoveStatus>,
}

/// The answer's document: a Response for each move.
#[must_use]
pub fn encode(moved: &[Moved]) -> Vec<u8> {
    document(m::MOVE_ITEMS, |w| {
        for one in moved {
            w.element(m::RESPONSE, |w| {
                w.text(m::SRC_MSG_ID, &one.source_message);
                w.number(m::STATUS, one.outcome.as_ref().err().copied().unwrap_or(MoveStatus::Success));
                if let Ok(destination) = &one.outcome {
                    w.text(m::DST_MSG_ID, destination);
                }
            });
        }
    })
}

/// Moves the contacts, one after the other. A repeated move of one that is there already is a success.
pub(crate) async fn run(session: &Session, body: &[u8]) -> Outcome {
    let request = match Request::parse(body) {
        Ok(request) => request,
        Err(error) => return not_understood(&error, || encode(&[])),
    };
    let mut moved = Vec::with_capacity(request.moves.len());
    for one in request.moves {
        let outcome = move_one(session, &one).await?;
        moved.push(Moved { source_message: one.source_message, outcome });
    }
    Ok(Answer::Document(encode(&moved)))
}

async fn move_one(session: &Session, one: &Move) -> Result<Result<String, MoveStatus>, Refusal> {
    let source = ids::book(&one.source_folder);
    let Some((_, card)) = ids::card(&one.source_message).filter(|(book, _)| Some(*book) == source) else {
        return Ok(Err(MoveStatus::NoSource));
    };
    let Some(destination) = ids::book(&one.destination_folder) else { return Ok(Err(MoveStatus::NoDestination)) };
    if source == Some(destination) {
        return Ok(Err(MoveStatus::SameFolder));
    }
    let Some(known) = session.access.card(card).await? else { return Ok(Err(MoveStatus::NoSource)) };
    if known.book != destination && Some(known.book) != source {
        return Ok(Err(MoveStatus::NoSource));
    }
    match session.access.move_card(card, destination).await {
        Ok(_) => Ok(Ok(ids::server_id(destination, card))),
        Err(HubError::NoSuchBook(_)) => Ok(Err(MoveStatus::NoDestination)),
        Err(HubError::NoSuchCard(_)) => Ok(Err(MoveStatus::NoSource)),
        Err(error) => Err(error.into()),
    }
}
