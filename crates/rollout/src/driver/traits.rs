//! What a rollout needs beside a way to the devices.

use std::future::Future;

use jiff::Timestamp;

use crate::{
    inventory::Device,
    state::{Rollout, SyncQuestion, document::DocumentError},
};

/// Why something did not work out this time; for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Trouble(pub String);

/// What the hub saw.
pub trait Syncs: Send + Sync {
    /// When the hub last completed a contacts sync of this device for this person; `None`: never. Only the hub's own record
    /// counts.
    fn last_sync(&self, question: &SyncQuestion) -> impl Future<Output = Result<Option<Timestamp>, Trouble>> + Send;
}

/// What a device's person is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Names this notice: a program that died may give the same one again, and it need not be sent twice.
    pub key: String,
    /// Whose device it is.
    pub device: Device,
}

/// Tells people.
pub trait Herald: Send + Sync {
    /// Returns when the person was told, or the message was handed to what will.
    fn tell(&self, notice: &Notice) -> impl Future<Output = Result<(), Trouble>> + Send;
}

/// A state with the mark that tells whether it was changed meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The state, read from its document ([`Rollout::from_document`]) wherever it outlives the program.
    pub rollout: Rollout,
    /// Its revision.
    pub revision: u64,
}

/// Why the state could not be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else saved another state since this one was loaded.
    #[error("the rollout was changed meanwhile")]
    Changed,
    /// What is kept is no state that can be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It cannot be read or written.
    #[error("the rollout's state cannot be kept: {0}")]
    Unavailable(String),
}

/// Keeps one rollout's state, as a document ([`Rollout::to_document`]) wherever it outlives the program.
pub trait Store: Send + Sync {
    /// The state; `None`: there is none yet.
    fn load(&self) -> impl Future<Output = Result<Option<Stored>, StoreError>> + Send;

    /// Replaces the state of that revision (`None`: there must be none yet), all or nothing, and returns the new revision.
    fn save(&self, rollout: &Rollout, over: Option<u64>) -> impl Future<Output = Result<u64, StoreError>> + Send;
}
