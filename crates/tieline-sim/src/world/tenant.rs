//! Tenants: the customers of one PBX, each with its own numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::extension::Extension;
use super::queue::Queue;
use super::trunk::TrunkLine;

/// Names one tenant of one world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantKey(pub(super) usize);

/// Who a tenant is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tenant {
    /// The key within its world.
    pub key: TenantKey,
    /// The identifier on the wire: 18 digits.
    pub id: String,
    /// The name it logs in with.
    pub name: String,
    /// Its SIP domain.
    pub domain: String,
}

/// A tenant and everything that is its own.
#[derive(Debug)]
pub(super) struct Premises {
    pub(super) tenant: Arc<Tenant>,
    pub(super) extensions: BTreeMap<String, Extension>,
    pub(super) queues: BTreeMap<String, Queue>,
    pub(super) trunks: BTreeMap<String, TrunkLine>,
}
