//! Extensions: who they are, which devices are registered for them, what they say of themselves.

use std::sync::Arc;
use std::time::Duration;

use tieline_core::Instant;

/// How long a registration lasts unless it is refreshed.
pub const REGISTRATION_LIFETIME: Duration = Duration::from_secs(300);

/// What an extension's owner may see and do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// An ordinary user: sees what its groups and queues let it see.
    Extension,
    /// Sees every queue of its tenant.
    QueueManager,
    /// Sees everything of its tenant.
    TenantAdmin,
}

/// What is set up for an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The identifier on the wire: 18 digits.
    pub id: String,
    /// The number: `101`.
    pub number: String,
    /// The name shown to others.
    pub display_name: String,
    /// The name its owner logs in with.
    pub username: String,
    /// The owner's mail address.
    pub email: String,
    /// The owner's department; may be empty.
    pub department: String,
    /// The extension group (PBX 12): members may watch each other.
    pub group: String,
    /// What its owner may see.
    pub role: Role,
    /// Whether the extension may be used.
    pub enabled: bool,
    /// Where calls go that nobody answers here.
    pub forward_no_answer: Option<String>,
    /// Its devices, registered or not.
    pub devices: Vec<Arc<Device>>,
}

/// A telephone or an app.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Device {
    /// The instance id: an upper-case UUID.
    pub instance: String,
    /// What the device calls itself.
    pub user_agent: String,
    /// Where it sends from: `192.0.2.11:5060`.
    pub address: String,
}

/// A registered device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contact {
    /// The device.
    pub device: Arc<Device>,
    /// When it registered last.
    pub refreshed: Instant,
    /// When the registration ends unless refreshed; of a removed contact, when it was removed.
    pub expires: Instant,
}

/// What an owner says of himself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Availability {
    /// At work.
    Online,
    /// Away from the desk.
    Away,
    /// Not to be disturbed.
    DoNotDisturb,
    /// Travelling.
    BusinessTrip,
    /// At lunch.
    Lunch,
}

impl Availability {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Online, Self::Away, Self::DoNotDisturb, Self::BusinessTrip, Self::Lunch];
}

/// What an owner says of himself, with his own words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Presence {
    /// Which kind.
    pub availability: Availability,
    /// The owner's own words; often empty.
    pub note: String,
}

/// What an extension's line does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineStatus {
    /// Nothing.
    #[default]
    Idle,
    /// A call rings.
    Ringing,
    /// In a call, or making one.
    OnCall,
}

/// The state of an extension as a snapshot tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExtensionState {
    /// Who it is.
    pub profile: Arc<Profile>,
    /// Whether any device is registered.
    pub online: bool,
    /// What the line does.
    pub line: LineStatus,
    /// What the owner says.
    pub presence: Presence,
    /// When any of this changed last.
    pub changed: Instant,
}

/// An extension and its state.
#[derive(Debug)]
pub(super) struct Extension {
    pub(super) profile: Arc<Profile>,
    pub(super) contacts: Vec<Contact>,
    pub(super) presence: Presence,
    pub(super) line: LineStatus,
    pub(super) changed: Instant,
    /// The queue after whose call the owner works, and until when.
    pub(super) wrap_up: Option<(String, Instant)>,
}

impl Extension {
    pub(super) fn state(&self) -> ExtensionState {
        ExtensionState {
            profile: Arc::clone(&self.profile),
            online: !self.contacts.is_empty(),
            line: self.line,
            presence: self.presence.clone(),
            changed: self.changed,
        }
    }
}
