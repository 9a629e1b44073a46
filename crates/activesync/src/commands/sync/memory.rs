//! What a device's last Sync said, for those that say less: an empty body means the same again, a partial request
//! leaves out what is as before (MS-ASCMD 2.2.3.130, 3.1.5.4).
//!
//! Kept in the process only, and bounded: when it is gone, the client is told so (status 13) and says all of it. A
//! folder whose key has moved since is never completed from memory, because only the client knows whether it has
//! the new key.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use hub::AccountId;

use super::{Collection, CollectionAnswer, Request};
use crate::session::Session;

/// Devices whose last Sync is remembered at the same time.
const DEVICES_REMEMBERED: usize = 50_000;

/// The last Sync of a device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    request: Request,
    /// Folders that were given a new key in the answer.
    moved: Vec<String>,
}

impl Memory {
    /// Of a whole request, before its answer is known.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let collections = request.collections.iter().cloned().map(Collection::without_commands).collect();
        let request = Request { collections, partial: false, ..*request };
        Self { request, moved: Vec::new() }
    }

    /// The same request again; `None` when a key has moved.
    #[must_use]
    pub fn whole(&self) -> Option<Request> {
        self.moved.is_empty().then(|| self.request.clone())
    }

    /// A partial request made whole; `None` when a folder is left out whose key has moved, or when a folder's key is
    /// known to neither.
    #[must_use]
    pub fn complete(&self, partial: Request) -> Option<Request> {
        let mut collections = partial.collections;
        for collection in &mut collections {
            let known = self.request.collections.iter().find(|known| known.collection_id == collection.collection_id);
            match (known, &collection.sync_key) {
                (_, Some(_)) => {}
                (Some(known), None) if !self.has_moved(known) => collection.sync_key.clone_from(&known.sync_key),
                _ => return None,
            }
            if let Some(known) = known {
                collection.window = collection.window.or(known.window);
                collection.get_changes = collection.get_changes.or(known.get_changes);
            }
        }
        for known in &self.request.collections {
            if collections.iter().any(|collection| collection.collection_id == known.collection_id) {
                continue;
            }
            if self.has_moved(known) {
                return None;
            }
            collections.push(known.clone());
        }
        // What a client says of waiting replaces both.
        let says_wait = partial.wait.is_some() || partial.heartbeat.is_some();
        let (wait, heartbeat) =
            if says_wait { (partial.wait, partial.heartbeat) } else { (self.request.wait, self.request.heartbeat) };
        let window = partial.window.or(self.request.window);
        Some(Request { collections, wait, heartbeat, window, partial: false })
    }

    fn has_moved(&self, collection: &Collection) -> bool {
        self.moved.contains(&collection.collection_id)
    }

    fn note(&mut self, answers: &[CollectionAnswer]) {
        for answer in answers {
            let asked = self.request.collections.iter().find(|known| known.collection_id == answer.collection_id);
            if asked.is_none_or(|asked| asked.sync_key.as_deref() != Some(answer.sync_key.as_str())) {
                self.moved.push(answer.collection_id.clone());
            }
        }
    }
}

impl Collection {
    /// What can be asked again: who repeats a request does not repeat its commands.
    pub(super) fn without_commands(self) -> Self {
        Self { commands: Vec::new(), supported: None, ..self }
    }
}

/// The memories of all devices.
#[derive(Debug, Default)]
pub(crate) struct Memories {
    devices: Mutex<HashMap<(AccountId, String), Arc<Memory>>>,
}

impl Memories {
    pub(super) fn recall(&self, session: &Session) -> Option<Arc<Memory>> {
        self.lock().get(&key(session)).cloned()
    }

    pub(super) fn keep(&self, session: &Session, mut memory: Memory, answers: &[CollectionAnswer]) {
        memory.note(answers);
        let mut devices = self.lock();
        if devices.len() >= DEVICES_REMEMBERED {
            devices.clear();
        }
        devices.insert(key(session), Arc::new(memory));
    }

    pub(super) fn moved(&self, session: &Session, answers: &[CollectionAnswer]) {
        if let Some(memory) = self.lock().get_mut(&key(session)) {
            Arc::make_mut(memory).note(answers);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(AccountId, String), Arc<Memory>>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(session: &Session) -> (AccountId, String) {
    (session.caller().account, session.device_id().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::SyncStatus;

    fn collection(id: &str, key: Option<&str>) -> Collection {
        Collection { collection_id: id.into(), sync_key: key.map(Into::into), ..Collection::default() }
    }

    fn memory() -> Memory {
        let collections = vec![collection("1", Some("a.1")), collection("2", Some("b.1"))];
        Memory::of(&Request { collections, heartbeat: Some(600), ..Request::default() })
    }

    fn new_key(id: &str) -> CollectionAnswer {
        CollectionAnswer::failed(id.into(), "new".into(), SyncStatus::Success)
    }

    #[test]
    fn an_empty_request_is_the_one_before() {
        assert_eq!(memory().whole().unwrap().collections.len(), 2);
        assert_eq!(memory().whole().unwrap().heartbeat, Some(600));
    }

    #[test]
    fn an_empty_request_after_a_new_key_is_not_guessed_at() {
        let mut memory = memory();
        memory.note(&[new_key("2")]);
        assert_eq!(memory.whole(), None);
    }

    #[test]
    fn a_partial_request_leaves_out_what_is_as_before() {
        let mut memory = memory();
        memory.note(&[new_key("2")]);
        let partial = Request { collections: vec![collection("2", Some("new"))], partial: true, ..Request::default() };
        let whole = memory.complete(partial).unwrap();
        let keys: Vec<_> = whole.collections.iter().filter_map(|known| known.sync_key.as_deref()).collect();
        assert_eq!((keys, whole.heartbeat), (vec!["new", "a.1"], Some(600)));
    }

    #[test]
    fn a_partial_request_that_leaves_out_a_moved_key_is_not_guessed_at() {
        let mut memory = memory();
        memory.note(&[new_key("2")]);
        let partial = Request { collections: vec![collection("1", Some("a.1"))], partial: true, ..Request::default() };
        assert_eq!(memory.complete(partial), None);
    }
}
