#![doc = include_str!("../README.md")]

mod axeos;
pub mod capture;
mod cloudpbx;
mod control;
pub mod day;
pub mod directory;
pub mod fault;
mod filled;
mod im;
pub mod record;
pub mod scenario;
mod sim;
pub mod world;
pub mod wsi;

pub use sim::{Sim, SimBuilder};
