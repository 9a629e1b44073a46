//! The CSV file: header `email,name,given_name,surname,phone,mobile,home_phone,company,department,title,office,alias`
//! in any order, or other names through a [`ColumnMap`]; UTF-8, with or without a byte order mark; separated by
//! commas, semicolons or tabs, whichever the header has most of. Only `email` is needed. Unknown columns are ignored.

use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

use csv::{ByteRecord, Position, Reader, ReaderBuilder};
use ledger::tables::directory::{Entry, EntryId};

use super::{ImportError, LineError, Reason};
use crate::limits::FIELD_CHARS_MAX;

/// A field of an entry, as the header names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "see Entry")]
pub enum Field {
    Email,
    Name,
    GivenName,
    Surname,
    Phone,
    Mobile,
    HomePhone,
    Company,
    Department,
    Title,
    Office,
    Alias,
}

impl Field {
    /// All, in the order of the documented header.
    pub const ALL: [Self; 12] = [
        Self::Email,
        Self::Name,
        Self::GivenName,
        Self::Surname,
        Self::Phone,
        Self::Mobile,
        Self::HomePhone,
        Self::Company,
        Self::Department,
        Self::Title,
        Self::Office,
        Self::Alias,
    ];

    /// The name of its column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Name => "name",
            Self::GivenName => "given_name",
            Self::Surname => "surname",
            Self::Phone => "phone",
            Self::Mobile => "mobile",
            Self::HomePhone => "home_phone",
            Self::Company => "company",
            Self::Department => "department",
            Self::Title => "title",
            Self::Office => "office",
            Self::Alias => "alias",
        }
    }

    fn of(self, entry: &mut Entry) -> &mut String {
        match self {
            Self::Email => &mut entry.email,
            Self::Name => &mut entry.name,
            Self::GivenName => &mut entry.given_name,
            Self::Surname => &mut entry.surname,
            Self::Phone => &mut entry.phone,
            Self::Mobile => &mut entry.mobile,
            Self::HomePhone => &mut entry.home_phone,
            Self::Company => &mut entry.company,
            Self::Department => &mut entry.department,
            Self::Title => &mut entry.title,
            Self::Office => &mut entry.office,
            Self::Alias => &mut entry.alias,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which columns of a file hold which fields; fields it does not name have their own name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnMap(BTreeMap<Field, String>);

impl ColumnMap {
    /// The same map with one field in another column.
    #[must_use]
    pub fn with(mut self, field: Field, column: &str) -> Self {
        self.0.insert(field, column.trim().to_owned());
        self
    }

    fn column(&self, field: Field) -> &str {
        self.0.get(&field).map_or(field.name(), String::as_str)
    }
}

/// `field=Column,field=Column`, for the command line.
impl FromStr for ColumnMap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').filter(|pair| !pair.trim().is_empty()).try_fold(Self::default(), |map, pair| {
            let (name, column) = pair.split_once('=').ok_or_else(|| format!("{pair:?} is not FIELD=COLUMN"))?;
            let field = Field::ALL.into_iter().find(|field| field.name() == name.trim());
            let field = field.ok_or_else(|| format!("there is no field {:?}", name.trim()))?;
            Ok(map.with(field, column))
        })
    }
}

/// A CSV file whose header has been understood. Its lines are read when they are needed, twice in an import.
#[derive(Debug, Clone)]
pub struct CsvFile {
    bytes: Arc<Vec<u8>>,
    separator: u8,
    width: usize,
    columns: Vec<(Field, usize)>,
}

/// A row that can be an entry; its id is still 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it begins, counted from 1.
    pub line: u64,
    /// What it says.
    pub entry: Entry,
}

impl CsvFile {
    /// Reads the header.
    pub fn open(mut bytes: Vec<u8>, map: &ColumnMap) -> Result<Self, ImportError> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(ImportError::Utf16);
        }
        if bytes.starts_with("\u{feff}".as_bytes()) {
            bytes.drain(..3);
        }
        let first_line = bytes.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
        let separator = separator(first_line.ok_or(ImportError::NoHeader)?);
        let mut file = Self { bytes: Arc::new(bytes), separator, width: 0, columns: Vec::new() };
        let mut header = ByteRecord::new();
        file.reader().read_byte_record(&mut header).map_err(|_| ImportError::NoHeader)?;
        file.width = header.len();
        let position =
            |column: &str| header.iter().position(|name| name.trim_ascii().eq_ignore_ascii_case(column.as_bytes()));
        for field in Field::ALL {
            let column = map.column(field);
            match position(column) {
                Some(at) => file.columns.push((field, at)),
                None if field == Field::Email || map.0.contains_key(&field) => {
                    return Err(ImportError::MissingColumn { field, column: column.to_owned() });
                }
                None => {}
            }
        }
        Ok(file)
    }

    fn reader(&self) -> Reader<&[u8]> {
        ReaderBuilder::new()
            .delimiter(self.separator)
            .flexible(true)
            .has_headers(false)
            .from_reader(self.bytes.as_slice())
    }

    /// The rows below the header, those that cannot be entries with the reason.
    pub fn records(&self) -> impl Iterator<Item = Result<Record, LineError>> + '_ {
        let mut reader = self.reader();
        let mut row = ByteRecord::new();
        // Reading from memory does not fail, and rows of any length are allowed.
        let mut next = move || reader.read_byte_record(&mut row).unwrap_or(false).then(|| self.record(&row));
        next();
        std::iter::from_fn(next)
    }

    fn record(&self, row: &ByteRecord) -> Result<Record, LineError> {
        let line = row.position().map_or(0, Position::line);
        self.entry(row).map(|entry| Record { line, entry }).map_err(|reason| LineError { line, reason })
    }

    fn entry(&self, row: &ByteRecord) -> Result<Entry, Reason> {
        if row.len() != self.width {
            return Err(Reason::Columns { found: row.len(), expected: self.width });
        }
        let mut entry = empty();
        for (field, at) in &self.columns {
            let text = std::str::from_utf8(row.get(*at).unwrap_or_default()).map_err(|_| Reason::NotUtf8(*field))?;
            let text = text.trim();
            if text.len() > FIELD_CHARS_MAX && text.chars().count() > FIELD_CHARS_MAX {
                return Err(Reason::TooLong(*field));
            }
            // A line break within a cell is common in exported offices; a phone shows one line.
            *field.of(&mut entry) = if text.contains(char::is_control) {
                text.split(char::is_control)
                    .map(str::trim)
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join(" ")
            } else {
                text.to_owned()
            };
        }
        complete(entry)
    }
}

fn empty() -> Entry {
    let none = String::new;
    Entry {
        id: EntryId(0),
        email: none(),
        name: none(),
        given_name: none(),
        surname: none(),
        phone: none(),
        mobile: none(),
        home_phone: none(),
        company: none(),
        department: none(),
        title: none(),
        office: none(),
        alias: none(),
        photo: None,
    }
}

/// Checks the address; an entry without a name takes it from given name and surname, or from the address.
fn complete(mut entry: Entry) -> Result<Entry, Reason> {
    if entry.email.is_empty() {
        return Err(Reason::NoEmail);
    }
    let local = match entry.email.split_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !domain.contains('@') => local,
        _ => return Err(Reason::BadEmail(entry.email)),
    };
    if entry.email.contains(char::is_whitespace) {
        return Err(Reason::BadEmail(entry.email));
    }
    if entry.name.is_empty() {
        let whole = format!("{} {}", entry.given_name, entry.surname);
        let whole = whole.trim();
        entry.name = if whole.is_empty() { local.to_owned() } else { whole.to_owned() };
    }
    Ok(entry)
}

/// The separator the header has most of, outside quotes.
fn separator(header: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(0, b','), (0, b';'), (0, b'\t')];
    for byte in header {
        quoted ^= *byte == b'"';
        if let Some((count, _)) = counts.iter_mut().find(|(_, separator)| !quoted && separator == byte) {
            *count += 1;
        }
    }
    // Of equals the first: a header of one column has none at all.
    counts.iter().rev().max_by_key(|(count, _)| *count).map_or(b',', |(_, separator)| *separator)
}
