//! PortSIP IM.

mod chat;
mod files;
mod requests;
mod tokens;

pub use chat::{Client, Config, Driver, Events, Item, connect, connect_with, dialer};
pub use files::Files;
pub use tieline_dial::im::{FileError, FilesConfig, NewUpload, TokenError, TokensConfig};
pub use tieline_dial::{Place, Progress};
pub use tokens::Tokens;
