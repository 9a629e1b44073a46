//! Reading a Sync (MS-ASCMD 2.2.1.21).

use std::{collections::BTreeSet, time::Duration};

use contact::eas::{Element, Supported};
use wbxml::{
    Reader,
    pages::{airsync as a, airsyncbase},
};

use crate::{
    application_data::{self, Received, Unreadable},
    limits::{COLLECTIONS_MAX, COMMANDS_MAX},
    request::{self, RequestError},
};

/// What a device asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The folders it asks about.
    pub collections: Vec<Collection>,
    /// `Wait`, in minutes.
    pub wait: Option<u32>,
    /// `HeartbeatInterval`, in seconds.
    pub heartbeat: Option<u32>,
    /// The most cards in the whole answer.
    pub window: Option<u32>,
    /// The folders not named are as in the request before.
    pub partial: bool,
}

/// One folder of a Sync.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Collection {
    /// The key it was given last; `0` at first. Missing only in a partial request.
    pub sync_key: Option<String>,
    /// Which folder.
    pub collection_id: String,
    /// What can be ghosted; read with key 0 only.
    pub supported: Option<Supported>,
    /// Whether it wants to hear what others did; by default not with key 0, else so.
    pub get_changes: Option<bool>,
    /// The most cards in the answer for this folder.
    pub window: Option<u32>,
    /// What it wants; missing means as before.
    pub options: Option<Options>,
    /// What it did.
    pub commands: Vec<Command>,
}

impl Collection {
    /// The device has nothing of the folder yet.
    pub(crate) fn begins(&self) -> bool {
        self.sync_key.as_deref() == Some("0")
    }
}

/// `Options` of a collection, as far as they concern contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// `BodyPreference/TruncationSize` of plain text: bytes of a note.
    pub body_truncation: Option<u32>,
    /// `Conflict`: whose change stays.
    pub conflict: Conflict,
}

/// Whose change stays when both sides changed the same (MS-ASCMD 2.2.3.34).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Conflict {
    /// 0
    ClientWins,
    /// 1, and the default.
    #[default]
    ServerWins,
}

/// What a device did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A new contact.
    Add {
        /// The device's own id for it. Not unique: AOSP makes it from the clock.
        client_id: String,
        /// What it is.
        data: Result<Box<Received>, Unreadable>,
    },
    /// A changed contact.
    Change {
        /// Which.
        server_id: String,
        /// As it is now.
        data: Result<Box<Received>, Unreadable>,
    },
    /// A deleted contact.
    Delete {
        /// Which.
        server_id: String,
    },
    /// A contact it wants again.
    Fetch {
        /// Which.
        server_id: String,
    },
}

impl Request {
    /// Reads the document. An empty body is for the caller: it means the request before.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut reader = request::open(body, a::SYNC)?;
        let mut request = Self::default();
        reader.children(|reader, tag| {
            match tag {
                a::COLLECTIONS => reader.children(|reader, tag| {
                    if tag == a::COLLECTION {
                        let collection = read_collection(reader)?;
                        request::push(&mut request.collections, collection, a::COLLECTION, COLLECTIONS_MAX)?;
                    }
                    Ok::<_, RequestError>(())
                })?,
                a::WAIT => request.wait = Some(request::number(reader, tag)?),
                a::HEARTBEAT_INTERVAL => request.heartbeat = Some(request::number(reader, tag)?),
                a::WINDOW_SIZE => request.window = Some(request::number(reader, tag)?),
                a::PARTIAL => request.partial = request::flag(reader)?,
                _ => {}
            }
            Ok::<_, RequestError>(())
        })?;
        reader.finish()?;
        Ok(request)
    }

    /// How long the answer may take, as far as the bounds allow.
    pub fn patience(&self) -> Result<Option<Duration>, Impatience> {
        use crate::limits::{HEARTBEAT_MAX, HEARTBEAT_MIN, WAIT_MINUTES_MAX};
        match (self.wait, self.heartbeat) {
            (Some(_), Some(_)) => Err(Impatience::Both),
            (Some(minutes), None) => {
                let allowed = minutes.clamp(1, WAIT_MINUTES_MAX);
                if allowed != minutes {
                    return Err(Impatience::OutOfRange { limit: u64::from(allowed) });
                }
                Ok(Some(Duration::from_secs(u64::from(minutes) * 60)))
            }
            (None, Some(seconds)) => {
                let asked = Duration::from_secs(seconds.into());
                let allowed = asked.clamp(HEARTBEAT_MIN, HEARTBEAT_MAX);
                if allowed != asked {
                    return Err(Impatience::OutOfRange { limit: allowed.as_secs() });
                }
                Ok(Some(asked))
            }
            (None, None) => Ok(None),
        }
    }
}

/// What is wrong with how long a Sync wants to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impatience {
    /// `Wait` and `HeartbeatInterval`: status 4.
    Both,
    /// Status 14 with the nearest bound, in the unit the client used.
    OutOfRange {
        /// Minutes of `Wait`, seconds of `HeartbeatInterval`.
        limit: u64,
    },
}

fn read_collection(reader: &mut Reader<'_>) -> Result<Collection, RequestError> {
    let mut collection = Collection::default();
    let mut collection_id = None;
    reader.children(|reader, tag| {
        match tag {
            a::SYNC_KEY => collection.sync_key = Some(request::text(reader)?),
            a::COLLECTION_ID => collection_id = Some(request::text(reader)?),
            a::SUPPORTED => collection.supported = Some(read_supported(reader)?),
            a::GET_CHANGES => collection.get_changes = Some(request::flag(reader)?),
            a::WINDOW_SIZE => collection.window = Some(request::number(reader, tag)?),
            a::OPTIONS => collection.options = Some(read_options(reader)?),
            a::COMMANDS => read_commands(reader, &mut collection.commands)?,
            _ => {}
        }
        Ok::<_, RequestError>(())
    })?;
    collection.collection_id = collection_id.ok_or(RequestError::Missing(a::COLLECTION_ID))?;
    Ok(collection)
}

/// An empty element and one without a contact's properties both list nothing.
fn read_supported(reader: &mut Reader<'_>) -> Result<Supported, RequestError> {
    let mut listed: BTreeSet<Element> = BTreeSet::new();
    reader.children(|_, tag| {
        listed.extend(application_data::element(tag));
        Ok::<_, RequestError>(())
    })?;
    Ok(if listed.is_empty() { Supported::Empty } else { Supported::Listed(listed) })
}

/// An empty `Options` is legal.
fn read_options(reader: &mut Reader<'_>) -> Result<Options, RequestError> {
    let mut options = Options::default();
    reader.children(|reader, tag| {
        match tag {
            a::CONFLICT => {
                let client_wins = request::number(reader, tag)? == 0;
                options.conflict = if client_wins { Conflict::ClientWins } else { Conflict::ServerWins };
            }
            airsyncbase::BODY_PREFERENCE => {
                if let BodyPreference::PlainText { truncation } = read_body_preference(reader)? {
                    options.body_truncation = truncation;
                }
            }
            _ => {}
        }
        Ok::<_, RequestError>(())
    })?;
    Ok(options)
}

/// A form in which the client would have notes (MS-ASAIRS 2.2.2.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyPreference {
    /// The one form there is, cut to so many bytes.
    PlainText {
        /// Bytes; whole when missing.
        truncation: Option<u32>,
    },
    /// HTML, RTF or MIME, which notes of contacts do not have.
    Other,
}

impl BodyPreference {
    /// Bytes of a plain text.
    pub(crate) fn truncation(self) -> Option<u32> {
        match self {
            Self::PlainText { truncation } => truncation,
            Self::Other => None,
        }
    }
}

pub(crate) fn read_body_preference(reader: &mut Reader<'_>) -> Result<BodyPreference, RequestError> {
    const PLAIN_TEXT: u32 = 1;
    let (mut kind, mut truncation) = (PLAIN_TEXT, None);
    reader.children(|reader, tag| {
        match tag {
            airsyncbase::TYPE => kind = request::number(reader, tag)?,
            airsyncbase::TRUNCATION_SIZE => truncation = Some(request::number(reader, tag)?),
            _ => {}
        }
        Ok::<_, RequestError>(())
    })?;
    Ok(if kind == PLAIN_TEXT { BodyPreference::PlainText { truncation } } else { BodyPreference::Other })
}

fn read_commands(reader: &mut Reader<'_>, commands: &mut Vec<Command>) -> Result<(), RequestError> {
    reader.children(|reader, tag| {
        let command = match tag {
            a::ADD => {
                let (client_id, _, data) = read_command(reader)?;
                let data = data.unwrap_or_else(|| Ok(Box::default()));
                Command::Add { client_id: client_id.ok_or(RequestError::Missing(a::CLIENT_ID))?, data }
            }
            a::CHANGE => {
                let (_, server_id, data) = read_command(reader)?;
                let server_id = server_id.ok_or(RequestError::Missing(a::SERVER_ID))?;
                // A Change without ApplicationData says nothing; read as "everything is gone" it would lose a contact.
                match data {
                    Some(data) => Command::Change { server_id, data },
                    None => Command::Fetch { server_id },
                }
            }
            a::DELETE => Command::Delete { server_id: only_server_id(reader)? },
            a::FETCH => Command::Fetch { server_id: only_server_id(reader)? },
            _ => return Ok(()),
        };
        request::push(commands, command, tag, COMMANDS_MAX)
    })
}

type Data = Option<Result<Box<Received>, Unreadable>>;

fn read_command(reader: &mut Reader<'_>) -> Result<(Option<String>, Option<String>, Data), RequestError> {
    let (mut client_id, mut server_id, mut data) = (None, None, None);
    reader.children(|reader, tag| {
        match tag {
            a::CLIENT_ID => client_id = Some(request::text(reader)?),
            a::SERVER_ID => server_id = Some(request::text(reader)?),
            a::APPLICATION_DATA => data = Some(application_data::read(reader)?.map(Box::new)),
            _ => {}
        }
        Ok::<_, RequestError>(())
    })?;
    Ok((client_id, server_id, data))
}

fn only_server_id(reader: &mut Reader<'_>) -> Result<String, RequestError> {
    let (_, server_id, _) = read_command(reader)?;
    server_id.ok_or(RequestError::Missing(a::SERVER_ID))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contact::eas::Property;
    use wbxml::{Writer, document, pages::contacts};

    fn collection(content: impl FnOnce(&mut Writer)) -> Vec<u8> {
        document(a::SYNC, |w| {
            w.element(a::COLLECTIONS, |w| {
                w.element(a::COLLECTION, |w| {
                    w.text(a::SYNC_KEY, "k.1");
                    w.text(a::COLLECTION_ID, "7");
                    content(w);
                });
            });
        })
    }

    fn parse(bytes: &[u8]) -> Collection {
        Request::parse(bytes).unwrap().collections.remove(0)
    }

    #[test]
    fn a_request_as_ios_writes_it() {
        let bytes = collection(|w| {
            w.text(a::DELETES_AS_MOVES, "0");
            w.empty(a::GET_CHANGES);
            w.text(a::WINDOW_SIZE, "25");
            w.element(a::OPTIONS, |w| {
                w.element(airsyncbase::BODY_PREFERENCE, |w| {
                    w.text(airsyncbase::TYPE, "1");
                    w.text(airsyncbase::TRUNCATION_SIZE, "32768");
                });
            });
            w.element(a::COMMANDS, |w| {
                w.element(a::ADD, |w| {
                    w.text(a::CLIENT_ID, "17");
                    w.element(a::APPLICATION_DATA, |w| {
                        w.element(airsyncbase::BODY, |w| {
                            w.text(airsyncbase::TYPE, "1");
                            w.empty(airsyncbase::DATA);
                        });
                        w.text(contacts::FIRST_NAME, "Bea");
                        w.empty(contacts::PICTURE);
                    });
                });
                w.element(a::DELETE, |w| w.text(a::SERVER_ID, "7:5"));
            });
        });
        let got = parse(&bytes);
        assert_eq!((got.sync_key.as_deref(), got.collection_id.as_str()), (Some("k.1"), "7"));
        assert_eq!((got.get_changes, got.window), (Some(true), Some(25)));
        assert_eq!(got.options.unwrap().body_truncation, Some(32_768));
        let Some(Command::Add { client_id, data: Ok(data) }) = got.commands.first() else { panic!("{got:?}") };
        assert_eq!((client_id.as_str(), data.contact.texts.get(&Property::FirstName)), ("17", Some(&"Bea".to_owned())));
        assert_eq!(got.commands.get(1), Some(&Command::Delete { server_id: "7:5".into() }));
    }

    #[test]
    fn supported_is_told_apart_in_all_three_cases() {
        assert_eq!(parse(&collection(|_| {})).supported, None);
        assert_eq!(parse(&collection(|w| w.empty(a::SUPPORTED))).supported, Some(Supported::Empty));
        let listed = parse(&collection(|w| {
            w.element(a::SUPPORTED, |w| {
                w.empty(contacts::FILE_AS);
                w.empty(contacts::PICTURE);
            });
        }));
        let want = BTreeSet::from([Element::Text(Property::FileAs), Element::Picture]);
        assert_eq!(listed.supported, Some(Supported::Listed(want)));
    }

    #[test]
    fn an_empty_options_is_legal() {
        assert_eq!(parse(&collection(|w| w.empty(a::OPTIONS))).options, Some(Options::default()));
    }

    #[test]
    fn conflict_0_lets_the_client_win() {
        let conflict = |value: &str| {
            parse(&collection(|w| w.element(a::OPTIONS, |w| w.text(a::CONFLICT, value)))).options.unwrap().conflict
        };
        assert_eq!((conflict("0"), conflict("1")), (Conflict::ClientWins, Conflict::ServerWins));
    }

    #[test]
    fn a_change_without_application_data_deletes_nothing() {
        let got = parse(&collection(|w| {
            w.element(a::COMMANDS, |w| w.element(a::CHANGE, |w| w.text(a::SERVER_ID, "7:5")));
        }));
        assert_eq!(got.commands, [Command::Fetch { server_id: "7:5".into() }]);
    }

    #[test]
    fn an_unreadable_contact_does_not_spoil_the_others() {
        let got = parse(&collection(|w| {
            w.element(a::COMMANDS, |w| {
                for (id, picture) in [("1", "%"), ("2", "")] {
                    w.element(a::ADD, |w| {
                        w.text(a::CLIENT_ID, id);
                        w.element(a::APPLICATION_DATA, |w| w.text(contacts::PICTURE, picture));
                    });
                }
            });
        }));
        assert!(matches!(got.commands.first(), Some(Command::Add { data: Err(Unreadable::PictureNotBase64), .. })));
        assert!(matches!(got.commands.get(1), Some(Command::Add { data: Ok(_), .. })));
    }

    #[test]
    fn wait_beside_heartbeat_and_values_out_of_range_are_told() {
        let patience = |wait, heartbeat| Request { wait, heartbeat, ..Request::default() }.patience();
        assert_eq!(patience(Some(5), Some(480)), Err(Impatience::Both));
        assert_eq!(patience(Some(0), None), Err(Impatience::OutOfRange { limit: 1 }));
        assert_eq!(patience(Some(60), None), Err(Impatience::OutOfRange { limit: 59 }));
        assert_eq!(patience(None, Some(59)), Err(Impatience::OutOfRange { limit: 60 }));
        assert_eq!(patience(None, Some(3541)), Err(Impatience::OutOfRange { limit: 3540 }));
        assert_eq!(patience(Some(59), None), Ok(Some(Duration::from_mins(59))));
        assert_eq!(patience(None, None), Ok(None));
    }
}
