//! Answers that are arrays: one bad element never loses its siblings.

use alloc::vec::Vec;
use core::fmt;

use tieline_core::Text;
use tieline_core::json::{Decode, DecodeError, DecodeErrorKind, Encode, Places, Scanner, peek};

use crate::{Entry, Phone, User};

/// The most elements of one array, and the most bad ones among them: what a short text may cost.
const MOST: usize = 100_000;
const MOST_BAD: usize = 1000;

/// What stands in an array of an answer.
pub trait Row: for<'a> Decode<'a, Text> + sealed::Sealed {
    #[doc(hidden)]
    fn is_whole(&self) -> bool {
        true
    }
    #[doc(hidden)]
    const WHOLE: &'static str = "";
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::Entry<tieline_core::Text> {}
    impl Sealed for crate::User<tieline_core::Text> {}
    impl Sealed for crate::Phone<tieline_core::Text> {}
}

impl Row for Entry<Text> {}

impl Row for User<Text> {
    fn is_whole(&self) -> bool {
        self.uuid.is_some()
    }
    const WHOLE: &'static str = "a user with `uuid`";
}

impl Row for Phone<Text> {
    fn is_whole(&self) -> bool {
        self.uuid.is_some()
    }
    const WHOLE: &'static str = "a phone with `uuid`";
}

/// An array as a server answered it: each element with its text, those that cannot be read among them.
#[derive(Clone, PartialEq, Eq)]
pub struct Listing<T> {
    body: Text,
    elements: Vec<Element<T>>,
}

/// The answer of `events`.
pub type Batch = Listing<Entry<Text>>;

/// One element of an array.
#[derive(Clone, PartialEq, Eq)]
pub enum Element<T> {
    /// What was asked for.
    Good(Item<T>),
    /// JSON of another shape.
    Bad(BadElement),
}

/// An element with its text.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item<T> {
    /// The element; its strings are slices of the answer.
    pub value: T,
    /// The element exactly as it came: what no document names is here.
    pub raw: Text,
}

/// An element that cannot be read, and why.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadElement {
    /// The number of a bad event, if that can be read: the place after it.
    pub seq: Option<u64>,
    /// What is wrong, and where in the answer.
    pub error: DecodeError,
    /// The element exactly as it came.
    pub raw: Text,
}

impl<T: Row> Listing<T> {
    /// Reads an answer. At most `max_depth` levels of an element are materialised.
    ///
    /// # Errors
    /// When `body` is no JSON array, or has more than 100,000 elements or 1000 bad ones.
    pub fn decode(body: Text, max_depth: u32) -> Result<Self, DecodeError> {
        let mut elements = Vec::new();
        let mut scanner = Scanner::new(&body, max_depth.saturating_add(1));
        let mut members = scanner.array()?;
        let (mut bad, mut places) = (0, Places::default());
        while scanner.element(&mut members)? {
            scanner.skip_to_value();
            let mut ahead = scanner.clone();
            ahead.count_from_here();
            let at_element = ahead.clone();
            let start = scanner.rest();
            let element = match T::decode(&mut ahead, &body) {
                Ok(value) if value.is_whole() => {
                    let len = ahead.offset() - scanner.offset();
                    scanner = ahead;
                    let raw = body.slice_of(start.get(..len).unwrap_or_default());
                    Element::Good(Item { value, raw })
                }
                outcome => {
                    let error = match outcome {
                        Err(error) => error,
                        Ok(_) => at_element.clone().wrong_type(T::WHOLE).in_field("uuid"),
                    };
                    let error = error.seen_from(places.of(&body, scanner.offset()));
                    // What is no JSON at all ends it here.
                    let raw = body.slice_of(scanner.skip_value()?);
                    bad += 1;
                    Element::Bad(BadElement { seq: seq_of(&raw), error, raw })
                }
            };
            if bad > MOST_BAD || elements.len() >= MOST {
                return Err(scanner.error(DecodeErrorKind::TooMany));
            }
            elements.push(element);
        }
        scanner.end()?;
        Ok(Self { body, elements })
    }

    /// Writes an answer.
    pub fn of(values: impl IntoIterator<Item = T>) -> Self
    where
        T: Encode,
    {
        let mut json = alloc::string::String::from("[");
        let mut parts = Vec::new();
        for value in values {
            if json.len() > 1 {
                json.push(',');
            }
            let start = json.len();
            value.encode(&mut json);
            parts.push((value, start..json.len()));
        }
        json.push(']');
        let body = Text::from(json);
        let element = |(value, range)| {
            let raw = body.slice_of(body.get::<core::ops::Range<usize>>(range).unwrap_or_default());
            Element::Good(Item { value, raw })
        };
        let elements = parts.into_iter().map(element).collect();
        Self { body, elements }
    }
}

/// The number of an event of which something else cannot be read; of duplicates the last counts.
fn seq_of(raw: &str) -> Option<u64> {
    let mut scanner = Scanner::new(raw, 1);
    let mut members = scanner.object().ok()?;
    let mut seq = None;
    while let Some(key) = scanner.key(&mut members).ok()? {
        if key == *"seq" {
            seq = Decode::decode(&mut scanner.clone(), &()).ok().flatten();
        }
        scanner.skip_value().ok()?;
    }
    seq
}

impl<T> Listing<T> {
    /// The whole answer, exactly as it came.
    #[must_use]
    pub const fn body(&self) -> &Text {
        &self.body
    }

    /// Every element, in order.
    #[must_use]
    pub fn elements(&self) -> &[Element<T>] {
        &self.elements
    }

    /// Every element, in order.
    #[must_use]
    pub fn into_elements(self) -> Vec<Element<T>> {
        self.elements
    }

    /// The elements that could be read, in order.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.elements.iter().filter_map(|element| match element {
            Element::Good(item) => Some(&item.value),
            Element::Bad(_) => None,
        })
    }

    /// The elements that could not be read, in order.
    pub fn bad(&self) -> impl Iterator<Item = &BadElement> {
        self.elements.iter().filter_map(|element| match element {
            Element::Good(_) => None,
            Element::Bad(bad) => Some(bad),
        })
    }

    /// The number of elements, the bad ones too.
    #[must_use]
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether the array is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }
}

impl<T> Element<T> {
    /// The element exactly as it came.
    #[must_use]
    pub const fn raw(&self) -> &Text {
        match self {
            Self::Good(item) => &item.raw,
            Self::Bad(bad) => &bad.raw,
        }
    }
}

impl Element<Entry<Text>> {
    /// The number of the event; `None` for a bad one whose number cannot be read either.
    #[must_use]
    pub const fn seq(&self) -> Option<u64> {
        match self {
            Self::Good(item) => Some(item.value.seq),
            Self::Bad(bad) => bad.seq,
        }
    }
}

impl<T> Item<T> {
    /// The member `name` of the element, also one that no document names; `None` when it is absent or `null`.
    ///
    /// # Errors
    /// When the member is not an `F`.
    pub fn field<'a, F: Decode<'a, ()>>(&'a self, name: &str) -> Result<Option<F>, DecodeError> {
        peek(&self.raw, name)
    }
}

// What a server answers can hold anything: only sizes are printed.
impl<T> fmt::Debug for Listing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listing({} elements, {} bytes)", self.elements.len(), self.body.len())
    }
}

impl<T> fmt::Debug for Element<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good(item) => item.fmt(f),
            Self::Bad(bad) => bad.fmt(f),
        }
    }
}

impl<T> fmt::Debug for Item<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Item({} bytes)", self.raw.len())
    }
}

impl fmt::Debug for BadElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BadElement({}, {} bytes)", self.error, self.raw.len())
    }
}
