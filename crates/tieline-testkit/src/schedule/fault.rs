//! What can go wrong, and when: a schedule, drawn from a seed.

use std::fmt;
use std::time::Duration;

use tieline_core::Random;

/// What happens to a client, its line and its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// The server sends so many numbered events.
    Publish(u32),
    /// The application asks something of the client.
    Order,
    /// The application takes no events for so long.
    Sleep(Duration),
    /// Something goes wrong.
    Fault(Fault),
    /// The application closes the client for good.
    Close,
}

/// What can go wrong. With a duration: for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Every dial is refused at once.
    RefuseDials(Duration),
    /// No dial is answered.
    HangDials(Duration),
    /// Lines open, and then the server says nothing.
    MuteAfterOpen(Duration),
    /// The server says nothing more once a login is accepted.
    MuteAfterLogin(Duration),
    /// Every login is refused.
    RefuseLogins(Duration),
    /// Logins are accepted, and what is subscribed to is refused.
    DenySubscriptions(Duration),
    /// The server answers that it is busy, and for how many seconds.
    Busy(Duration, u8),
    /// The server fails with this status.
    Fail(Duration, u16),
    /// Everything takes so much longer on its way.
    Latency(Duration),
    /// What is written arrives in pieces of so many bytes.
    Pieces(u16),
    /// The line breaks; what is on its way is lost.
    Cut,
    /// The line breaks after so many more bytes from the server: anywhere in a frame.
    CutAfter(u16),
    /// Nothing passes any more in either direction, and nobody is told: a half-open line.
    BlackHole,
    /// The server closes with this code.
    CloseWith(u16),
    /// The next event is sent twice.
    Duplicate,
    /// The next two events that are sent at once change places.
    Reorder,
    /// The server leaves out so many numbers.
    Skip(u8),
    /// The server goes back by so many numbers.
    Rewind(u8),
    /// The server sends a text that is not JSON.
    BadJson,
    /// The server sends JSON of a kind that no document knows.
    Unknown,
    /// The server sends bytes that are no WebSocket.
    Garbage,
    /// The server stops and comes back, and remembers.
    Restart,
    /// The server stops and comes back, and knows nothing of before.
    RestartAnew,
}

/// Something that happens at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When, from the start of the life.
    pub at: Duration,
    /// What.
    pub act: Act,
}

/// A life: what happens to one client, in order.
#[derive(Clone, PartialEq, Eq)]
pub struct Schedule {
    /// What it was drawn from, and what the client draws from.
    pub seed: u64,
    /// What happens.
    pub steps: Vec<Step>,
    /// When the faults end.
    pub end: Duration,
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}:", self.seed)?;
        for Step { at, act } in &self.steps {
            writeln!(f, "  {:>8.3} s  {act:?}", at.as_secs_f64())?;
        }
        write!(f, "  {:>8.3} s  all is well again", self.end.as_secs_f64())
    }
}

/// What a protocol's schedules are drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Menu {
    /// Draws one of the faults that the protocol can meet.
    pub fault: fn(&mut Random) -> Fault,
    /// The mean time from one step to the next.
    pub pace: Duration,
    /// The most steps.
    pub steps: u32,
    /// Of 100 lives so many are closed by their owner before their end.
    pub closed: u32,
}

impl Schedule {
    /// The life of a seed.
    #[must_use]
    pub fn draw(seed: u64, menu: &Menu) -> Self {
        let mut random = generator(seed, "schedule");
        let mut at = Duration::from_secs(5);
        let mut steps = Vec::new();
        for _ in 0..2 + random.below(menu.steps) {
            at += menu.pause(&mut random);
            steps.push(Step { at, act: menu.act(&mut random) });
        }
        if random.below(100) < menu.closed {
            let at = random.duration_below(at + menu.pace);
            let before = steps.partition_point(|step| step.at <= at);
            steps.insert(before, Step { at, act: Act::Close });
        }
        Self { seed, steps, end: at + random.duration_below(Duration::from_secs(20)) }
    }

    /// A life of a length, which its owner does not end.
    #[must_use]
    pub fn lasting(seed: u64, menu: &Menu, end: Duration) -> Self {
        let mut random = generator(seed, "schedule");
        let mut at = Duration::from_secs(5);
        let mut steps = Vec::new();
        while at < end {
            steps.push(Step { at, act: menu.act(&mut random) });
            at += menu.pause(&mut random);
        }
        Self { seed, steps, end }
    }

    /// A life with one fault, again and again: `every` so often until the end.
    #[must_use]
    pub fn of(faults: &[Fault], every: Duration, end: Duration) -> Self {
        let mut at = Duration::from_secs(5);
        let mut steps = Vec::new();
        while at < end {
            steps.extend(faults.iter().map(|fault| Step { at, act: Act::Fault(*fault) }));
            at += every;
        }
        Self { seed: 0, steps, end }
    }
}

impl Menu {
    /// The time to the next step: faults come in bunches as well as apart.
    fn pause(&self, random: &mut Random) -> Duration {
        let most = if random.below(3) == 0 { Duration::from_millis(50) } else { self.pace * 2 };
        random.duration_below(most)
    }

    fn act(&self, random: &mut Random) -> Act {
        match random.below(20) {
            0..8 => Act::Publish(1 + random.below(3)),
            8 => Act::Publish(10 + random.below(60)),
            9 => Act::Order,
            10 => Act::Sleep(millis(random, 8000)),
            _ => Act::Fault((self.fault)(random)),
        }
    }
}

/// A generator for a seed and a purpose of at most eight letters.
#[must_use]
pub fn generator(seed: u64, purpose: &str) -> Random {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut label = [0; 8];
    label[..purpose.len().min(8)].copy_from_slice(&purpose.as_bytes()[..purpose.len().min(8)]);
    Random::new(bytes, u64::from_le_bytes(label))
}

/// Up to so many milliseconds, at least one.
pub fn millis(random: &mut Random, most: u32) -> Duration {
    Duration::from_millis(1 + u64::from(random.below(most)))
}
