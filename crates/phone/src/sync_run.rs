//! Syncing contacts, as iOS runs it: one folder after the other, one request at a time, until neither side has more to say.

use crate::address_book::{Added, AddressBook};
use crate::commands::Command;
use crate::commands::sync::{self, Answer, Request, Response, Sent, Shape};
use crate::device::Phone;
use crate::error::PhoneError;
use crate::ids::FolderId;
use crate::limits::RESETS_IN_A_ROW;
use crate::state::{Collection, Phase};
use crate::strictness::Violation;
use crate::wbxml::code_pages::airsync;

/// What a run of Sync did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Answers applied.
    pub answers: u32,
    /// Items received: Adds, Changes, Deletes.
    pub received: usize,
    /// Items sent.
    pub sent: usize,
    /// Times a folder went back to key 0.
    pub resets: u32,
}

/// What to do after a folder's answer.
enum Next {
    /// Ask again: more is to come, or more is to be sent.
    Again,
    /// Both sides are done.
    Done,
    /// Back to key 0.
    Reset,
    /// Back to key 0, but only once.
    ResetOnce,
    /// The hierarchy must bring a change first.
    Folders {
        /// Whether a hierarchy without change is fetched again from 0.
        from_zero: bool,
    },
}

/// What already happened to a folder in this run; each cure has its limit.
#[derive(Default)]
struct Cures {
    resets: u32,
    server_errors: u32,
    folder_syncs: u32,
}

impl Phone {
    /// Syncs every contacts folder until neither side has more to say.
    pub async fn sync(&mut self) -> Result<SyncReport, PhoneError> {
        if self.state.version.is_none() {
            return Err(PhoneError::NotSetUp);
        }
        let folders: Vec<FolderId> = self.state.contacts_folders().map(|folder| folder.id.clone()).collect();
        if folders.is_empty() {
            return Err(PhoneError::NoContactsFolder);
        }
        let mut total = SyncReport::default();
        for folder in folders {
            let report = self.sync_folder(&folder).await?;
            total.answers += report.answers;
            total.received += report.received;
            total.sent += report.sent;
            total.resets += report.resets;
        }
        Ok(total)
    }

    /// Syncs one folder until neither side has more to say. A folder whose Sync fails is left out of Ping until one succeeds.
    pub async fn sync_folder(&mut self, folder: &FolderId) -> Result<SyncReport, PhoneError> {
        let result = self.run_folder(folder).await;
        match &result {
            Ok(report) => self.guards.synced(folder, report.received),
            Err(_) => self.guards.failed(folder),
        }
        result
    }

    async fn run_folder(&mut self, folder: &FolderId) -> Result<SyncReport, PhoneError> {
        let mut report = SyncReport::default();
        let mut cures = Cures::default();
        loop {
            // A FolderSync on the way may have taken the folder away.
            if !self.state.collections.contains_key(folder) {
                return Ok(report);
            }
            let request = self.next_request(folder)?;
            let (status, next) = match self.command(Command::Sync, request.body.clone()).await {
                Ok(None) if request.key == "0" || !request.sent.is_empty() => {
                    let violation = Violation::KeyDidNotAdvance { folder: folder.clone(), key: request.key };
                    self.hold_against(Command::Sync, vec![violation])?;
                    return Ok(report);
                }
                // Nothing new; the key stays.
                Ok(None) => return Ok(report),
                Ok(Some(root)) => {
                    let mut broken = Vec::new();
                    let answer = sync::read(self.config.kind, &root, &mut broken);
                    self.hold_against(Command::Sync, broken)?;
                    if self.crash_before_storing {
                        self.crash()?;
                        return Err(PhoneError::Crashed);
                    }
                    (answer.status, self.take_answer(folder, &request, answer, &mut report)?)
                }
                Err(PhoneError::Http { status: 500, .. }) => (5, Next::ResetOnce),
                Err(PhoneError::Status { status: status @ (110 | 120..=122 | 132..=136), .. }) => {
                    (status, Next::ResetOnce)
                }
                Err(error) => return Err(error),
            };
            if matches!(next, Next::Done) {
                return Ok(report);
            }
            self.cure(folder, status, &next, &mut cures, &mut report).await?;
        }
    }

    /// Does what a status asks for, as often as iOS does it in a row.
    async fn cure(
        &mut self,
        folder: &FolderId,
        status: u32,
        next: &Next,
        cures: &mut Cures,
        report: &mut SyncReport,
    ) -> Result<(), PhoneError> {
        let gave_up = || Err(PhoneError::Collection { folder: folder.clone(), status });
        match next {
            Next::Done => return Ok(()),
            Next::Again => {
                *cures = Cures::default();
                return Ok(());
            }
            Next::Reset if cures.resets < RESETS_IN_A_ROW => cures.resets += 1,
            Next::ResetOnce if cures.server_errors == 0 => cures.server_errors += 1,
            Next::Reset | Next::ResetOnce => return gave_up(),
            Next::Folders { from_zero } => {
                if cures.folder_syncs > 0 {
                    return gave_up();
                }
                cures.folder_syncs += 1;
                if !self.sync_folders().await? && *from_zero {
                    self.forget_folders();
                    self.sync_folders().await?;
                }
                return Ok(());
            }
        }
        report.resets += 1;
        self.counters.resets += 1;
        self.collection(folder)?.reset();
        Ok(())
    }

    fn next_request(&mut self, folder: &FolderId) -> Result<Request, PhoneError> {
        let shape = Shape {
            kind: self.config.kind,
            window_size: self.config.window_size,
            own_pictures_only: self.config.own_pictures_only,
        };
        let kind = self.config.kind;
        let mut adds = self.state.adds_made;
        let collection = self.collection(folder)?;
        let request = match collection.phase {
            Phase::Unknown => {
                let request = sync::initial(shape, folder);
                self.counters.initial_syncs += 1;
                return Ok(request);
            }
            // Nothing is sent before the first run is over.
            Phase::Bootstrap | Phase::FirstRun => {
                sync::exchange(shape, folder, collection.key(), Vec::new(), &collection.book)
            }
            Phase::Steady => {
                let sent = sync::collect(&collection.book, |local| {
                    adds += 1;
                    kind.client_id(local.0, adds)
                });
                sync::exchange(shape, folder, collection.key(), sent, &collection.book)
            }
        };
        self.counters.items_sent += request.sent.len() as u64;
        Ok(request)
    }

    fn collection(&mut self, folder: &FolderId) -> Result<&mut Collection, PhoneError> {
        self.state.collections.get_mut(folder).ok_or_else(|| PhoneError::NoSuchFolder(folder.clone()))
    }

    /// Applies an answer, or says what its status asks for.
    fn take_answer(
        &mut self,
        folder: &FolderId,
        request: &Request,
        answer: Answer,
        report: &mut SyncReport,
    ) -> Result<Next, PhoneError> {
        match answer.status {
            1 => {}
            3 | 4 | 14 | 15 => return Ok(Next::Reset),
            5 | 13 | 16 => return Ok(Next::ResetOnce),
            8 => return Ok(Next::Folders { from_zero: true }),
            12 => return Ok(Next::Folders { from_zero: false }),
            status => return Err(PhoneError::Collection { folder: folder.clone(), status }),
        }
        self.hold_against(Command::Sync, refusals(folder, request, &answer, self.config.window_size))?;
        let received = answer.commands.len();
        let had_items = received > 0 || !answer.responses.is_empty();
        let more = answer.more_available;
        report.answers += 1;
        report.received += received;
        report.sent += request.sent.len();
        self.counters.items_received += received as u64;
        self.state.adds_made += request.sent.iter().filter(|sent| matches!(sent, Sent::Add { .. })).count() as u64;

        let broken = self.apply(folder, request, answer)?;
        self.hold_against(Command::Sync, broken)?;
        if more && !had_items {
            self.hold_against(Command::Sync, vec![Violation::MoreAvailableWithoutItems(folder.clone())])?;
            return Ok(Next::Done);
        }
        let collection = self.collection(folder)?;
        let unfinished = more || collection.phase != Phase::Steady || collection.book.has_unsent();
        Ok(if unfinished { Next::Again } else { Next::Done })
    }

    fn apply(&mut self, folder: &FolderId, request: &Request, answer: Answer) -> Result<Vec<Violation>, PhoneError> {
        let mut broken = Vec::new();
        let mut next_local = self.state.next_local;
        let counters = &mut self.counters;
        let collection =
            self.state.collections.get_mut(folder).ok_or_else(|| PhoneError::NoSuchFolder(folder.clone()))?;
        if !answer.key.is_empty() {
            collection.key = answer.key;
        }
        if request.key == "0" {
            collection.phase = Phase::Bootstrap;
            return Ok(broken);
        }
        if collection.phase == Phase::Bootstrap {
            collection.book.drain();
            collection.phase = Phase::FirstRun;
        }
        let book = &mut collection.book;
        let outcome = take_responses(book, &request.sent, &answer.responses, &mut broken);
        counters.conflicts += outcome.conflicts;
        counters.items_refused += outcome.refused;

        let first_run = collection.phase == Phase::FirstRun;
        for id in answer.commands.deletes {
            if !book.deleted_by_server(&id) {
                broken.push(Violation::DeleteForUnknownServerId(id));
            }
        }
        for (id, received) in answer.commands.changes {
            if !book.replace(&id, received) {
                broken.push(Violation::ChangeForUnknownServerId(id));
            }
        }
        for (id, received) in answer.commands.adds {
            let fresh = crate::ids::LocalId(next_local);
            next_local += 1;
            let added = if first_run {
                book.add_in_first_run(id.clone(), received, fresh)
            } else {
                book.add(id.clone(), received, fresh)
            };
            match added {
                Added::New | Added::AwaitsDeletion => {}
                Added::Known => broken.push(Violation::AddForKnownServerId(id)),
                Added::MergedByName => counters.merges_by_name += 1,
                Added::Collapsed => counters.collapses += 1,
            }
        }
        if first_run && !answer.more_available {
            book.first_run_over();
            collection.phase = Phase::Steady;
        }
        self.state.next_local = next_local;
        Ok(broken)
    }
}

/// What is wrong with an answer of status 1 before it is applied.
fn refusals(folder: &FolderId, request: &Request, answer: &Answer, window: u32) -> Vec<Violation> {
    let mut broken = Vec::new();
    if answer.folder != folder.0 {
        broken.push(Violation::OtherFolderAnswered { asked: folder.clone(), got: answer.folder.clone() });
        return broken;
    }
    let got = answer.commands.len();
    let stuck = answer.key.is_empty() || answer.key == "0" || answer.key == request.key;
    let matters =
        request.key == "0" || got > 0 || !request.sent.is_empty() || answer.key.is_empty() || answer.key == "0";
    if stuck && matters {
        broken.push(Violation::KeyDidNotAdvance { folder: folder.clone(), key: answer.key.clone() });
    }
    if request.key == "0" && got > 0 {
        broken.push(Violation::ItemsInAnswerToKeyZero(folder.clone()));
    }
    if got > usize::try_from(window).unwrap_or(usize::MAX) {
        broken.push(Violation::MoreItemsThanWindow { got, window });
    }
    broken
}

#[derive(Default)]
struct Outcome {
    conflicts: u64,
    refused: u64,
}

/// Takes the server's word on every command sent. Changes and Deletes are answered only when they failed.
fn take_responses(
    book: &mut AddressBook,
    sent: &[Sent],
    responses: &[Response],
    broken: &mut Vec<Violation>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut answered = vec![false; responses.len()];
    // Equal ClientIds in one request are answered in the order in which they were sent.
    let mut take = |fits: &dyn Fn(&Response) -> bool| {
        let at = responses.iter().zip(&answered).position(|(response, taken)| !*taken && fits(response))?;
        if let Some(taken) = answered.get_mut(at) {
            *taken = true;
        }
        responses.get(at)
    };
    for command in sent {
        match command {
            Sent::Add { local, client_id } => {
                let response = take(&|response| response.tag == airsync::ADD && response.client_id == *client_id);
                match response {
                    Some(Response { status: 1, server_id: Some(server_id), .. }) => {
                        book.add_accepted(*local, server_id.clone());
                    }
                    Some(Response { status, .. }) if *status != 1 => {
                        outcome.refused += 1;
                        book.sent(*local);
                    }
                    // Counts as failed and is not sent again.
                    _ => {
                        broken.push(Violation::AddWithoutServerId(client_id.clone()));
                        book.sent(*local);
                    }
                }
            }
            Sent::Change { local, server_id } => {
                let response =
                    take(&|response| response.tag == airsync::CHANGE && response.server_id.as_ref() == Some(server_id));
                book.sent(*local);
                match response.map(|response| response.status) {
                    None | Some(1) => {}
                    // The server's version comes in its commands.
                    Some(7) => outcome.conflicts += 1,
                    Some(8) => book.remove(*local),
                    Some(_) => outcome.refused += 1,
                }
            }
            Sent::Delete { server_id } => {
                let response =
                    take(&|response| response.tag == airsync::DELETE && response.server_id.as_ref() == Some(server_id));
                book.deletion_sent(server_id);
                if response.is_some_and(|response| !matches!(response.status, 1 | 8)) {
                    outcome.refused += 1;
                }
            }
        }
    }
    for (response, taken) in responses.iter().zip(&answered) {
        if !taken && response.tag == airsync::ADD {
            broken.push(Violation::ResponseToUnknownClientId(response.client_id.clone()));
        }
    }
    outcome
}
