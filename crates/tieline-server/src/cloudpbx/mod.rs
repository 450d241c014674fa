//! CloudPBX: the REST calls, answered by an [`Api`].

mod rest;

pub use rest::{Api, Download, RestService, rest_paths};
