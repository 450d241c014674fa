//! Randomness of the system.

use crate::exit::Exit;
use crate::failure::Failure;

/// So many random bytes, that nobody can guess.
pub(crate) fn draw<const N: usize>() -> Result<[u8; N], Failure> {
    let mut drawn = [0; N];
    match getrandom::fill(&mut drawn) {
        Ok(()) => Ok(drawn),
        Err(error) => Err(Failure::new(Exit::Failure, format!("the system gives no random numbers: {error}"))),
    }
}
