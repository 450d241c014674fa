//! The rules of the IM service.

mod replay;
mod world;
