//! What both sides say.

mod client;
mod common;
mod envelope;
mod params;
mod range;
mod server;

pub use client::{
    Acc, ClientBody, ClientMessage, Credential, Del, Extra, Get, GetOpts, GetQuery, Hi, Leave, Login, Note, Pub, Set,
    SetDesc, SetQuery, SetSub, Sub,
};
pub use common::{Access, CLEAR, Card, DefaultAccess, Photo, is_clear};
pub use params::Params;
pub use range::{Deletions, SeqRange};
pub use server::{CredentialState, Ctrl, Data, Desc, Info, Meta, Pres, Seen, ServerMessage, Subscriber};
