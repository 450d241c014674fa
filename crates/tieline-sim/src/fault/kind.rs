//! The faults, and where each of them makes sense.

/// What goes wrong.
///
/// Text of a message that is changed stays JSON of the same meaning but for what is told here; its keys may be in another
/// order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is closed as soon as it is accepted; where a service or a path is named, at its first request, before
    /// the answer.
    Refuse,
    /// The connection is accepted, and nothing is ever said on it.
    Mute,
    /// The connection is reset (RST) once `after` bytes were sent on it, those of HTTP and of TLS among them.
    Reset {
        /// How many bytes are sent before; 0 resets at the first occasion to send or read any.
        after: u64,
    },
    /// Half-open: once `after` bytes were sent nothing more is sent or read, and TCP stays as it is until the client ends it.
    BlackHole {
        /// How many bytes are sent before.
        after: u64,
    },
    /// Each write has at most so many bytes, so that what the client reads is torn anywhere.
    Split {
        /// At least 1.
        bytes: usize,
    },
    /// The WebSocket is closed with this code, in the place of an event.
    Close {
        /// 1000 to 4999.
        code: u16,
    },
    /// Events wait until there are so many, and leave together in one write.
    Merge {
        /// At least 2.
        events: usize,
    },
    /// The event is sent twice, number and all.
    Duplicate,
    /// The event is sent after the next one; in an answer that holds one event only nothing changes.
    Reorder,
    /// From this event on the numbers are higher: as if so many messages had been lost on the way. At Axeos the log goes on
    /// with a higher number after this answer, and has forgotten what was before it. At IM so many messages are lost, this
    /// one the first; they are in the history.
    Skip {
        /// By how much.
        by: u32,
    },
    /// From this event on the numbers are lower. At Axeos the log goes on with a lower number after this answer, and has
    /// forgotten what was before it. At IM it is the numbers of the message's topic, on this line.
    Rewind {
        /// By how much; `None` starts over at 1. No number goes below 1.
        by: Option<u32>,
    },
    /// So many further events like this one come at once, each with a number of its own. At IM the author says it again.
    Burst {
        /// How many more.
        events: u32,
    },
    /// The event has a further field, so many bytes long.
    Oversized {
        /// The length of its text.
        bytes: usize,
    },
    /// The message is no JSON.
    BadJson(BadJson),
    /// The event has a type that no document knows.
    UnknownEvent,
    /// The event has a further field, an object, that no document knows.
    UnknownField,
    /// The words of the event's closed lists (states, reasons, directions) are ones that no document knows.
    UnknownValue,
    /// The numbers in the event are strings.
    NumbersAsStrings,
    /// The login or the key is refused, as a wrong one is.
    LoginRefused,
    /// What the login was granted by is no longer valid: WSI and IM close with 1008 (ASSUMED), the stream of CloudPBX closes with
    /// 1008 and the status 401 as its reason, calls are answered with 401.
    TokenExpired,
    /// What was asked for is not permitted: WSI refuses the subscribe, IM the `sub` or `pub` with 403, the stream of CloudPBX closes with 1008 and the status
    /// 403 as its reason, calls are answered with 403.
    PermissionDenied,
    /// The request is answered with this status and no more than its name.
    Http {
        /// 400 to 599.
        status: u16,
        /// Seconds for `Retry-After`; without it there is no such field.
        retry_after: Option<u32>,
    },
    /// The clock of the PBX is put forward, or back: all times that it tells from then on. Clocks of HTTP (`Date`) are the
    /// machine's own.
    ClockSkew {
        /// By how many seconds; negative for back.
        seconds: i64,
    },
    /// All connections are cut without a word.
    Restart(Memory),
}

/// What a PBX remembers after a restart. The calls go on in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Memory {
    /// Everything: numbers go on.
    Kept,
    /// The numbers of CloudPBX, of Axeos and of IM begin at 1 again, the log of Axeos is empty, and IM has no more than at
    /// the beginning.
    Lost,
}

/// How JSON is broken. The first three are mistakes of the vendors' own documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadJson {
    /// The first comma is a full-width one.
    FullWidthComma,
    /// The first comma is left out; of a message without one the last colon.
    MissingComma,
    /// Before the last bracket stands one that closes nothing.
    StrayBracket,
    /// The second half is missing.
    Cut,
}

impl BadJson {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::FullWidthComma, Self::MissingComma, Self::StrayBracket, Self::Cut];

    /// The word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FullWidthComma => "full-width-comma",
            Self::MissingComma => "missing-comma",
            Self::StrayBracket => "stray-bracket",
            Self::Cut => "cut",
        }
    }
}

/// What a client talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Service {
    /// PortSIP WSI.
    Wsi,
    /// The event stream of CloudPBX.
    CloudpbxStream,
    /// The REST calls of CloudPBX.
    CloudpbxRest,
    /// Axeos.
    Axeos,
    /// A line of PortSIP IM.
    ImLine,
    /// Files and access tokens of PortSIP IM.
    ImHttp,
}

impl Service {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Wsi, Self::CloudpbxStream, Self::CloudpbxRest, Self::Axeos, Self::ImLine, Self::ImHttp];

    /// The word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wsi => "wsi",
            Self::CloudpbxStream => "cloudpbx-stream",
            Self::CloudpbxRest => "cloudpbx-rest",
            Self::Axeos => "axeos",
            Self::ImLine => "im-line",
            Self::ImHttp => "im-http",
        }
    }

    /// The one that answers at a path.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        match path {
            "/" | "/wsi" => Some(Self::Wsi),
            "/cdr" | "/record" | "/dial" | "/sendSMS" => Some(Self::CloudpbxRest),
            "/im" | "/v0/channels" => Some(Self::ImLine),
            "/im/file" => Some(Self::ImHttp),
            path if ["/im/file/", "/api/login/oauth/", "/api/auth/"].iter().any(|below| path.starts_with(below)) => {
                Some(Self::ImHttp)
            }
            path if path.starts_with("/record/") => Some(Self::CloudpbxRest),
            path if path.starts_with("/ws/pbx_") => Some(Self::CloudpbxStream),
            path if path.strip_prefix(tieline_axeos::http::PATH).is_some_and(|rest| rest.starts_with('/')) => {
                Some(Self::Axeos)
            }
            _ => None,
        }
    }
}

/// What a rule waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// A connection, from its beginning.
    Connection,
    /// A request over HTTP.
    Request,
    /// A login on a WebSocket.
    Login,
    /// A subscribe on a WebSocket.
    Subscribe,
    /// A WebSocket that opens.
    Opening,
    /// An event, or an answer that holds some.
    Event,
    /// A moment of scenario time.
    Time,
}

impl Fault {
    /// Its occasion at a service; `None` where it makes no sense.
    pub(super) const fn occasion(&self, service: Service) -> Option<Occasion> {
        use Service::{Axeos, CloudpbxRest, CloudpbxStream, ImHttp, ImLine, Wsi};
        match (self, service) {
            (Self::Refuse | Self::Mute | Self::Reset { .. } | Self::BlackHole { .. } | Self::Split { .. }, _) => {
                Some(Occasion::Connection)
            }
            (Self::ClockSkew { .. } | Self::Restart(_), _) => Some(Occasion::Time),
            (Self::Http { .. }, _) => Some(Occasion::Request),
            (Self::LoginRefused, Wsi | ImLine) => Some(Occasion::Login),
            (Self::PermissionDenied, Wsi | ImLine) => Some(Occasion::Subscribe),
            (Self::PermissionDenied, CloudpbxStream) => Some(Occasion::Opening),
            (Self::TokenExpired, Wsi | CloudpbxStream | ImLine) => Some(Occasion::Event),
            (Self::LoginRefused | Self::PermissionDenied | Self::TokenExpired, _) => Some(Occasion::Request),
            (Self::Close { .. } | Self::Merge { .. }, Axeos | CloudpbxRest | ImHttp) => None,
            (Self::Skip { .. } | Self::Rewind { .. }, Wsi | CloudpbxRest | ImHttp) => None,
            (Self::Duplicate | Self::Reorder | Self::Burst { .. }, CloudpbxRest | ImHttp) => None,
            (Self::UnknownEvent | Self::UnknownValue, CloudpbxRest | ImHttp) => None,
            _ => Some(Occasion::Event),
        }
    }

    /// Whether it befalls the PBX as a whole.
    pub(super) const fn is_of_time(&self) -> bool {
        matches!(self, Self::ClockSkew { .. } | Self::Restart(_))
    }
}
