//! The protocols that a message can be held against.

use tieline_core::json::lint::{Anomaly, Sender};
use tieline_portsip_wsi::Dialect;
use tieline_portsip_wsi::lint::{LintOptions, lint_bytes};

use crate::args::Protocol;

/// A protocol and what is known of how it is spoken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speech {
    protocol: Protocol,
    dialect: Option<Dialect>,
}

impl Speech {
    /// The protocol that was told; else the one there is.
    pub(super) fn new(protocol: Option<Protocol>, dialect: Option<Dialect>) -> Self {
        Self { protocol: protocol.unwrap_or(Protocol::Wsi), dialect }
    }

    /// What is odd about a message.
    pub(super) fn lint(self, message: &[u8], sender: Option<Sender>) -> Vec<Anomaly> {
        match self.protocol {
            Protocol::Wsi => {
                let mut options = LintOptions::new();
                (options.dialect, options.sender) = (self.dialect, sender);
                lint_bytes(message, &options)
            }
        }
    }

    /// The names by which the output has it.
    pub(super) const fn names(self) -> (&'static str, &'static str) {
        match self.protocol {
            Protocol::Wsi => ("portsip", "wsi"),
        }
    }
}
