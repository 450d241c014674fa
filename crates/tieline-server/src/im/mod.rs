//! PortSIP IM: logins and requests, answered by a [`Desk`], and messages through an [`ImHub`];
//! files, kept by a [`FileStore`].

#[cfg(feature = "im-accounts")]
pub mod accounts;
mod desk;
#[cfg(feature = "im-service")]
pub mod engine;
mod files;
#[cfg(feature = "im-service")]
pub mod host;
mod hub;
mod line;
#[cfg(feature = "im-service")]
mod meter;
mod service;
#[cfg(feature = "im-store")]
pub mod standing;
#[cfg(feature = "im-service")]
pub mod store;

pub use desk::{ClientId, Desk, Exchange};
pub use files::{FileService, FileSink, FileStore, Sinking, StoredFile, file_paths, new_file_id};
pub use hub::{ImHub, ImStats};
#[cfg(feature = "im-service")]
pub use meter::{COMMIT_CLASSES, CommitTimes, ServiceStats};
pub use service::{ImService, im_paths, tinode_paths};
