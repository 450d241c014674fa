//! Trunks: the lines to the telephone network.

use std::sync::Arc;

/// Who a trunk is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trunk {
    /// The identifier on the wire: 18 digits.
    pub id: String,
    /// The name given to it: `Carrier One`.
    pub name: String,
    /// The provider's host: the host part of outside numbers' addresses.
    pub host: String,
    /// The number that calls going out show.
    pub outbound_caller_id: String,
}

/// A trunk and whether it is up.
#[derive(Clone, Debug)]
pub(super) struct TrunkLine {
    pub(super) trunk: Arc<Trunk>,
    pub(super) connected: bool,
}
