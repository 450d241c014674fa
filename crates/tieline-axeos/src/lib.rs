#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;
#[cfg(any(feature = "arbitrary", feature = "http"))]
extern crate std;

mod call;
mod directory;
mod event;
#[cfg(feature = "arbitrary")]
mod from_bytes;
#[cfg(feature = "http")]
pub mod http;
mod listing;
mod phone;
mod poll;
#[cfg(feature = "client")]
pub mod poller;
mod scalar;
#[cfg(feature = "server")]
pub mod server;
mod user;

pub use call::{CallReply, CallRequest, CallRequestError, CallStatus};
pub use directory::{Change, Detail, Directory, PresenceLine};
pub use event::{
    Call, Caller, EVENT_TYPES, Entry, Event, EventInfo, LoggedIn, LoggedOut, PhoneStatus, Target, TargetPhoneType,
    Unknown,
};
pub use listing::{BadElement, Batch, Element, Item, Listing, Row};
pub use phone::Phone;
pub use poll::{Poll, PollError};
pub use scalar::Scalar;
pub use user::{Generation, User, UserPhone, UserPhoneType};
