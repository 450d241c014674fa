#![doc = include_str!("../README.md")]

mod axeos;
mod cloudpbx;
pub mod day;
pub mod directory;
pub mod fault;
mod filled;
pub mod record;
mod sim;
pub mod world;
pub mod wsi;

pub use sim::{Sim, SimBuilder};
