//! Lists of records, row by row and whole.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use tieline_core::json::{Decode, DecodeError, Encode, Members, Places, Scanner};
use tieline_core::{Limits, Text};

/// A record of a list that the server cuts off silently.
pub trait Listed {
    /// The name of the call.
    const CALL: &'static str;
    /// The most records that one answer holds.
    const CAP: usize;
}

/// An answer holds as many records as the server gives at most: it most likely lacks some. Ask for fewer days, by
/// [`RangeSplit`](crate::RangeSplit).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rows} records, and the server gives {cap} at most: there may be more")]
#[non_exhaustive]
pub struct Truncated {
    /// How many came.
    pub rows: usize,
    /// The documented most.
    pub cap: usize,
}

/// One row of a list, read or not.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row<'a, T> {
    /// The row as it came: well-formed JSON.
    pub raw: &'a str,
    /// The record; an error, with its place in the whole list, when the row is none.
    pub record: Result<T, DecodeError>,
}

impl<T: fmt::Debug> fmt::Debug for Row<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let raw = format_args!("{} bytes", self.raw.len());
        f.debug_struct("Row").field("record", &self.record).field("raw", &raw).finish()
    }
}

/// Reads a JSON array row by row, nothing but the row at hand in memory. A row that is no record does not hide the
/// others. An error of the iterator itself says that the text is no JSON array from there on; nothing follows it.
///
/// ```
/// use tieline_cloudpbx::{CdrRecord, Rows};
/// use tieline_core::Str;
///
/// let list = r#"[{"src":"101"}, 7, {"src":102}]"#;
/// let rows: Vec<_> = Rows::<CdrRecord<Str<'_>>>::new(list).collect::<Result<_, _>>()?;
/// assert_eq!(rows[0].record.as_ref().unwrap().src.as_deref(), Some("101"));
/// assert_eq!(rows[1].record.as_ref().unwrap_err().column, 17);
/// assert_eq!(rows[2].raw, r#"{"src":102}"#);
/// # Ok::<(), tieline_core::json::DecodeError>(())
/// ```
#[derive(Debug)]
pub struct Rows<'a, T, C: ?Sized = ()> {
    list: &'a str,
    scanner: Scanner<'a>,
    places: Places,
    at: At,
    context: &'a C,
    record: PhantomData<fn() -> T>,
}

#[derive(Debug)]
enum At {
    Start,
    Within(Members),
    End,
}

impl<'a, T: Decode<'a, ()>> Rows<'a, T> {
    /// The rows of a list; strings borrow from it or are copied, as `T` has them.
    #[must_use]
    pub fn new(list: &'a str) -> Self {
        Self::with(list, &())
    }
}

impl<'a, T: Decode<'a, C>, C: ?Sized> Rows<'a, T, C> {
    /// The rows of a list whose strings are made with a context.
    #[must_use]
    pub fn with(list: &'a str, context: &'a C) -> Self {
        let scanner = Scanner::new(list, Limits::default().depth);
        Self { list, scanner, places: Places::default(), at: At::Start, context, record: PhantomData }
    }

    fn step(&mut self) -> Result<Option<Row<'a, T>>, DecodeError> {
        if let At::Start = self.at {
            self.at = At::Within(self.scanner.array()?);
        }
        let At::Within(members) = &mut self.at else { return Ok(None) };
        if !self.scanner.element(members)? {
            self.at = At::End;
            return self.scanner.end().map(|()| None);
        }
        let mut row = self.scanner.clone();
        row.count_from_here();
        let start = row.offset();
        let raw = self.scanner.skip_value()?;
        let record = T::decode(&mut row, self.context);
        Ok(Some(Row { raw, record: record.map_err(|error| error.seen_from(self.places.of(self.list, start))) }))
    }
}

impl<'a, T: Decode<'a, C>, C: ?Sized> Iterator for Rows<'a, T, C> {
    type Item = Result<Row<'a, T>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            self.at = At::End;
        }
        step.transpose()
    }
}

impl<'a, T: Decode<'a, C>, C: ?Sized> core::iter::FusedIterator for Rows<'a, T, C> {}

/// A row that is no record. `Display` and `Debug` leave the row out.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("a row of the list cannot be read: {error}")]
#[non_exhaustive]
pub struct BadRow {
    /// What is wrong, with its place in the whole list.
    pub error: DecodeError,
    /// The row as it came: well-formed JSON.
    pub raw: Text,
}

impl fmt::Debug for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let raw = format_args!("{} bytes", self.raw.len());
        f.debug_struct("BadRow").field("error", &self.error).field("raw", &raw).finish()
    }
}

/// A list read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing<T> {
    /// The rows in the order of the answer.
    pub rows: Vec<Result<T, BadRow>>,
    /// Present when the list most likely lacks records.
    pub truncated: Option<Truncated>,
}

/// Why a text is no list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListingError {
    /// It is no JSON array.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It has more rows than the caller allows.
    #[error("more than {limit} rows")]
    TooMany {
        /// The limit.
        limit: usize,
    },
}

impl<T: Listed> Listing<T> {
    /// A list of records, cut off at the documented most as the server does.
    #[must_use]
    pub fn new(records: impl IntoIterator<Item = T>) -> Self {
        Self::of_rows(records.into_iter().take(T::CAP).map(Ok).collect())
    }

    fn of_rows(rows: Vec<Result<T, BadRow>>) -> Self {
        let truncated = (rows.len() >= T::CAP).then_some(Truncated { rows: rows.len(), cap: T::CAP });
        Self { rows, truncated }
    }

    /// Reads a list, at most `max_rows` rows of it. Its strings are slices of `list`, which they keep alive.
    ///
    /// # Errors
    /// When it is no JSON array, or has more rows. [`Rows`] then still gives what can be read.
    pub fn decode(list: &Text, max_rows: usize) -> Result<Self, ListingError>
    where
        T: for<'a> Decode<'a, Text>,
    {
        let mut rows = Vec::new();
        for row in Rows::<T, Text>::with(list, list) {
            let Row { raw, record } = row?;
            if rows.len() >= max_rows {
                return Err(ListingError::TooMany { limit: max_rows });
            }
            rows.push(record.map_err(|error| BadRow { error, raw: list.slice_of(raw) }));
        }
        Ok(Self::of_rows(rows))
    }
}

impl<T> Listing<T> {
    /// The records that could be read.
    pub fn records(&self) -> impl Iterator<Item = &T> {
        self.rows.iter().filter_map(|row| row.as_ref().ok())
    }
}

impl<T: Encode> Encode for Listing<T> {
    /// The array of the document: records in its order of fields, without white space; rows that could not be read as
    /// they came.
    fn encode(&self, out: &mut String) {
        out.push('[');
        for (index, row) in self.rows.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            match row {
                Ok(record) => record.encode(out),
                Err(bad) => out.push_str(&bad.raw),
            }
        }
        out.push(']');
    }
}
