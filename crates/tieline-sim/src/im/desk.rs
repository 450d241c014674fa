//! Who may log in to IM.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use data_encoding::BASE32_NOPAD;
use tieline_core::{Random, Secret, Seed};
use tieline_portsip_im::token::Account;
use tieline_portsip_im::{Credentials, Status};
use tieline_server::im::accounts::{NoTokenStore, Roster, SignInLimits, TokenDesk, TokenRules, TokenService, User};
use tieline_server::im::engine::Clock;
use tieline_server::im::host::{Accounts, Admitted};

use super::Staff;
use crate::directory::Directory;
use crate::world::TenantKey;

/// Separates the lasting tokens from other random numbers.
const PURPOSE: u64 = 0x1_70C;

/// Takes note of who logged in, by the number of the extension.
pub(super) type Told = Box<dyn Fn(&str) + Send + Sync>;

/// Judges logins to IM: with tokens that the token calls gave, and with one for each user that lasts as long as the
/// simulator runs.
pub(crate) struct ImDesk {
    domain: String,
    tokens: Arc<TokenDesk<Roster>>,
    /// By number.
    lasting: BTreeMap<String, Lasting>,
    told: Told,
}

struct Lasting {
    account: Account,
    token: Secret,
}

impl ImDesk {
    /// The people of a tenant, who log in by name or by number.
    ///
    /// # Errors
    /// Never: nothing is kept anywhere.
    pub(super) fn new(
        directory: &Directory,
        tenant: TenantKey,
        staff: &[Staff],
        seed: Seed,
        clock: Arc<dyn Clock>,
        told: Told,
    ) -> io::Result<Self> {
        let mut random = Random::new(seed, PURPOSE);
        let domain = directory.tenants().iter().find(|of| of.tenant == tenant).map(|of| of.domain.clone());
        let domain = domain.unwrap_or_default();
        let (mut roster, mut lasting) = (Roster::new(), BTreeMap::new());
        for staff in staff {
            let mut users = directory.users().iter().filter(|user| user.tenant == tenant);
            let Some(user) = users.find(|user| user.extension == staff.number) else { continue };
            for name in [&user.username, &staff.number] {
                let mut known = User::new(staff.user, name, &domain);
                known.display_name = Some(staff.name.clone());
                known.channels = staff.queues.values().cloned().collect();
                roster = roster.with(known, user.password.clone());
            }
            let mut token = [0; 25];
            random.fill(&mut token);
            let account = Account::new(&user.username, &domain, user.password.clone());
            lasting.insert(staff.number.clone(), Lasting { account, token: BASE32_NOPAD.encode(&token).into() });
        }
        let now = move || clock.unix_micros(clock.now());
        let tokens = TokenDesk::open(roster, TokenRules::default(), NoTokenStore, seed, now);
        let tokens = Arc::new(tokens.map_err(io::Error::other)?);
        Ok(Self { domain, tokens, lasting, told })
    }

    /// The SIP domain of the users.
    pub(crate) fn domain(&self) -> &str {
        &self.domain
    }

    /// The access token of an extension's owner that lasts as long as the simulator runs.
    pub(crate) fn token(&self, number: &str) -> Option<&Secret> {
        self.lasting.get(number).map(|lasting| &lasting.token)
    }

    /// Whether a token is somebody's for files.
    pub(super) fn is_for_files(&self, token: &Secret) -> bool {
        self.tokens.holder(token).is_some()
    }

    /// The token calls. Wrong passwords are not counted: they all come from this machine.
    pub(super) fn service(&self) -> TokenService<Roster> {
        let mut limits = SignInLimits::default();
        limits.failures_per_minute = u32::MAX;
        TokenService::new(Arc::clone(&self.tokens), limits)
    }

    /// The number of an extension by it or by the name of its owner.
    fn number(&self, name: &str) -> Option<&str> {
        let known = |(number, lasting): &(&String, &Lasting)| *number == name || lasting.account.user == name;
        self.lasting.iter().find(known).map(|(number, _)| number.as_str())
    }

    /// The same login with a token of the desk, if its own is the lasting one.
    fn with_token(&self, number: &str, credentials: &Credentials) -> Option<Credentials> {
        let Credentials::AccessToken { domain, token, .. } = credentials else { return None };
        let lasting = self.lasting.get(number).filter(|lasting| lasting.token.matches(token))?;
        let grant = self.tokens.sign_in(&lasting.account).ok()?;
        Some(Credentials::access_token(&lasting.account.user, domain, grant.access_token))
    }
}

impl Accounts for ImDesk {
    fn login(&self, credentials: &Credentials) -> Result<Admitted, Status> {
        let number = match credentials {
            Credentials::AccessToken { user, .. } => self.number(user),
            _ => None,
        };
        let lasting = number.and_then(|number| self.with_token(number, credentials));
        let admitted = self.tokens.login(lasting.as_ref().unwrap_or(credentials))?;
        if let Some(number) = number {
            (self.told)(number);
        }
        Ok(admitted)
    }
}

impl fmt::Debug for ImDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImDesk").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}
