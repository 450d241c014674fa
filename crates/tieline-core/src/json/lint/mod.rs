//! Says what about a message is not as the documents have it: what the decoder passes over, puts right or refuses.
//!
//! A [`Linter`] walks a JSON text along a [`Shape`], which the macros state of each wire type. What only one
//! protocol knows, such as which key belongs to which version, it tells by [`Rules`].

mod anomaly;
mod path;
mod report;
mod walk;

use alloc::vec::Vec;

pub use anomaly::{Anomaly, AnomalyKind, Severity};
pub use path::Path;

use super::{DecodeError, Member, Scanner, Shape};
use crate::Limits;
use report::Report;
use walk::Walk;

/// Who sent a message, where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The application.
    Client,
    /// The PBX.
    Server,
}

/// What a protocol has against a message beyond its shape.
pub trait Rules {
    /// About the key that a path ends with, which the shape knows.
    fn key(&self, path: &Path<'_>) -> Option<AnomalyKind> {
        let _ = path;
        None
    }

    /// About a string that stands where one is documented, and is a known word where the words are.
    fn text(&self, path: &Path<'_>, text: &str) -> Option<AnomalyKind> {
        let _ = (path, text);
        None
    }
}

/// No rules.
impl Rules for () {}

/// Holds messages against shapes.
///
/// ```
/// use tieline_core::json::{Decode, lint::Linter};
/// use tieline_core::wire_struct;
///
/// wire_struct! {
///     /// A caller in a queue.
///     pub struct Waiting<S> {
///         /// The place in the queue, a number as a string.
///         pub position: S,
///     }
/// }
///
/// let shape = <Waiting<String> as Decode<'_, ()>>::SHAPE;
/// let anomalies = Linter::new().lint(r#"{"position":2}"#, &shape);
/// assert_eq!(
///     anomalies[0].to_string(),
///     "bent: a number found, the documents write a string in `position` at line 1, column 13"
/// );
/// ```
#[derive(Clone, Copy)]
pub struct Linter<'r> {
    rules: &'r dyn Rules,
    tags: &'r [Member],
    depth: u32,
}

impl Default for Linter<'_> {
    fn default() -> Self {
        Self { rules: &(), tags: &[], depth: Limits::default().depth }
    }
}

impl core::fmt::Debug for Linter<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Linter").field("tags", &self.tags).field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl<'r> Linter<'r> {
    /// The most anomalies of one message that are told; of further ones only how many there are.
    pub const MOST: usize = 100;

    /// The deepest nesting that is looked at, whatever is asked for.
    pub const DEEPEST: u32 = 128;

    /// A linter without rules or tags, to the depth of [`Limits::default`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With the rules of a protocol.
    #[must_use]
    pub const fn rules(mut self, rules: &'r dyn Rules) -> Self {
        self.rules = rules;
        self
    }

    /// With members that the outermost object has beside those of its shape, such as its type.
    #[must_use]
    pub const fn tags(mut self, tags: &'r [Member]) -> Self {
        self.tags = tags;
        self
    }

    /// To this depth, as the decoder's limit is.
    #[must_use]
    pub const fn depth(mut self, depth: u32) -> Self {
        self.depth = if depth < Self::DEEPEST { depth } else { Self::DEEPEST };
        self
    }

    /// What is odd about a message, in the order it stands there. When it is not JSON, that and no more.
    #[must_use]
    pub fn lint(&self, text: &str, shape: &Shape) -> Vec<Anomaly> {
        let mut report = Report::new(text);
        match check(text).and_then(|()| Walk::new(text, self, &mut report).run(shape)) {
            Ok(()) => report.finish(),
            Err(error) => [Anomaly::from(error)].into(),
        }
    }
}

/// Whether a text is JSON.
///
/// # Errors
/// Where it is not.
pub fn check(text: &str) -> Result<(), DecodeError> {
    let mut scanner = Scanner::new(text, 0);
    scanner.skip_value()?;
    scanner.end()
}
