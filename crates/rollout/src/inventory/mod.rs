//! Which devices there are, whose, and what is known of them: from a CSV file, from Intune's export, from the devices.
//!
//! An inventory is read whole or not at all. One more source: a file beside [`csv`] whose function makes [`Device`]s.

pub mod csv;
pub mod device;
pub mod intune;
pub mod versions;

use std::collections::BTreeMap;

use fleet::{delivery::DeviceFacts, enrolment::EnrolmentId};
use serde::{Deserialize, Serialize};

pub use device::{Device, Export, KnownAccount, Managed};
pub use versions::{Source, Versions};

use crate::limits::{DEVICES_MAX, INVENTORY_BYTES_MAX, ROW_ERRORS_SHOWN};

/// The devices, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Inventory {
    devices: BTreeMap<EnrolmentId, Device>,
}

impl Inventory {
    /// All, by id.
    pub fn devices(&self) -> impl Iterator<Item = &Device> {
        self.devices.values()
    }

    /// One of them; `None` when it is not in the inventory.
    #[must_use]
    pub fn get(&self, id: &EnrolmentId) -> Option<&Device> {
        self.devices.get(id)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.devices.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    /// Adds a device, or what this record knows better of one that is there.
    pub fn merge(&mut self, device: Device) {
        match self.devices.get_mut(&device.id) {
            Some(known) => known.merge(device),
            None => {
                self.devices.insert(device.id.clone(), device);
            }
        }
    }

    /// Takes what a device says of itself; a device that was not known is added.
    pub fn learn(&mut self, id: &EnrolmentId, facts: &DeviceFacts) {
        self.devices.entry(id.clone()).or_insert_with(|| Device::new(id.clone())).learn(facts);
    }
}

impl FromIterator<Device> for Inventory {
    fn from_iter<T: IntoIterator<Item = Device>>(devices: T) -> Self {
        let mut inventory = Self::default();
        devices.into_iter().for_each(|device| inventory.merge(device));
        inventory
    }
}

/// Why a file is no inventory. Nothing of it was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InventoryError {
    /// More bytes than are read.
    #[error("the file is larger than {} MB", INVENTORY_BYTES_MAX / 1024 / 1024)]
    TooLarge,
    /// More devices than a rollout has.
    #[error("the file has more than {DEVICES_MAX} devices")]
    TooMany,
    /// Not in UTF-8.
    #[error("the file is in UTF-16; save it as CSV UTF-8")]
    Utf16,
    /// No header line.
    #[error("the file is empty; its first line names the columns: {}", csv::columns())]
    Empty,
    /// The header is separated by something else.
    #[error("the columns are separated by {0}; use commas or semicolons")]
    Separator(&'static str),
    /// Columns that must be there are not.
    #[error("missing columns: {}; needed are {}", .0.join(", "), csv::needed())]
    MissingColumns(Vec<String>),
    /// Columns that mean nothing. They may be misspelt, so they are not passed over.
    #[error("unknown columns: {}; known are {}", .0.join(", "), csv::columns())]
    UnknownColumns(Vec<String>),
    /// A column twice.
    #[error("the column {0} is there twice")]
    DoubleColumn(String),
    /// Rows that cannot be devices.
    #[error("{}", rows(.0))]
    Rows(Vec<RowError>),
    /// Not JSON, or cut off.
    #[error("this is no whole JSON document: {0}")]
    Json(String),
    /// JSON of another shape.
    #[error("neither an array of managedDevices nor an object with a value array")]
    Shape,
    /// The export stops at a page: devices are missing.
    #[error(
        "the export ends after a page of {0} devices and says that there are more (@odata.nextLink); export all pages"
    )]
    Incomplete(usize),
    /// An error answer saved as if it were the export.
    #[error("this is an error answer, not an export: {0}")]
    Answer(String),
    /// A device object that cannot be one; counted from 1.
    #[error("device {number}: {reason}")]
    Object {
        /// Its place in the array, counted from 1.
        number: usize,
        /// Why.
        reason: String,
    },
}

/// A row that cannot be a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The line where it begins, counted from 1; the header is on line 1.
    pub line: u64,
    /// Why.
    pub reason: RowReason,
}

/// Why a row cannot be a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowReason {
    /// Another number of fields than the header has.
    #[error("{found} fields where the header has {expected}")]
    Width {
        /// This many.
        found: usize,
        /// This many were expected.
        expected: usize,
    },
    /// Bytes that are not UTF-8.
    #[error("not UTF-8 in {0}")]
    NotUtf8(&'static str),
    /// A field that is longer than any can be.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// A value that its column does not have.
    #[error("{column} is {value:?}; {wanted}")]
    Value {
        /// Where.
        column: &'static str,
        /// What stands there.
        value: String,
        /// What could.
        wanted: &'static str,
    },
    /// The same id as on another line.
    #[error("the id {id} is on line {first} already")]
    Double {
        /// The id.
        id: String,
        /// Where it was first.
        first: u64,
    },
}

fn rows(errors: &[RowError]) -> String {
    let shown: Vec<_> =
        errors.iter().take(ROW_ERRORS_SHOWN).map(|error| format!("line {}: {}", error.line, error.reason)).collect();
    let more = errors.len().saturating_sub(ROW_ERRORS_SHOWN);
    let rest = if more == 0 { String::new() } else { format!("\nand {more} more") };
    format!("{}{rest}", shown.join("\n"))
}
