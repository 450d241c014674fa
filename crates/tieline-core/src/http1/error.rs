//! Why an answer cannot be read.

/// Why an answer cannot be read. None of them quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Http1Error {
    /// It does not begin as an answer of HTTP/1 does, or its head is malformed.
    #[error("it is no HTTP")]
    NotHttp,
    /// Its head is longer than [`MAX_HEAD_BYTES`](super::MAX_HEAD_BYTES).
    #[error("its head is too long")]
    HeadTooLong,
    /// Its head has more headers than [`MAX_HEADERS`](super::MAX_HEADERS).
    #[error("its head has too many headers")]
    TooManyHeaders,
    /// `Content-Length` is no number, or is several.
    #[error("the length of its body is no number")]
    Length,
    /// `Transfer-Encoding` names a coding that nobody asked for.
    #[error("its body is encoded in a way that nobody asked for")]
    Coding,
    /// A chunk does not begin or end as chunks do, or what follows the last one is too long.
    #[error("a chunk of its body is malformed")]
    Chunk,
    /// The stream ended before the answer did.
    #[error("it was cut")]
    Cut,
}
