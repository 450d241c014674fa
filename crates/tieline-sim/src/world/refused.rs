//! What the world does not do.

/// Why the world did not do what it was told to. Nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// No tenant of this key.
    #[error("no such tenant")]
    NoSuchTenant,
    /// The tenant has no extension of this number.
    #[error("no such extension")]
    NoSuchExtension,
    /// The extension has no such device, or it is not registered.
    #[error("no such device, or it is not registered")]
    NoSuchDevice,
    /// The tenant has no queue of this number.
    #[error("no such queue")]
    NoSuchQueue,
    /// The queue has no such agent.
    #[error("no such agent in the queue")]
    NoSuchAgent,
    /// The tenant has no trunk of this name, or it is down.
    #[error("no such trunk, or it is down")]
    NoSuchTrunk,
    /// The call is over, or never was.
    #[error("no such call")]
    NoSuchCall,
    /// IM has no group of this name.
    #[error("no such group")]
    NoSuchGroup,
    /// The IM service refused it.
    #[error("the IM service refused it")]
    DeniedInIm,
    /// The number is taken.
    #[error("the number is taken")]
    NumberTaken,
    /// The extension is in a call.
    #[error("the extension is in a call")]
    Busy,
    /// The extension has no registered device to call from.
    #[error("no device of the extension is registered")]
    NotRegistered,
    /// The call, extension or agent is not in a state in which this can be done.
    #[error("not possible in the present state")]
    NotNow,
}
