//! What becomes of connections, drawn from a seed.

use std::time::Duration;

use tieline_core::Random;

use super::super::millis;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client is told properly, as when a server closes.
    Fin,
    /// The client is told rudely, as when a process dies.
    Reset,
    /// Nobody is told: nothing passes any more, either way.
    BlackHole,
}

/// How bytes are passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As they come.
    Whole,
    /// Each in a segment of its own.
    Bytewise,
    /// Each read is held back for so long.
    Late(Duration),
}

/// What becomes of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is passed on for as long as both sides like.
    Pass(Pace),
    /// It is passed on, and ends after so many bytes of one way, or after this time when they are not reached.
    End {
        /// How it is passed on before.
        pace: Pace,
        /// The way that is counted.
        way: Way,
        /// So many bytes of it.
        bytes: usize,
        /// The time that this may take.
        within: Duration,
        /// How it ends.
        ending: Ending,
    },
    /// It is answered with this status of HTTP, whatever was asked.
    Answer(u16),
    /// Nobody listens for so long.
    Refuse(Duration),
}

impl Fate {
    /// An end by a cut at a random moment: at once, while the line is opened, while it logs in, or later.
    pub fn cut(random: &mut Random) -> Self {
        let ending = if random.below(2) == 0 { Ending::Fin } else { Ending::Reset };
        Self::end(random, Pace::Whole, ending, millis(40))
    }

    /// Anything but a pass.
    pub fn fault(random: &mut Random) -> Self {
        let pace = match random.below(4) {
            0 => Pace::Bytewise,
            1 => Pace::Late(millis(1 + u64::from(random.below(8)))),
            _ => Pace::Whole,
        };
        match random.below(10) {
            0 => Self::Refuse(millis(1 + u64::from(random.below(40)))),
            1 => Self::Answer(if random.below(2) == 0 { 429 } else { 503 }),
            2..=4 => Self::end(random, pace, Ending::BlackHole, millis(60)),
            5..=6 => Self::end(random, pace, Ending::Fin, millis(60)),
            _ => Self::end(random, pace, Ending::Reset, millis(60)),
        }
    }

    fn end(random: &mut Random, pace: Pace, ending: Ending, within: Duration) -> Self {
        let way = if random.below(3) == 0 { Way::Up } else { Way::Down };
        let most = match (random.below(4), way) {
            (0, _) => 1,
            (1, _) => 120,
            (_, Way::Up) => 500,
            (_, Way::Down) => 1500,
        };
        Self::End { pace, way, bytes: random.below(most) as usize, within: random.duration_below(within), ending }
    }
}
