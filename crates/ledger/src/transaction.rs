//! What a piece of work sees of a database: statements with `$1`-style parameters, four kinds of values, rows.

use crate::error::Result;

/// A value handed to a statement. These four mean the same on every engine; booleans are 0 and 1, times are
/// microseconds since 1970 in UTC.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// `BIGINT`.
    Integer(i64),
    /// `TEXT`, UTF-8 without NUL (PostgreSQL refuses it).
    Text(&'a str),
    /// `BYTEA`.
    Bytes(&'a [u8]),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}
impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Integer(i64::from(value))
    }
}
impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}
impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}
impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}
impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Bytes(value)
    }
}
impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}
impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row of an answer; columns count from 0. A column of another type than asked for is an error.
pub trait Row {
    /// A `BIGINT` that is not null.
    fn integer(&self, column: usize) -> Result<i64>;
    /// A `TEXT` that is not null.
    fn text(&self, column: usize) -> Result<&str>;
    /// A `BYTEA` that is not null.
    fn bytes(&self, column: usize) -> Result<&[u8]>;
    /// A `BIGINT`, or `None` for null.
    fn optional_integer(&self, column: usize) -> Result<Option<i64>>;
    /// A `TEXT`, or `None` for null.
    fn optional_text(&self, column: usize) -> Result<Option<&str>>;
    /// A `BYTEA`, or `None` for null.
    fn optional_bytes(&self, column: usize) -> Result<Option<&[u8]>>;
}

/// An open transaction. Statements are constants so that engines can keep them prepared; parameters must first
/// appear in ascending order (`$1` before `$2`), because SQLite numbers them by first appearance.
pub trait Transaction {
    /// Runs a statement; the number of rows it changed.
    fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64>;

    /// Runs a query and hands over its rows one by one. An error from `each` ends the query and is returned.
    fn for_each(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()>;
}

impl dyn Transaction + '_ {
    /// The first row, read by `read`; `None` when there is none.
    pub fn first<T>(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
        read: impl Fn(&dyn Row) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut found = None;
        self.for_each(sql, values, &mut |row| {
            if found.is_none() {
                found = Some(read(row)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// All rows, read by `read`, in order.
    pub fn all<T>(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
        read: impl Fn(&dyn Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        self.for_each(sql, values, &mut |row| {
            found.push(read(row)?);
            Ok(())
        })?;
        Ok(found)
    }
}
