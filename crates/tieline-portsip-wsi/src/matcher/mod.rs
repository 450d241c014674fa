//! Who is to receive which event: what is subscribed, what an event concerns, and who may see it.

mod subject;
mod subscriptions;
mod viewer;

pub use subject::Subject;
pub use subscriptions::{Subscriptions, TooManyNames};
pub use viewer::{Denied, Role, Viewer};
