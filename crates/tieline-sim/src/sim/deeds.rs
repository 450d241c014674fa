//! Tells what clients did to those who expected it.

use tieline_portsip_wsi::{Auth, Login, Subscription};

use super::Pbx;
use crate::scenario::{Deed, STREAM};

impl Pbx {
    /// A client did something.
    pub(crate) fn done(&self, deed: &Deed) {
        self.watch.done(self.scenario_now(), deed);
    }

    /// Somebody logged in: an extension, by its number or by the name of its user, or somebody else by name.
    pub(crate) fn logged_in(&self, who: &str) {
        let tenant = self.directory.tenants().first().map(|tenant| tenant.tenant);
        let mut users = self.directory.users().iter().filter(|user| Some(user.tenant) == tenant);
        let user = users.find(|user| user.extension == who || user.username == who);
        let names = match user {
            Some(user) => vec![user.extension.clone(), user.username.clone()],
            None => vec![who.to_owned()],
        };
        self.done(&Deed::Login { names });
    }

    pub(super) fn logged_in_to_wsi(&self, auth: &Auth) {
        self.logged_in(match &auth.login {
            Login::Extension { extension, .. } => extension,
            Login::ExtensionNumber { extension_number, .. } => extension_number,
            Login::Username { username, .. } | Login::Admin { username } => username,
            Login::Tenant { name } => name,
            _ => return,
        });
    }

    /// A client subscribed to topics of WSI.
    pub(super) fn subscribed(&self, subscription: &Subscription) {
        for selection in &subscription.topics {
            self.done(&Deed::Subscribe { topic: selection.topic.as_str().to_owned() });
        }
    }

    /// A client listens to the stream of CloudPBX.
    pub(super) fn listens(&self) {
        self.done(&Deed::Subscribe { topic: STREAM.to_owned() });
    }
}
