#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;
#[cfg(any(feature = "arbitrary", feature = "http"))]
extern crate std;

mod access;
#[cfg(feature = "client")]
pub mod client;
mod concealed;
mod credentials;
#[cfg(feature = "http")]
pub mod file;
#[cfg(feature = "arbitrary")]
mod from_bytes;
mod message;
mod name;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "service")]
pub mod service;
mod status;
pub mod token;
mod words;

pub use access::{AccessMode, InvalidMode, Mode};
pub use concealed::Concealed;
pub use credentials::{BadSecret, Credentials};
pub use message::{
    Acc, Access, CLEAR, Card, ClientBody, ClientMessage, Credential, CredentialState, Ctrl, Data, DefaultAccess, Del,
    Deletions, Desc, Extra, Get, GetOpts, GetQuery, Hi, Info, Leave, Login, Meta, Note, Params, Photo, Pres, Pub, Seen,
    SeqRange, ServerMessage, Set, SetDesc, SetQuery, SetSub, Sub, Subscriber, is_clear,
};
pub use name::{FileRef, Topic, TopicKind, UserId};
pub use status::Status;
pub use words::{DelWhat, NoteWhat, PresWhat, Section};
