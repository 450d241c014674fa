//! PortSIP IM: logins and requests, answered by a [`Desk`], and messages through an [`ImHub`].

mod desk;
mod hub;
mod line;
mod service;

pub use desk::{ClientId, Desk, Exchange};
pub use hub::{ImHub, ImStats};
pub use service::{ImService, im_paths};
