//! PortSIP IM.

mod chat;
mod requests;

pub use chat::{Client, Config, Driver, Events, Item, connect, connect_with, dialer};
