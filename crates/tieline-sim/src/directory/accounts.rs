//! Who may log in, with which password.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use tieline_core::{Random, Secret, Seed};

use crate::world::{Role, TenantKey, World};

/// Separates the passwords' random numbers from those of other parts of the simulator.
const PURPOSE: u64 = 0xACC;
/// The same for the keys of CloudPBX.
const CLOUDPBX: u64 = 0xC1D;
/// The same for the keys of Axeos.
const AXEOS: u64 = 0xA5E;

/// The user of an extension. One password serves as the web password (v12), the user password (v16) and the extension
/// password (v16.2 and later) alike.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct User {
    /// The tenant.
    pub tenant: TenantKey,
    /// The extension's number.
    pub extension: String,
    /// The name to log in by.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// The extension group.
    pub group: String,
    /// What the user may see.
    pub role: Role,
}

/// A tenant's own login (v12).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TenantLogin {
    /// The tenant.
    pub tenant: TenantKey,
    /// The id on the wire.
    pub id: String,
    /// The SIP domain of its users.
    pub domain: String,
    /// The name to log in by.
    pub name: String,
    /// The password.
    pub password: Secret,
}

/// The system administrator's login (v22).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AdminLogin {
    /// The name to log in by.
    pub username: String,
    /// The password.
    pub password: Secret,
}

/// Passwords from the seed.
pub(super) struct Passwords(Random);

impl Passwords {
    pub(super) fn new(seed: Seed) -> Self {
        Self(Random::new(seed, PURPOSE))
    }

    pub(super) fn of_cloudpbx(seed: Seed) -> Self {
        Self(Random::new(seed, CLOUDPBX))
    }

    /// The API key of Axeos: 32 hexadecimal digits, as the vendor's pages show one.
    pub(super) fn axeos_key(seed: Seed) -> Secret {
        Secret::new(HEXLOWER.encode(&Random::new(seed, AXEOS).next_seed()))
    }

    /// Sixteen letters and digits: 80 random bits.
    pub(super) fn next(&mut self) -> Secret {
        let mut bytes = [0; 10];
        self.0.fill(&mut bytes);
        Secret::new(BASE32_NOPAD.encode(&bytes).to_lowercase())
    }
}

/// The users of a tenant's extensions, by number.
pub(super) fn users(world: &World, tenant: TenantKey, passwords: &mut Passwords) -> Vec<User> {
    let user = |extension: crate::world::ExtensionState| User {
        tenant,
        extension: extension.profile.number.clone(),
        username: extension.profile.username.clone(),
        password: passwords.next(),
        group: extension.profile.group.clone(),
        role: extension.profile.role,
    };
    world.extension_states(tenant).map(user).collect()
}
