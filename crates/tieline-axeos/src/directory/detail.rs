//! All that is known of a user.

use core::fmt;

use tieline_core::Text;

use super::Directory;
use super::line::Name;
use crate::{Generation, Phone, User, UserPhone, UserPhoneType};

/// A user, by what the user can be reached, and where the user is logged in: prints as the reference client's verbose
/// list does, over several lines.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Detail<'d> {
    /// The user.
    pub user: &'d User<Text>,
    pub(super) directory: &'d Directory,
}

impl<'d> Detail<'d> {
    /// By what the user can be reached, each with its phone where it is one of the list. A user of PBX 3.x has the
    /// primary phone, or nothing.
    pub fn reached_by(&self) -> impl Iterator<Item = (UserPhone<Text>, Option<&'d Phone<Text>>)> + use<'d> {
        let (user, directory) = (self.user, self.directory);
        let primary = match user.generation() {
            Generation::V3 => user.own_phone().map(|phone| {
                let kind = Some(UserPhoneType::Phone);
                UserPhone { kind, phone: Some(phone.clone()), ..UserPhone::default() }
            }),
            Generation::V4 => None,
        };
        primary.into_iter().chain(user.phones.iter().flatten().cloned()).map(|entry| {
            let phone = entry.phone.as_ref().and_then(|uuid| directory.phones.get(uuid));
            (entry, phone)
        })
    }

    /// The phone, not the own one, that the user is logged in on; `None` when on none, or on one that is not in the list.
    #[must_use]
    pub fn logged_in_on(&self) -> Option<&'d Phone<Text>> {
        self.directory.phones.get(self.user.logged_in_on()?)
    }
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: Option<&Text>| text.map_or_else(Text::new, Clone::clone);
        writeln!(f, "{} ({}):", Name(self.user), shown(self.user.uuid.as_ref()))?;
        writeln!(f, "    username:  {}", shown(self.user.username.as_ref()))?;
        writeln!(f, "    full name: {}", shown(self.user.full_name.iter().flatten().next()))?;
        writeln!(f, "    phones:")?;
        let mut none = true;
        for (entry, phone) in self.reached_by() {
            none = false;
            let number = shown(entry.number.as_ref());
            match (&entry.kind, phone) {
                (Some(UserPhoneType::Phone), Some(phone)) => {
                    let status = phone.status.as_deref().unwrap_or("unknown");
                    writeln!(f, "        phone: {}: {status}", shown(phone.phone_username.as_ref()))?;
                }
                (Some(UserPhoneType::Phone), None) => writeln!(f, "        phone: unknown")?,
                (Some(UserPhoneType::HotDesk), _) => writeln!(f, "        hot-desk")?,
                (Some(UserPhoneType::Number), _) => writeln!(f, "        number: {number}")?,
                (Some(UserPhoneType::TrunkNumber), _) => {
                    writeln!(f, "        number: {number} on trunk: {}", shown(entry.trunk.as_ref()))?;
                }
                (Some(UserPhoneType::Other(kind)), _) => writeln!(f, "        {kind}: unrecognized")?,
                (None, _) => writeln!(f, "        unrecognized")?,
            }
        }
        if none {
            writeln!(f, "        none")?;
        }
        if let Some(phone) = self.logged_in_on() {
            let status = phone.status.as_deref().unwrap_or("unknown");
            writeln!(f, "    logged in on phone: {} ({status})", shown(phone.phone_username.as_ref()))?;
        }
        Ok(())
    }
}
