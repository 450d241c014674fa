//! Logins: who may come in, and what they may see.

mod accounts;

use tieline_axeos::http::Auth as AxeosAuth;
use tieline_core::{Secret, Seed};
use tieline_portsip_wsi::{Auth, Dialect, Login, Role as WireRole, Viewer};

pub use accounts::{AdminLogin, TenantLogin, User};

use crate::world::{Role, World};
use accounts::Passwords;

/// A login was refused: the name or the password is wrong. Which of them is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wrong name or password")]
pub struct LoginRefused;

impl LoginRefused {
    /// The words that the PBX of a dialect answers with.
    #[must_use]
    pub const fn text(self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::V12 | Dialect::V16 => "name or password error",
            // V22 and what may follow it.
            _ => "access_token , username , domain or password error",
        }
    }
}

/// Everybody who may log in. All passwords come from the seed.
#[derive(Clone, Debug)]
pub struct Directory {
    users: Vec<User>,
    tenants: Vec<TenantLogin>,
    admin: AdminLogin,
    cloudpbx_key: Secret,
    axeos_key: Secret,
    /// What the password of a login that does not exist is compared with, so that it takes as long.
    nobody: Secret,
}

impl Directory {
    /// The directory of a world as it is now: extensions that are set up later cannot log in.
    #[must_use]
    pub fn new(world: &World, seed: Seed) -> Self {
        let mut passwords = Passwords::new(seed);
        let admin = AdminLogin { username: "admin".to_owned(), password: passwords.next() };
        let nobody = passwords.next();
        let cloudpbx_key = Passwords::of_cloudpbx(seed).next();
        let axeos_key = Passwords::axeos_key(seed);
        let mut directory = Self { users: Vec::new(), tenants: Vec::new(), admin, cloudpbx_key, axeos_key, nobody };
        for tenant in world.tenants() {
            directory.tenants.push(TenantLogin {
                tenant: tenant.key,
                id: tenant.id.clone(),
                domain: tenant.domain.clone(),
                name: tenant.name.clone(),
                password: passwords.next(),
            });
            directory.users.extend(accounts::users(world, tenant.key, &mut passwords));
        }
        directory
    }

    /// The users of extensions: tenant by tenant, by number.
    #[must_use]
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// The tenants' own logins.
    #[must_use]
    pub fn tenants(&self) -> &[TenantLogin] {
        &self.tenants
    }

    /// The system administrator.
    #[must_use]
    pub fn admin(&self) -> &AdminLogin {
        &self.admin
    }

    /// The key of the first tenant's CloudPBX: for the calls and for the stream alike.
    #[must_use]
    pub const fn cloudpbx_key(&self) -> &Secret {
        &self.cloudpbx_key
    }

    /// The API key of the first tenant's Axeos.
    #[must_use]
    pub const fn axeos_key(&self) -> &Secret {
        &self.axeos_key
    }

    /// Whether somebody may use the first tenant's Axeos: who has its key, and its users with their passwords.
    #[must_use]
    pub fn admits_to_axeos(&self, who: &AxeosAuth) -> bool {
        match who {
            AxeosAuth::ApiKey(key) | AxeosAuth::QueryKey(key) => self.axeos_key.matches(key),
            AxeosAuth::User { name, password } => {
                let tenant = self.tenants.first().map(|tenant| tenant.tenant);
                let user = self.users.iter().find(|user| Some(user.tenant) == tenant && user.username == *name);
                let own = user.map_or(&self.nobody, |user| &user.password);
                own.matches(password) && user.is_some()
            }
            _ => false,
        }
    }

    /// Checks a login and tells what it may see in the world as it is now.
    ///
    /// # Errors
    /// [`LoginRefused`] when there is no such login or the password is another.
    pub fn login(&self, world: &World, auth: &Auth) -> Result<Viewer, LoginRefused> {
        let user_of = |domain: &str, is: &dyn Fn(&User) -> bool| {
            let tenant = self.tenants.iter().find(|tenant| tenant.domain == domain)?;
            self.users.iter().find(|user| user.tenant == tenant.tenant && is(user))
        };
        let (password, viewer): (_, Box<dyn Fn() -> Viewer + '_>) = match &auth.login {
            Login::Extension { extension: number, domain }
            | Login::ExtensionNumber { extension_number: number, domain } => {
                let user = user_of(domain, &|user| user.extension == *number).ok_or_else(|| self.unknown(auth))?;
                (&user.password, Box::new(|| self.viewer(world, user)))
            }
            Login::Username { username, domain } => {
                let user = user_of(domain, &|user| user.username == *username).ok_or_else(|| self.unknown(auth))?;
                (&user.password, Box::new(|| self.viewer(world, user)))
            }
            Login::Tenant { name } => {
                let tenant =
                    self.tenants.iter().find(|tenant| tenant.name == *name).ok_or_else(|| self.unknown(auth))?;
                (&tenant.password, Box::new(|| Viewer::tenant_admin(tenant.id.as_str())))
            }
            Login::Admin { username } if *username == self.admin.username => {
                (&self.admin.password, Box::new(Viewer::system_admin))
            }
            _ => return Err(self.unknown(auth)),
        };
        if password.matches(&auth.password) { Ok(viewer()) } else { Err(LoginRefused) }
    }

    fn unknown(&self, auth: &Auth) -> LoginRefused {
        // As much work as for a login that exists; that this one does not is decided already.
        let _same_work = self.nobody.matches(&auth.password);
        LoginRefused
    }

    /// What a user may see in the world as it is now.
    fn viewer(&self, world: &World, user: &User) -> Viewer {
        let tenant_id = self.tenants.iter().find(|tenant| tenant.tenant == user.tenant).map(|tenant| tenant.id.clone());
        let (number, group) = (user.extension.clone(), Some(user.group.clone()));
        let role = match user.role {
            Role::Extension => WireRole::Extension { number, group },
            Role::QueueManager => WireRole::QueueManager { number, group },
            Role::TenantAdmin => WireRole::TenantAdmin,
        };
        let belongs = |queue: &crate::world::QueueState| {
            queue.profile.manager == user.extension
                || queue.agents.iter().any(|agent| agent.profile.number == user.extension)
        };
        let queues = world.queue_states(user.tenant).filter(belongs).map(|queue| queue.profile.number.clone());
        let mates = self.users.iter().filter(|mate| mate.tenant == user.tenant && mate.group == user.group);
        Viewer::new(role, tenant_id).in_queues(queues).with_groupmates(mates.map(|mate| mate.extension.clone()))
    }
}
