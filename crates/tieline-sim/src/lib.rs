#![doc = include_str!("../README.md")]

pub mod day;
pub mod world;
