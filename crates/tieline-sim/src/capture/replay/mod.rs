//! Captures served again.

mod asked;
mod exchanges;
mod line;
mod pace;
mod script;
mod serve;

pub use line::ReplayLine;
pub use pace::{Speed, SpeedError};
pub use script::{Script, Summary};
pub use serve::{Replay, ReplayError, ReplayOptions};
