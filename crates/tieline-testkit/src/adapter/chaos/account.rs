//! What a stream tells, held against what was sent.

use std::fmt;

use tieline_core::Instant;
use tieline_core::supervisor::{Gap, LineEvent};
use tieline_dial::Item;

/// An item of a stream, as far as loss goes.
#[derive(Debug)]
pub enum Told {
    /// The line is live.
    Live,
    /// There is no line.
    Down(String),
    /// Something may be missing here.
    Gap(Gap),
    /// The event with this number, and when it came.
    Event(u64, Instant),
    /// So many events were dropped here.
    Lagged(u64),
    /// The end.
    Closed(String),
    /// What tells of no loss.
    Other,
}

impl Told {
    /// What an item tells; `event` gives the number of an event of the session.
    pub fn of<E>(item: Item<E>, event: impl FnOnce(E) -> Option<(u64, Instant)>) -> Self
    where
        E: fmt::Debug,
    {
        match item {
            Item::Line(LineEvent::Live(_)) => Self::Live,
            Item::Line(LineEvent::Down { cause, .. }) => Self::Down(cause.to_string()),
            Item::Line(LineEvent::Gap(gap)) => Self::Gap(gap),
            Item::Line(LineEvent::Closed(cause)) => {
                Self::Closed(cause.map(|cause| cause.to_string()).unwrap_or_default())
            }
            Item::Line(LineEvent::Session(of)) => event(of).map_or(Self::Other, |(number, at)| Self::Event(number, at)),
            Item::Lagged(count) => Self::Lagged(count),
            _ => Self::Other,
        }
    }
}

/// The order in which events must come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they were sent; where some are missing there is a gap before the next one.
    Sent,
    /// In any, since what was missed is fetched; none is missing in the end.
    Any,
}

/// What was told so far. Complains at once of whatever is lost in silence, doubled, or told in the wrong place.
pub struct Account {
    order: Order,
    /// Which events came, by number, from 0 on.
    came: Vec<bool>,
    /// The number after the last event in order.
    next: u64,
    last_at: Instant,
    gap: Option<Gap>,
    /// How many events were dropped since the last one.
    lagged: u64,
    live: bool,
    /// Why there was no line, each time.
    pub causes: Vec<String>,
    /// How many events were dropped.
    pub dropped: u64,
    /// How often the line was live.
    pub lives: usize,
    /// How many gaps were told.
    pub gaps: usize,
}

impl Account {
    /// Nothing told, of events numbered from 0 on.
    #[must_use]
    pub const fn new(order: Order) -> Self {
        Self {
            order,
            came: Vec::new(),
            next: 0,
            last_at: Instant::EPOCH,
            gap: None,
            lagged: 0,
            live: false,
            causes: Vec::new(),
            dropped: 0,
            lives: 0,
            gaps: 0,
        }
    }

    /// How many events came.
    #[must_use]
    pub fn count(&self) -> usize {
        self.came.iter().filter(|came| **came).count()
    }

    /// Whether each event before this one came.
    #[must_use]
    pub fn has_all_before(&self, number: u64) -> bool {
        self.came.len() as u64 >= number && self.came.iter().take(number as usize).all(|came| *came)
    }

    /// Whether an event of this number or a later one came.
    #[must_use]
    pub const fn has_reached(&self, number: u64) -> bool {
        self.came.len() as u64 > number
    }

    /// Takes note.
    ///
    /// # Panics
    /// When something is wrong with it.
    pub fn note(&mut self, told: Told) {
        match told {
            Told::Live => {
                assert!(!self.live, "live twice");
                (self.live, self.lives) = (true, self.lives + 1);
            }
            Told::Down(cause) => {
                self.live = false;
                self.causes.push(cause);
            }
            Told::Gap(gap) => {
                assert!(self.live, "a gap is told once the line is live again");
                assert!(gap.since <= gap.until, "{gap:?}");
                // Where what was missed is fetched, the gap is told once that is done.
                let in_order = self.order == Order::Any || self.last_at <= gap.since;
                assert!(in_order, "events came until {:?}, and {gap:?}", self.last_at);
                self.gaps += 1;
                self.gap.get_or_insert(gap);
            }
            Told::Lagged(count) => {
                self.lagged += count;
                self.dropped += count;
            }
            Told::Event(number, at) => self.event(number, at),
            Told::Closed(cause) => assert_eq!(cause, "", "it is over"),
            Told::Other => {}
        }
    }

    fn event(&mut self, number: u64, at: Instant) {
        if self.order == Order::Sent {
            assert!(self.last_at <= at, "event {number} came at {at:?}, before another at {:?}", self.last_at);
            assert!(number >= self.next, "event {number} comes after event {}", self.next - 1);
            let lost = number - self.next;
            let told = self.gap.is_some() || lost == self.lagged;
            assert!(told, "events {}..{number} are lost, and {} told as dropped", self.next, self.lagged);
        }
        self.lagged = 0;
        self.last_at = self.last_at.max(at);
        (self.next, self.gap) = (number + 1, None);
        if self.came.len() <= number as usize {
            self.came.resize(number as usize + 1, false);
        }
        assert!(!std::mem::replace(&mut self.came[number as usize], true), "event {number} comes twice");
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lives, gaps, dropped, .. } = self;
        write!(f, "Account({} events, live {lives} times, {gaps} gaps, {dropped} dropped)", self.count())
    }
}
