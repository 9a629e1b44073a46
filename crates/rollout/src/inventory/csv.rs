//! The CSV file. The first line names the columns, in any order; separated by commas or semicolons; UTF-8, with or
//! without a byte order mark.
//!
//! | column | needed | what |
//! | --- | --- | --- |
//! | `id` | yes | the UDID, or the EnrollmentID under user enrolment |
//! | `email` | yes | whose it is; may be empty |
//! | `os_version` | yes | such as 17.2; empty when unknown |
//! | `enrolment` | yes | `device`, `supervised`, `user`, `none`; empty when unknown |
//! | `product` | | such as iPhone15,4 |
//! | `supervised` | | `yes` or `no` |
//! | `accounts` | | Exchange accounts on it: `host=address`, several with spaces between |
//! | `outlook_export` | | `on` or `off` |
//! | `eas_device_id` | | EASDeviceIdentifier |
//! | `last_seen` | | 2026-01-31 or 2026-01-31T08:00:00Z |
//! | `group` | | a name to make waves of |

use std::collections::BTreeMap;

use ::csv::{ByteRecord, Position, ReaderBuilder};
use fleet::enrolment::{Enrolment, EnrolmentId};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    Device, Export, Inventory, InventoryError, KnownAccount, Managed, RowError, RowReason, Source, Versions, versions,
};
use crate::limits::{DEVICES_MAX, FIELD_BYTES_MAX, INVENTORY_BYTES_MAX};

const NEEDED: [&str; 4] = ["id", "email", "os_version", "enrolment"];
const OPTIONAL: [&str; 7] =
    ["product", "supervised", "accounts", "outlook_export", "eas_device_id", "last_seen", "group"];

/// The columns there can be, for people.
#[must_use]
pub fn columns() -> String {
    [NEEDED.as_slice(), OPTIONAL.as_slice()].concat().join(", ")
}

/// The columns that must be there, for people.
#[must_use]
pub fn needed() -> String {
    NEEDED.join(", ")
}

/// Reads a whole file. Every row must be a device; otherwise nothing is taken, and the error names the rows.
pub fn read(bytes: &[u8]) -> Result<Inventory, InventoryError> {
    if bytes.len() > INVENTORY_BYTES_MAX {
        return Err(InventoryError::TooLarge);
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(InventoryError::Utf16);
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let header = bytes.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    let separator = separator(header.ok_or(InventoryError::Empty)?)?;
    let mut reader = ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(false).from_reader(bytes);
    let mut row = ByteRecord::new();
    // Reading from memory does not fail, and rows of any length are allowed.
    if !reader.read_byte_record(&mut row).unwrap_or(false) {
        return Err(InventoryError::Empty);
    }
    let columns = Columns::read(&row)?;
    let (mut inventory, mut lines, mut errors) = (Inventory::default(), BTreeMap::new(), Vec::new());
    while reader.read_byte_record(&mut row).unwrap_or(false) {
        let line = row.position().map_or(0, Position::line);
        let device = columns.device(&row).and_then(|device| match lines.insert(device.id.clone(), line) {
            Some(first) => Err(RowReason::Double { id: device.id.to_string(), first }),
            None => Ok(device),
        });
        match device {
            Ok(device) => inventory.merge(device),
            Err(reason) => errors.push(RowError { line, reason }),
        }
        if lines.len() > DEVICES_MAX {
            return Err(InventoryError::TooMany);
        }
    }
    if errors.is_empty() { Ok(inventory) } else { Err(InventoryError::Rows(errors)) }
}

/// Which of the two the header has more of. Other separators are named, because a header of one column says little.
fn separator(header: &[u8]) -> Result<u8, InventoryError> {
    let header = String::from_utf8_lossy(header);
    let count = |separator: char| header.matches(separator).count();
    match (count(','), count(';'), count('\t'), count('|')) {
        (0, 0, 0, 0) => Ok(b','),
        (0, 0, tabs, bars) if tabs >= bars => Err(InventoryError::Separator("tabs")),
        (0, 0, _, _) => Err(InventoryError::Separator("vertical bars")),
        (commas, semicolons, _, _) if semicolons > commas => Ok(b';'),
        _ => Ok(b','),
    }
}

/// Where the columns are.
struct Columns {
    width: usize,
    at: BTreeMap<&'static str, usize>,
}

impl Columns {
    fn read(header: &ByteRecord) -> Result<Self, InventoryError> {
        let (mut at, mut unknown) = (BTreeMap::new(), Vec::new());
        for (place, name) in header.iter().enumerate() {
            let name = String::from_utf8_lossy(name).trim().to_lowercase();
            match NEEDED.into_iter().chain(OPTIONAL).find(|known| *known == name) {
                Some(known) => {
                    if at.insert(known, place).is_some() {
                        return Err(InventoryError::DoubleColumn(name));
                    }
                }
                None => unknown.push(format!("{name:?}")),
            }
        }
        let missing: Vec<_> = NEEDED.into_iter().filter(|name| !at.contains_key(name)).map(ToOwned::to_owned).collect();
        if !missing.is_empty() {
            return Err(InventoryError::MissingColumns(missing));
        }
        if !unknown.is_empty() {
            return Err(InventoryError::UnknownColumns(unknown));
        }
        Ok(Self { width: header.len(), at })
    }

    /// A field without blanks around it; `None` when it is empty or its column is not there.
    fn field<'a>(&self, row: &'a ByteRecord, column: &'static str) -> Result<Option<&'a str>, RowReason> {
        let Some(bytes) = self.at.get(column).and_then(|place| row.get(*place)) else { return Ok(None) };
        if bytes.len() > FIELD_BYTES_MAX {
            return Err(RowReason::TooLong(column));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| RowReason::NotUtf8(column))?.trim();
        Ok((!text.is_empty()).then_some(text))
    }

    /// A field read by a function that says `None` to what it cannot be.
    fn value<T>(
        &self,
        row: &ByteRecord,
        column: &'static str,
        wanted: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, RowReason> {
        let Some(text) = self.field(row, column)? else { return Ok(None) };
        read(text).map(Some).ok_or_else(|| RowReason::Value { column, value: text.to_owned(), wanted })
    }

    fn device(&self, row: &ByteRecord) -> Result<Device, RowReason> {
        if row.len() != self.width {
            return Err(RowReason::Width { found: row.len(), expected: self.width });
        }
        let id = self.value(row, "id", "a UDID or EnrollmentID, without blanks, / , ? #", EnrolmentId::parse)?;
        let no_id = || RowReason::Value { column: "id", value: String::new(), wanted: "every device needs one" };
        let mut device = Device::new(id.ok_or_else(no_id)?);
        device.person = self.value(row, "email", "an e-mail address", address)?;
        if let Some(version) = self.value(row, "os_version", "a version such as 17.2", versions::parse)? {
            device.versions = Versions::stated(Source::List, version);
        }
        device.supervised = self.value(row, "supervised", "yes or no", yes)?;
        device.managed = self.value(row, "enrolment", "device, supervised, user, none", managed)?.unwrap_or_default();
        if device.managed == Managed::As(Enrolment::Device) && device.supervised == Some(true) {
            device.managed = Managed::As(Enrolment::Supervised);
        }
        device.product = self.field(row, "product")?.map(ToOwned::to_owned);
        device.accounts =
            self.value(row, "accounts", "host=address, with spaces between", accounts)?.unwrap_or_default();
        device.export = self.value(row, "outlook_export", "on or off", export)?.unwrap_or_default();
        device.eas_device_identifier = self.field(row, "eas_device_id")?.map(ToOwned::to_owned);
        device.last_seen = self.value(row, "last_seen", "2026-01-31 or 2026-01-31T08:00:00Z", moment)?;
        device.group = self.field(row, "group")?.map(ToOwned::to_owned);
        Ok(device)
    }
}

fn address(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    let fits = !local.is_empty() && !domain.is_empty() && !text.contains(char::is_whitespace);
    fits.then(|| text.to_owned())
}

fn yes(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" => Some(false),
        _ => None,
    }
}

fn managed(text: &str) -> Option<Managed> {
    match text.to_lowercase().as_str() {
        "device" => Some(Managed::As(Enrolment::Device)),
        "supervised" => Some(Managed::As(Enrolment::Supervised)),
        "user" => Some(Managed::As(Enrolment::User)),
        "none" => Some(Managed::No),
        _ => None,
    }
}

fn export(text: &str) -> Option<Export> {
    match text.to_lowercase().as_str() {
        "on" => Some(Export::On),
        "off" => Some(Export::Off),
        _ => None,
    }
}

fn accounts(text: &str) -> Option<Vec<KnownAccount>> {
    text.split_whitespace()
        .map(|pair| {
            let (host, email) = pair.split_once('=')?;
            (!host.is_empty() && !email.is_empty())
                .then(|| KnownAccount { host: host.to_owned(), email: email.to_owned() })
        })
        .collect()
}

fn moment(text: &str) -> Option<Timestamp> {
    let midnight = |date: Date| date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse().ok().or_else(|| text.parse().ok().and_then(midnight))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "id,email,os_version,enrolment";

    fn refused(text: &str) -> String {
        read(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_full_row_is_a_device() {
        let text = "\u{feff}email;id;os_version;enrolment;supervised;accounts;outlook_export;eas_device_id;last_seen;group\r\n\
            anna@example.com;D1;17.2;device;yes;outlook.office365.com=anna@example.com;on;APPL1;2026-01-31;pilot\r\n";
        let inventory = read(text.as_bytes()).unwrap();
        let device = inventory.get(&EnrolmentId::parse("D1").unwrap()).unwrap();
        assert_eq!(device.person.as_deref(), Some("anna@example.com"));
        assert_eq!(device.managed, Managed::As(Enrolment::Supervised));
        assert_eq!(device.versions.to_string(), "iOS 17.2");
        assert_eq!(device.accounts[0].host, "outlook.office365.com");
        assert_eq!(device.export, Export::On);
        assert_eq!(device.last_seen.unwrap().to_string(), "2026-01-31T00:00:00Z");
        assert_eq!(device.group.as_deref(), Some("pilot"));
    }

    #[test]
    fn missing_unknown_and_double_columns_are_named() {
        assert_eq!(
            refused("id,mail,os_version\n"),
            "missing columns: email, enrolment; needed are id, email, os_version, enrolment"
        );
        assert!(
            refused("id,email,os_version,enrolment,outlok_export\n").starts_with("unknown columns: \"outlok_export\"")
        );
        assert_eq!(refused("id,email,id,os_version,enrolment\n"), "the column id is there twice");
    }

    #[test]
    fn other_separators_are_named() {
        assert_eq!(refused("id\temail\tos_version\n"), "the columns are separated by tabs; use commas or semicolons");
        assert_eq!(refused("id|email\n"), "the columns are separated by vertical bars; use commas or semicolons");
        assert_eq!(read(&[0xff, 0xfe, b'i', 0]).unwrap_err(), InventoryError::Utf16);
        assert!(refused("\u{feff}\n \n").starts_with("the file is empty"));
    }

    #[test]
    fn every_bad_row_is_named_with_its_line_and_nothing_is_taken() {
        let text = format!(
            "{HEADER}\nD1,a@example.com,17,device\nD2,b@example.com,seventeen,device\nD3,c@example.com,17\n\
             D1,d@example.com,16,device\n,e@example.com,16,device\nD6,nobody,16,device\nD7,,16,leased\n"
        );
        assert_eq!(
            refused(&text),
            "line 3: os_version is \"seventeen\"; a version such as 17.2\n\
             line 4: 3 fields where the header has 4\n\
             line 5: the id D1 is on line 2 already\n\
             line 6: id is \"\"; every device needs one\n\
             line 7: email is \"nobody\"; an e-mail address\n\
             line 8: enrolment is \"leased\"; device, supervised, user, none"
        );
    }

    #[test]
    fn many_bad_rows_are_counted() {
        let text = format!("{HEADER}\n{}", "x\n".repeat(50));
        assert!(refused(&text).ends_with("and 30 more"));
    }

    #[test]
    fn empty_fields_are_unknown() {
        let inventory = read(format!("{HEADER}\nD1,,,\n").as_bytes()).unwrap();
        let device = inventory.devices().next().unwrap();
        assert_eq!((device.person.as_deref(), device.managed), (None, Managed::Unknown));
        assert_eq!(device.versions.effective(), None);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_named() {
        let bytes = [HEADER.as_bytes(), b"\nD1,\xe4@example.com,17,device\n"].concat();
        assert_eq!(read(&bytes).unwrap_err().to_string(), "line 2: not UTF-8 in email");
    }
}
