//! Which dialect a client speaks, told from its commands.

use crate::{ClientMessage, Command, Dialect, Login, Subscription};

/// What a command as it was written tells of the client's dialect; `None` when every dialect from v16 on writes it so.
///
/// v12: a login by `extension` or tenant `name`, topics with keys. v22: a login by `extension_number` or
/// without domain, an `id`, tenants, `global_` and management topics. v16.2 has the login by number too; what is in
/// force between v16.2 and v22 differs little, so that counts as v22.
#[must_use]
pub fn evidence(message: &ClientMessage) -> Option<Dialect> {
    let told = match &message.command {
        Command::Auth(auth) => match auth.login {
            Login::Extension { .. } | Login::Tenant { .. } => Some(Dialect::V12),
            Login::ExtensionNumber { .. } | Login::Admin { .. } => Some(Dialect::V22),
            Login::Username { .. } => None,
        },
        Command::Subscribe(subscription) | Command::Unsubscribe(subscription) => of_subscription(subscription),
        Command::Other { .. } => None,
    };
    told.or(message.id.as_ref().map(|_| Dialect::V22))
}

fn of_subscription(subscription: &Subscription) -> Option<Dialect> {
    let topics = &subscription.topics;
    if topics.iter().any(|selection| !selection.keys.is_empty()) {
        Some(Dialect::V12)
    } else if !subscription.tenants.is_empty()
        || topics.iter().any(|selection| selection.topic.is_global() || selection.topic.is_management())
    {
        Some(Dialect::V22)
    } else {
        None
    }
}
