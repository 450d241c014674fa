//! Who may see what.

use alloc::collections::BTreeSet;
use alloc::string::String;

use super::Subject;
use crate::{Dialect, Subscription, Topic};

/// The login of a connection, with what its rights depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Viewer {
    /// What it is.
    pub role: Role,
    /// The id of its tenant; `None` for the system administrator. Only events of this tenant reach it, but by a
    /// `global_` topic.
    pub tenant_id: Option<String>,
    /// The numbers of the queues that it belongs to or manages.
    pub queues: BTreeSet<String>,
    /// The numbers of the extensions in its group, by which v12 limits what an extension sees. Itself always counts.
    pub groupmates: BTreeSet<String>,
}

/// What a login is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// An extension.
    Extension {
        /// Its number.
        number: String,
        /// The name of its group.
        group: Option<String>,
    },
    /// An extension that manages queues, and so sees any queue.
    QueueManager {
        /// Its number.
        number: String,
        /// The name of its group.
        group: Option<String>,
    },
    /// The tenant: v12's login by name, later its administrator.
    TenantAdmin,
    /// The administrator of the whole PBX.
    SystemAdmin,
}

/// Why a subscription is refused outright. What is merely not permitted is accepted, and not delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// The dialect has no such topic.
    #[error("unknown topic {0}")]
    UnknownTopic(Topic),
    /// The topic is the tenant's.
    #[error("no permission: {0} is for the tenant only")]
    TenantOnly(Topic),
    /// The topic is the system administrator's.
    #[error("no permission: {0} is for the system administrator only")]
    SystemAdminOnly(Topic),
    /// The topic needs tenants.
    #[error("{0} needs tenants")]
    TenantsMissing(Topic),
}

impl Viewer {
    /// An extension of a tenant, in no queue and alone in its group.
    #[must_use]
    pub fn extension(tenant_id: impl Into<String>, number: impl Into<String>) -> Self {
        Self::new(Role::Extension { number: number.into(), group: None }, Some(tenant_id.into()))
    }

    /// An extension that manages queues.
    #[must_use]
    pub fn queue_manager(tenant_id: impl Into<String>, number: impl Into<String>) -> Self {
        Self::new(Role::QueueManager { number: number.into(), group: None }, Some(tenant_id.into()))
    }

    /// A tenant, or its administrator.
    #[must_use]
    pub fn tenant_admin(tenant_id: impl Into<String>) -> Self {
        Self::new(Role::TenantAdmin, Some(tenant_id.into()))
    }

    /// The system administrator.
    #[must_use]
    pub const fn system_admin() -> Self {
        Self::new(Role::SystemAdmin, None)
    }

    /// A login with a role, and a tenant but for the system administrator.
    #[must_use]
    pub const fn new(role: Role, tenant_id: Option<String>) -> Self {
        Self { role, tenant_id, queues: BTreeSet::new(), groupmates: BTreeSet::new() }
    }

    /// Belongs to these queues, or manages them.
    #[must_use]
    pub fn in_queues<N: Into<String>>(mut self, numbers: impl IntoIterator<Item = N>) -> Self {
        self.queues.extend(numbers.into_iter().map(Into::into));
        self
    }

    /// Is in one group with these extensions.
    #[must_use]
    pub fn with_groupmates<N: Into<String>>(mut self, numbers: impl IntoIterator<Item = N>) -> Self {
        self.groupmates.extend(numbers.into_iter().map(Into::into));
        self
    }

    /// The number, of an extension.
    #[must_use]
    pub fn number(&self) -> Option<&str> {
        match &self.role {
            Role::Extension { number, .. } | Role::QueueManager { number, .. } => Some(number),
            Role::TenantAdmin | Role::SystemAdmin => None,
        }
    }

    /// Whether a subscribe is to be refused.
    ///
    /// # Errors
    /// When it names a topic that the dialect does not have, trunk events and is not the tenant, a `global_` topic and
    /// is not the system administrator, or such a topic without tenants.
    pub fn may_subscribe(&self, subscription: &Subscription, dialect: Dialect) -> Result<(), Denied> {
        for topic in subscription.topics.iter().map(|selection| &selection.topic) {
            let denied: fn(Topic) -> Denied = if !topic.is_known_to(dialect) {
                Denied::UnknownTopic
            } else if *topic == Topic::TrunkEvents && self.role != Role::TenantAdmin {
                Denied::TenantOnly
            } else if topic.is_global() && self.role != Role::SystemAdmin {
                Denied::SystemAdminOnly
            } else if topic.is_global() && subscription.tenants.is_empty() {
                Denied::TenantsMissing
            } else {
                continue;
            };
            return Err(denied(topic.clone()));
        }
        Ok(())
    }

    /// Whether events about `subject` may reach this login by a plain topic at all.
    pub(super) fn may_see(&self, topic: &Topic, subject: &Subject<'_>) -> bool {
        if self.tenant_id.as_deref() != subject.tenant {
            return false;
        }
        match topic {
            Topic::TrunkEvents => self.role == Role::TenantAdmin,
            Topic::ExtensionManagementEvents | Topic::QueueManagementEvents => {
                matches!(self.role, Role::TenantAdmin | Role::SystemAdmin)
            }
            Topic::QueueEvents => match self.role {
                Role::Extension { .. } => subject.queue.is_some_and(|queue| self.queues.contains(queue)),
                _ => true,
            },
            _ => true,
        }
    }

    /// Whether only groupmates are seen.
    pub(super) fn is_confined_to_group(&self, dialect: Dialect) -> bool {
        dialect == Dialect::V12 && self.number().is_some()
    }

    /// Whether an extension is the login's own or in its group.
    pub(super) fn is_groupmate(&self, number: &str) -> bool {
        self.number() == Some(number) || self.groupmates.contains(number)
    }
}
