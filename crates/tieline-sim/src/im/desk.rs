//! Who may log in to IM.

use std::fmt;

use data_encoding::{BASE32_NOPAD, BASE64};
use tieline_core::{Random, Secret, Seed};
use tieline_portsip_im::{Credentials, Status};
use tieline_server::im::host::{Accounts, Admitted};

use super::Staff;
use crate::directory::Directory;
use crate::world::TenantKey;

/// Separates the tokens from other random numbers.
const PURPOSE: u64 = 0x1_70C;

/// Takes note of who logged in, by the number of the extension.
type Told = Box<dyn Fn(&str) + Send + Sync>;

/// Judges logins to IM.
pub(crate) struct ImDesk {
    domain: String,
    accounts: Vec<Account>,
    told: Told,
}

struct Account {
    staff: Staff,
    username: String,
    /// Lets in for as long as the simulator runs.
    token: Secret,
    /// For files.
    file_token: Secret,
}

impl ImDesk {
    /// The people of a tenant.
    pub(super) fn new(directory: &Directory, tenant: TenantKey, staff: &[Staff], seed: Seed, told: Told) -> Self {
        let mut random = Random::new(seed, PURPOSE);
        let domain = directory.tenants().iter().find(|of| of.tenant == tenant).map(|of| of.domain.clone());
        let account = |staff: &Staff| {
            let user = directory.users().iter().find(|user| user.tenant == tenant && user.extension == staff.number)?;
            let (mut token, mut file_token) = ([0; 25], [0; 58]);
            random.fill(&mut token);
            random.fill(&mut file_token);
            Some(Account {
                staff: staff.clone(),
                username: user.username.clone(),
                token: Secret::new(BASE32_NOPAD.encode(&token)),
                file_token: Secret::new(BASE64.encode(&file_token)),
            })
        };
        Self { domain: domain.unwrap_or_default(), accounts: staff.iter().filter_map(account).collect(), told }
    }

    /// The SIP domain of the users.
    pub(crate) fn domain(&self) -> &str {
        &self.domain
    }

    /// The access token of an extension's owner that lets in for as long as the simulator runs.
    pub(crate) fn token(&self, number: &str) -> Option<&Secret> {
        self.accounts.iter().find(|account| account.staff.number == number).map(|account| &account.token)
    }

    /// Whether a token is somebody's for files.
    pub(super) fn is_for_files(&self, token: &Secret) -> bool {
        // All are looked at, whichever it is.
        self.accounts.iter().filter(|account| account.file_token.matches(token)).count() > 0
    }
}

impl Accounts for ImDesk {
    fn login(&self, credentials: &Credentials) -> Result<Admitted, Status> {
        let Credentials::AccessToken { user, domain, token } = credentials else {
            return Err(Status::UNKNOWN_SCHEME);
        };
        let known = |account: &&Account| account.username == *user || account.staff.number == *user;
        let account = self.accounts.iter().find(known).filter(|_| *domain == self.domain);
        let account = account.filter(|account| account.token.matches(token)).ok_or(Status::AUTHENTICATION_FAILED)?;
        (self.told)(&account.staff.number);
        Ok(Admitted::new(account.staff.arrival()).with_token(account.file_token.clone()))
    }
}

impl fmt::Debug for ImDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImDesk").field("accounts", &self.accounts.len()).finish_non_exhaustive()
    }
}
