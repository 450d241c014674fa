//! The codes of answers and the words that go with them.

/// A code and its text, as servers of this family write them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Status {
    /// The code, as in HTTP: 2xx success, 3xx further action or none needed, 4xx refused, 5xx failed.
    pub code: u16,
    /// The text, exactly.
    pub text: &'static str,
}

macro_rules! statuses {
    ($( $(#[$meta:meta])* $name:ident = $code:literal $text:literal; )*) => {
        impl Status {
            $( $(#[$meta])* pub const $name: Self = Self { code: $code, text: $text }; )*

            /// All of them, by code.
            pub const ALL: &'static [Self] = &[$( Self::$name ),*];
        }
    };
}

statuses! {
    /// Done.
    OK = 200 "ok";
    /// Created: the answer to a `hi`, and to an `acc`.
    CREATED = 201 "created";
    /// A message was taken; a group was joined (PortSIP).
    ACCEPTED = 202 "accepted";
    /// There is nothing of what was asked for; `params.what` names it.
    NO_CONTENT = 204 "no content";
    /// The session was detached from a topic; not an answer, so without id.
    EVICTED = 205 "evicted";
    /// The server stops; not an answer, so without id.
    SHUTDOWN = 205 "server shutdown";
    /// The messages that were asked for are sent; `params.count` says how many.
    DELIVERED = 208 "delivered";
    /// Credentials must be confirmed first.
    VALIDATE_CREDENTIALS = 300 "validate credentials";
    /// The login goes on with an answer to `params.challenge`.
    CHALLENGE = 300 "challenge";
    /// The authentication was reset.
    AUTH_RESET = 301 "auth reset";
    /// The topic is to be used by the name in `params.topic`.
    USE_OTHER = 303 "use other";
    /// The session is attached already.
    ALREADY_SUBSCRIBED = 304 "already subscribed";
    /// The session is not attached.
    NOT_JOINED = 304 "not joined";
    /// There was nothing to do.
    NO_ACTION = 304 "no action";
    /// Nothing changed.
    NOT_MODIFIED = 304 "not modified";
    /// A file is elsewhere.
    FOUND = 307 "found";
    /// The message could not be read, or lacks what it needs.
    MALFORMED = 400 "malformed";
    /// A login is needed first.
    AUTHENTICATION_REQUIRED = 401 "authentication required";
    /// The login failed.
    AUTHENTICATION_FAILED = 401 "authentication failed";
    /// The login scheme is unknown.
    UNKNOWN_SCHEME = 401 "unknown authentication scheme";
    /// Not allowed.
    PERMISSION_DENIED = 403 "permission denied";
    /// The key of the application is missing or wrong (Tinode).
    API_KEY_REQUIRED = 403 "valid API key required";
    /// The session is unknown.
    SESSION_EXPIRED = 403 "invalid or expired session";
    /// There is no such topic.
    TOPIC_NOT_FOUND = 404 "topic not found";
    /// There is no such user.
    USER_NOT_FOUND = 404 "user not found";
    /// There is no such thing.
    NOT_FOUND = 404 "not found";
    /// Not possible with this topic.
    NOT_ALLOWED = 405 "operation or method not allowed";
    /// The response to a challenge is wrong.
    INVALID_RESPONSE = 406 "invalid response";
    /// The line was lost.
    DISCONNECTED = 408 "disconnected";
    /// The session is logged in already.
    ALREADY_AUTHENTICATED = 409 "already authenticated";
    /// The credential belongs to another account.
    DUPLICATE_CREDENTIAL = 409 "duplicate credential";
    /// The topic must be subscribed to first, in this session.
    ATTACH_FIRST = 409 "must attach first";
    /// It exists already.
    ALREADY_EXISTS = 409 "already exists";
    /// A command came too early or too late.
    OUT_OF_SEQUENCE = 409 "command out of sequence";
    /// It is gone.
    GONE = 410 "gone";
    /// Too large.
    TOO_LARGE = 413 "too large";
    /// Against a rule of the server: too many subscribers, a bad tag.
    POLICY = 422 "policy violation";
    /// The called party is busy.
    BUSY = 486 "busy here";
    /// The server failed.
    INTERNAL = 500 "internal error";
    /// The server does not do this.
    NOT_IMPLEMENTED = 501 "not implemented";
    /// A part of the server cannot be reached.
    CLUSTER_UNREACHABLE = 502 "cluster unreachable";
    /// The server is overloaded, or did not answer itself in time.
    UNAVAILABLE = 503 "service unavailable";
    /// The topic is being loaded or created.
    LOCKED = 503 "locked";
    /// The version in `hi` is too old.
    VERSION_NOT_SUPPORTED = 505 "version not supported";
}
