//! stub
use crate::args::{Doctor, Output};
use crate::exit::Exit;
use crate::failure::Failure;
pub(crate) async fn run(_args: Doctor, _output: Output) -> Result<Exit, Failure> { Ok(Exit::Ok) }
