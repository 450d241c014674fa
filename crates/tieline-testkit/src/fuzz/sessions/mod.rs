//! Any calls in any order on the sessions, against what every session promises (I1 to I14 of the design) and against small
//! models of what each should do.

pub mod axeos;
pub mod cloudpbx;
pub mod im;
pub mod wsi;

use std::fmt::{Debug, Write as _};
use std::hash::{DefaultHasher, Hasher as _};
use std::time::Duration;

use arbitrary::{Result, Unstructured};
use tieline_core::{CloseFrame, Frame, Instant, Session, Text};

/// What must never be printed: the password, token or key of the session.
const SECRET: &str = "hunter2-the-secret";

/// Runs a session twice: the same inputs give the same outputs (I5).
fn twice(data: &[u8], run: impl Fn(&mut Unstructured<'_>, bool) -> Result<u64>) {
    // A secret that the input itself holds may stand anywhere.
    let watch = !data.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
    let first = run(&mut Unstructured::new(data), watch);
    let again = run(&mut Unstructured::new(data), watch);
    assert_eq!(first.ok(), again.ok(), "I5: the same inputs, other outputs");
}

/// A session with what is known of it from outside.
struct Line<S: Session> {
    session: S,
    now: Instant,
    closed: bool,
    /// The most events that may be unread.
    most: usize,
    is_end: fn(&S::Event) -> bool,
    watch: bool,
    shown: String,
    trace: DefaultHasher,
}

impl<S> Line<S>
where
    S: Session,
    S::Event: Debug,
    S::Transmit: Debug,
{
    /// `past` are the events that may be queued past the limit, which is 8: those of one message, and the last.
    fn new(session: S, past: usize, is_end: fn(&S::Event) -> bool, watch: bool) -> Self {
        let most = 2 * 8 + past;
        let (shown, trace) = (String::new(), DefaultHasher::new());
        Self { session, now: Instant::EPOCH, closed: false, most, is_end, watch, shown, trace }
    }

    /// Whatever is printed of a session goes into its trace, and has no secret in it (I8).
    fn print(&mut self, what: &dyn Debug) {
        self.shown.clear();
        let _ = write!(self.shown, "{what:?}");
        assert!(!self.watch || !self.shown.contains(SECRET), "I8: {}", self.shown);
        self.trace.write(self.shown.as_bytes());
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
        self.timeout();
    }

    fn pass_to_deadline(&mut self) {
        self.now = self.session.poll_timeout().map_or(self.now, |due| due.max(self.now));
        self.timeout();
    }

    fn timeout(&mut self) {
        self.session.handle_timeout(self.now);
        assert!(self.session.poll_timeout().is_none_or(|due| due > self.now), "I3: due at once again");
    }

    fn event(&mut self) -> Option<S::Event> {
        let event = self.session.poll_event()?;
        assert!(!self.closed, "I1: an event after the last");
        self.closed = (self.is_end)(&event);
        self.print(&event);
        Some(event)
    }

    /// Every event that waits; there are never more than the limit allows (I6).
    fn events(&mut self) -> Vec<S::Event> {
        let events: Vec<_> = std::iter::from_fn(|| self.event()).collect();
        assert!(events.len() <= self.most, "I6: {} events waited", events.len());
        events
    }

    fn transmit(&mut self) -> Option<S::Transmit> {
        let transmit = self.session.poll_transmit()?;
        self.print(&transmit);
        Some(transmit)
    }

    /// Closes, lets the time pass and takes everything: exactly one end, last (I1, I4). Gives the trace.
    fn end(&mut self) {
        self.session.close(self.now);
        for _ in 0..10_000 {
            let Some(due) = self.session.poll_timeout() else { break };
            self.now = self.now.max(due);
            self.session.handle_timeout(self.now);
        }
        assert_eq!(self.session.poll_timeout(), None, "I4: something is due for ever");
        while self.transmit().is_some() {}
        self.events();
    }

    /// What must hold at the very end.
    fn over(&mut self, late: S::Input) -> u64 {
        self.session.handle_input(self.now, late);
        self.session.handle_timeout(self.now + Duration::from_secs(100_000));
        assert!(self.transmit().is_none() && self.event().is_none(), "I10: input after the end");
        assert!(self.closed, "I1: no end");
        assert!(self.session.is_finished() && !self.session.wants_input());
        self.trace.finish()
    }
}

/// A frame of a peer: one of `texts`, any text, or another kind of frame.
fn frame(u: &mut Unstructured<'_>, texts: &[&str]) -> Result<Frame> {
    Ok(match u.int_in_range(0..=15)? {
        0..=8 => Frame::text(*u.choose(texts)?),
        9..=10 => Frame::Text(u.arbitrary()?),
        11 => mended(u, texts)?,
        12 => Frame::Close(Some(CloseFrame::new(u.int_in_range(1000..=1015)?, u.arbitrary::<bool>()?.to_string()))),
        _ => match u.arbitrary()? {
            // The line has one end; it comes late.
            Frame::Eof if u.ratio(3, 4)? => Frame::Pong(Default::default()),
            frame => frame,
        },
    })
}

/// One of `texts` with a piece replaced.
fn mended(u: &mut Unstructured<'_>, texts: &[&str]) -> Result<Frame> {
    let text = *u.choose(texts)?;
    let (start, length) = (u.choose_index(text.len().max(1))?, u.int_in_range(0..=4)?);
    let at = (0..=start.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let end = (at..=(at + length).min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(at);
    Ok(Frame::Text(Text::from(format!("{}{}{}", &text[..at], u.arbitrary::<&str>()?, &text[end..]))))
}
