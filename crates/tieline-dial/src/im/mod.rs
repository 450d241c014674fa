//! What the PortSIP IM clients of all adapters share.

mod chat;
mod files;
mod tokens;

pub use chat::{ChatConfig, edited, typed};
pub use files::{FileError, FilesConfig, NewUpload, TokenTry};
pub use tokens::{TokenDesk, TokenError, TokensConfig, Turn};
