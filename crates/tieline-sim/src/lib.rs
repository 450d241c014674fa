#![doc = include_str!("../README.md")]

mod axeos;
mod cloudpbx;
pub mod day;
pub mod directory;
mod filled;
mod sim;
pub mod world;
pub mod wsi;

pub use sim::{Sim, SimBuilder};
