//! CloudPBX: the REST calls, answered by an [`Api`], and the event stream through a [`StreamHub`].

mod hub;
mod line;
mod rest;
mod stream;

pub use hub::{StreamHub, StreamStats};
pub use rest::{Api, Download, RestService, rest_paths};
pub use stream::{StreamService, stream_paths};
