//! Ping: tell me when something changes (MS-ASCMD 2.2.1.13).

use std::{sync::Arc, time::Duration};

use hub::{
    Access, BookId,
    devices::PingMemory,
    round::{News, PingedBook},
    withheld::Shown,
};
use wbxml::{document, pages::ping as p};

use crate::{
    admittance::{Guest, Stop},
    answer,
    commands::not_understood,
    ids,
    limits::{HEARTBEAT_MAX, HEARTBEAT_MIN, PING_FOLDERS_MAX},
    request::{self, RequestError},
    server::Shared,
    session::Session,
    status::{PingStatus, Refusal},
    waits::{Kind, Woken},
};

/// What a device asks. What is missing is as it was the last time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// How long the answer may take.
    pub heartbeat: Option<Duration>,
    /// The folders to watch, when the list changed.
    pub folders: Option<Vec<String>>,
}

impl Request {
    /// Reads the document; an empty body is a Ping as before.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut request = Self::default();
        if body.is_empty() {
            return Ok(request);
        }
        let mut reader = request::open(body, p::PING)?;
        reader.children(|reader, tag| {
            match tag {
                p::HEARTBEAT_INTERVAL => {
                    request.heartbeat = Some(Duration::from_secs(request::number(reader, tag)?.into()));
                }
                p::FOLDERS => {
                    let folders = request.folders.get_or_insert_default();
                    reader.children(|reader, tag| {
                        let mut id = None;
                        if tag == p::FOLDER {
                            reader.children(|reader, tag| {
                                if tag == p::ID {
                                    id = Some(request::text(reader)?);
                                }
                                Ok::<_, RequestError>(())
                            })?;
                        }
                        // One more than allowed is kept, to be told from as many as allowed.
                        folders.extend(id.filter(|_| folders.len() <= PING_FOLDERS_MAX));
                        Ok::<_, RequestError>(())
                    })?;
                }
                _ => {}
            }
            Ok::<_, RequestError>(())
        })?;
        reader.finish()?;
        Ok(request)
    }
}

/// The Ping a device last sent in full, remembered for its short ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remembered {
    /// Seconds.
    pub heartbeat: Option<u64>,
    /// Folder ids.
    pub folders: Vec<String>,
}

impl Remembered {
    /// From the hub's record, where 0 seconds stand for none.
    fn of(memory: Option<&PingMemory>) -> Self {
        memory.map_or_else(Self::default, |memory| Self {
            heartbeat: Some(u64::from(memory.heartbeat)).filter(|seconds| *seconds > 0),
            folders: memory.folders.clone(),
        })
    }

    fn record(&self) -> PingMemory {
        let heartbeat = self.heartbeat.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(0);
        PingMemory { heartbeat, folders: self.folders.clone() }
    }
}

/// What to do about a Ping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Wait for one of the folders this long.
    Wait {
        /// The deadline from now.
        heartbeat: Duration,
        /// The folders.
        folders: Vec<String>,
    },
    /// Answer at once.
    Answer(Answer),
}

/// Completes a Ping with what is remembered, and checks it. Second is what to remember from now on.
#[must_use]
pub fn plan(request: Request, remembered: Remembered) -> (Plan, Remembered) {
    let folders = request.folders.unwrap_or_else(|| remembered.folders.clone());
    let heartbeat = request.heartbeat.or(remembered.heartbeat.map(Duration::from_secs));
    let Some(heartbeat) = heartbeat.filter(|_| !folders.is_empty()) else {
        return (Plan::Answer(Answer::MissingParameters), remembered);
    };
    if folders.len() > PING_FOLDERS_MAX {
        return (Plan::Answer(Answer::TooManyFolders), remembered);
    }
    // The folders are good: a Ping that only corrects the interval must find them.
    let known = Remembered { heartbeat: remembered.heartbeat, folders };
    let allowed = heartbeat.clamp(HEARTBEAT_MIN, HEARTBEAT_MAX);
    if allowed != heartbeat {
        return (Plan::Answer(Answer::HeartbeatOutOfRange(allowed)), known);
    }
    let known = Remembered { heartbeat: Some(heartbeat.as_secs()), ..known };
    (Plan::Wait { heartbeat, folders: known.folders.clone() }, known)
}

/// How a Ping ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing until the deadline.
    NoChange,
    /// These folders have something that the next Sync will give.
    Changes(Vec<String>),
    /// Not enough said, and not enough remembered.
    MissingParameters,
    /// Not a Ping by the rules.
    SyntaxError,
    /// The nearest interval allowed.
    HeartbeatOutOfRange(Duration),
    /// More than [`PING_FOLDERS_MAX`].
    TooManyFolders,
    /// Address books came, went or were renamed.
    HierarchyChanged,
}

/// The answer's document.
#[must_use]
pub fn encode(answer: &Answer) -> Vec<u8> {
    let status = match answer {
        Answer::NoChange => PingStatus::NoChange,
        Answer::Changes(_) => PingStatus::Changes,
        Answer::MissingParameters => PingStatus::MissingParameters,
        Answer::SyntaxError => PingStatus::SyntaxError,
        Answer::HeartbeatOutOfRange(_) => PingStatus::HeartbeatOutOfRange,
        Answer::TooManyFolders => PingStatus::TooManyFolders,
        Answer::HierarchyChanged => PingStatus::HierarchyChanged,
    };
    document(p::PING, |w| {
        w.number(p::STATUS, status);
        match answer {
            Answer::Changes(folders) => w.element(p::FOLDERS, |w| folders.iter().for_each(|id| w.text(p::FOLDER, id))),
            Answer::HeartbeatOutOfRange(allowed) => w.text(p::HEARTBEAT_INTERVAL, &allowed.as_secs().to_string()),
            Answer::TooManyFolders => w.text(p::MAX_FOLDERS, &PING_FOLDERS_MAX.to_string()),
            _ => {}
        }
    })
}

/// What is left to do of a Ping.
pub(crate) enum Step {
    /// Answer.
    Done(answer::Answer),
    /// Wait.
    Hold(Box<Held>),
}

/// A Ping that waits: which account, which books, until when; nothing else of the request.
pub(crate) struct Held {
    shared: Arc<Shared>,
    access: Access,
    guest: Box<Guest>,
    shown: Shown,
    device: Box<str>,
    folders: Box<[BookId]>,
    books: Arc<[PingedBook]>,
    patience: Duration,
}

/// Answers a Ping, or says how long to wait for what.
pub(crate) async fn begin(session: Session, body: &[u8]) -> Result<Step, Refusal> {
    let done = |answer: &Answer| Ok(Step::Done(answer::Answer::Document(encode(answer))));
    let request = match Request::parse(body) {
        Ok(request) => request,
        Err(error) => return not_understood(&error, || encode(&Answer::SyntaxError)).map(Step::Done),
    };
    let remembered = Remembered::of(session.device.ping.as_ref());
    let (plan, known) = plan(request, remembered.clone());
    if known != remembered {
        session.access.set_ping(session.device_id(), &known.record()).await?;
    }
    match plan {
        Plan::Answer(answer) => done(&answer),
        Plan::Wait { heartbeat, folders } => {
            // Ids nobody knows are passed over.
            let folders: Box<[BookId]> = folders.iter().filter_map(|id| ids::folder(id)).collect();
            let books = folders.iter().map(|book| session.pinged(*book)).collect();
            let device = session.device_id().into();
            let Session { shared, access, guest, shown, .. } = session;
            let held = Held { shared, access, guest, shown, device, folders, books, patience: heartbeat };
            Ok(Step::Hold(Box::new(held)))
        }
    }
}

/// Waits until a folder has something the next Sync will give, or the list of folders changes. The end of the process
/// and a newer Ping of the device end it as if nothing had happened.
///
/// Whoever wakes it may have changed what the device may: that is asked first, and ends it with what the device has to
/// know.
pub(crate) async fn hold(held: Box<Held>) -> Result<answer::Answer, Stop> {
    let mut held = held;
    let shared = std::sync::Arc::clone(&held.shared);
    let account = held.access.account();
    // The place is taken before the ledger is looked at, so that no change slips through between.
    let mut waiting = shared.hub.wake_ups().wait_for(account);
    let policy = shared.gate.policy_changes();
    let mut seat = shared.waits.sit(account, &held.device, Kind::Ping, held.patience, policy);
    let answer = loop {
        if let Some(answer) = Box::pin(look(&held)).await? {
            break answer;
        }
        if seat.wait(&mut waiting).await == Woken::Over {
            break Answer::NoChange;
        }
        match Box::pin(held.guest.ask_again(&shared, &held.access, &held.device)).await? {
            Some(shown) => held.shown = shown,
            None => break Answer::NoChange,
        }
    };
    Ok(answer::Answer::Document(encode(&answer)))
}

async fn look(held: &Held) -> Result<Option<Answer>, Refusal> {
    let Held { access, device, shown, .. } = held;
    let changes = |folders: Vec<BookId>| Answer::Changes(folders.into_iter().map(ids::collection_id).collect());
    Ok(match access.news(device, *shown, Arc::clone(&held.books)).await? {
        News::Nothing => None,
        News::Books(books) => Some(changes(books)),
        News::Hierarchy => {
            // A folder that is to leave the device is synchronised once more before: it may hold edits.
            let mut leaving = access.leaving(device, *shown).await?;
            leaving.retain(|folder| held.folders.contains(folder));
            Some(if leaving.is_empty() { Answer::HierarchyChanged } else { changes(leaving) })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered() -> Remembered {
        Remembered { heartbeat: Some(480), folders: vec!["1".into()] }
    }

    fn seconds(heartbeat: u64) -> Request {
        Request { heartbeat: Some(Duration::from_secs(heartbeat)), folders: None }
    }

    #[test]
    fn an_empty_ping_is_the_one_before() {
        let (plan, kept) = plan(Request::parse(b"").unwrap(), remembered());
        assert_eq!(plan, Plan::Wait { heartbeat: Duration::from_mins(8), folders: vec!["1".into()] });
        assert_eq!(kept, remembered());
    }

    #[test]
    fn an_empty_ping_of_an_unknown_device_lacks_parameters() {
        assert_eq!(plan(Request::default(), Remembered::default()).0, Plan::Answer(Answer::MissingParameters));
    }

    #[test]
    fn a_ping_out_of_bounds_is_told_the_nearest_and_its_folders_are_kept() {
        let (short, _) = plan(seconds(59), remembered());
        assert_eq!(short, Plan::Answer(Answer::HeartbeatOutOfRange(HEARTBEAT_MIN)));
        let full = Request { folders: Some(vec!["7".into()]), ..seconds(3541) };
        let (long, kept) = plan(full, Remembered::default());
        assert_eq!(long, Plan::Answer(Answer::HeartbeatOutOfRange(HEARTBEAT_MAX)));
        assert_eq!(kept.folders, ["7"]);
        for bound in [60, 3540] {
            assert!(matches!(plan(seconds(bound), remembered()).0, Plan::Wait { .. }), "{bound}");
        }
    }

    #[test]
    fn max_folders_is_answered_only_above_the_limit() {
        let many = |count: usize| Request { folders: Some(vec!["1".into(); count]), ..seconds(480) };
        assert!(matches!(plan(many(PING_FOLDERS_MAX), remembered()).0, Plan::Wait { .. }));
        assert_eq!(plan(many(PING_FOLDERS_MAX + 1), remembered()).0, Plan::Answer(Answer::TooManyFolders));
    }

    #[test]
    fn a_held_ping_costs_less_than_a_kilobyte() {
        fn size_of_future<F: Future>(_: impl FnOnce(Box<Held>) -> F) -> usize {
            size_of::<F>() + size_of::<Held>()
        }
        assert!(size_of_future(hold) <= 1_024, "{} bytes", size_of_future(hold));
    }

    #[test]
    fn a_full_ping_as_ios_writes_it() {
        let bytes = document(p::PING, |w| {
            w.text(p::HEARTBEAT_INTERVAL, "480");
            w.element(p::FOLDERS, |w| {
                for id in ["3", "9"] {
                    w.element(p::FOLDER, |w| {
                        w.text(p::ID, id);
                        w.text(p::CLASS, "Contacts");
                    });
                }
            });
        });
        let request = Request::parse(&bytes).unwrap();
        assert_eq!(request.folders, Some(vec!["3".into(), "9".into()]));
        assert_eq!(request.heartbeat, Some(Duration::from_mins(8)));
    }
}
