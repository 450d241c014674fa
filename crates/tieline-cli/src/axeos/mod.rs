//! The commands of Axeos, and who asks.

mod call;
mod login;
mod snapshot;

pub(crate) use call::call;
pub(crate) use login::{Place, failed, refused};
pub(crate) use snapshot::run as snapshot;
