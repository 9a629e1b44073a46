//! What was done, and what was there before: enough to go on after a crash, and to go back.

use std::{collections::BTreeMap, io};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::operation::{Act, Operation};
use crate::{
    plan::{Plan, Step},
    role::Role,
};

/// The form of journals that this version writes and reads.
pub const FORMAT: u32 = 1;

/// The record of one application of one plan. The plan holds what every object was before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Journal {
    /// [`FORMAT`].
    pub format: u32,
    /// What was to be done.
    pub plan: Plan,
    /// What was begun, in the order in which it was.
    pub entries: Vec<Entry>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Of which object.
    pub role: Role,
    /// What.
    pub act: Act,
    /// How far it is.
    pub progress: Progress,
    /// The object's id, when this operation made it.
    pub id: Option<String>,
    /// Whether we made it; what others made is not deleted when going back.
    pub ours: bool,
    /// The id of what was made again when going back.
    pub restored: Option<String>,
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// It is about to be done, and perhaps was.
    Intended,
    /// It was done.
    Done,
    /// It is about to be undone, and perhaps was.
    Undoing,
    /// It was undone.
    Undone,
}

/// Why a journal cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// It was written by another version.
    #[error("the journal has format {0}; this version reads {FORMAT}")]
    Format(u32),
    /// It is none.
    #[error("this is no journal: {0}")]
    NotAJournal(String),
}

/// Keeps a journal: called before and after every operation. What it has not kept is looked for in the tenant.
pub type Keep<'a> = &'a mut (dyn FnMut(&Journal) -> io::Result<()> + Send);

impl Journal {
    /// Nothing done yet.
    pub fn new(plan: Plan) -> Self {
        Self { format: FORMAT, plan, entries: Vec::new() }
    }

    /// Reads a journal that was written with serde.
    ///
    /// # Errors
    /// When it is of another format, or none.
    pub fn from_json(bytes: &[u8]) -> Result<Self, JournalError> {
        let value: Value =
            serde_json::from_slice(bytes).map_err(|error| JournalError::NotAJournal(error.to_string()))?;
        match value.get("format").and_then(Value::as_u64).and_then(|format| u32::try_from(format).ok()) {
            Some(FORMAT) => serde_json::from_value(value).map_err(|error| JournalError::NotAJournal(error.to_string())),
            Some(other) => Err(JournalError::Format(other)),
            None => Err(JournalError::NotAJournal("it has no format".to_owned())),
        }
    }

    /// Whether everything of the plan was done, and nothing undone.
    pub fn is_complete(&self) -> bool {
        Operation::all(&self.plan)
            .into_iter()
            .all(|operation| self.entry(operation).is_some_and(|entry| entry.progress == Progress::Done))
    }

    /// Whether everything that was begun was undone.
    pub fn is_undone(&self) -> bool {
        self.entries.iter().all(|entry| entry.progress == Progress::Undone)
    }

    pub(crate) fn entry(&self, operation: Operation) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.role == operation.role && entry.act == operation.act)
    }

    /// Writes an operation's entry, made when there is none.
    pub(crate) fn write(&mut self, operation: Operation, change: impl FnOnce(&mut Entry)) {
        let Operation { role, act } = operation;
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.role == role && entry.act == act) {
            return change(entry);
        }
        let mut entry = Entry { role, act, progress: Progress::Intended, id: None, ours: false, restored: None };
        change(&mut entry);
        self.entries.push(entry);
    }

    /// The id of a step's object: the one that was made, else the one that was there.
    pub(crate) fn id<'a>(&'a self, step: &'a Step) -> Option<&'a str> {
        let made = self.entry(Operation { role: step.role, act: Act::Create }).and_then(|entry| entry.id.as_deref());
        let there = step.base.as_ref().map(|base| base.id.as_str());
        if step.creates() { made } else { there }
    }

    /// Ids that references stand for.
    pub(crate) fn known(&self) -> BTreeMap<String, Vec<String>> {
        let ids =
            self.plan.steps.iter().filter_map(|step| Some((step.role.reference(), vec![self.id(step)?.to_owned()])));
        ids.collect()
    }
}
