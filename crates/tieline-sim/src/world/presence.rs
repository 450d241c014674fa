//! Registrations and presence.

use std::sync::Arc;

use super::extension::{Availability, Contact, Presence, REGISTRATION_LIFETIME};
use super::timers::Timer;
use super::{Happening, Refused, TenantKey, World};

impl World {
    /// A device registers, or refreshes its registration; `device` counts the extension's devices from 0.
    ///
    /// # Errors
    /// No such tenant, extension or device.
    pub fn register(&mut self, tenant: TenantKey, number: &str, device: usize) -> Result<(), Refused> {
        let now = self.now;
        let extension = self.extension_mut(tenant, number)?;
        let device = Arc::clone(extension.profile.devices.get(device).ok_or(Refused::NoSuchDevice)?);
        let was_online = !extension.contacts.is_empty();
        extension.contacts.retain(|contact| contact.device != device);
        extension.contacts.push(Contact { device, refreshed: now, expires: now + REGISTRATION_LIFETIME });
        if !was_online {
            extension.changed = now;
        }
        if !self.keeps_registrations {
            self.after(REGISTRATION_LIFETIME, Timer::ContactExpires { tenant, extension: number.to_owned() });
        }
        self.tell_registration(tenant, number, Vec::new())?;
        self.settle();
        Ok(())
    }

    /// A device unregisters. What rings at it fails; what it talks in goes on.
    ///
    /// # Errors
    /// No such tenant or extension; or the device is not registered.
    pub fn unregister(&mut self, tenant: TenantKey, number: &str, device: usize) -> Result<(), Refused> {
        let extension = self.extension(tenant, number)?;
        let device = Arc::clone(extension.profile.devices.get(device).ok_or(Refused::NoSuchDevice)?);
        if !extension.contacts.iter().any(|contact| contact.device == device) {
            return Err(Refused::NoSuchDevice);
        }
        self.drop_contacts(tenant, number, |contact| contact.device == device)?;
        self.settle();
        Ok(())
    }

    pub(super) fn unregister_all(&mut self, tenant: TenantKey, number: &str) -> Result<(), Refused> {
        self.drop_contacts(tenant, number, |_| true)
    }

    pub(super) fn expire_contacts(&mut self, tenant: TenantKey, number: &str) -> Result<(), Refused> {
        let now = self.now;
        self.drop_contacts(tenant, number, |contact| contact.expires <= now)
    }

    fn drop_contacts(
        &mut self,
        tenant: TenantKey,
        number: &str,
        leaves: impl Fn(&Contact) -> bool,
    ) -> Result<(), Refused> {
        let now = self.now;
        let extension = self.extension_mut(tenant, number)?;
        let mut removed: Vec<Contact> = Vec::new();
        extension.contacts.retain(|contact| {
            let goes = leaves(contact);
            if goes {
                removed.push(contact.clone());
            }
            !goes
        });
        if removed.is_empty() {
            return Ok(());
        }
        if extension.contacts.is_empty() {
            extension.changed = now;
        }
        for contact in &mut removed {
            contact.refreshed = now;
            contact.expires = now;
        }
        let gone: Vec<_> = removed.iter().map(|contact| Arc::clone(&contact.device)).collect();
        self.tell_registration(tenant, number, removed)?;
        self.devices_are_gone(tenant, number, &gone);
        Ok(())
    }

    fn tell_registration(&mut self, tenant: TenantKey, number: &str, removed: Vec<Contact>) -> Result<(), Refused> {
        let extension = self.extension(tenant, number)?;
        let contacts = extension.contacts.clone();
        let happening = Happening::Registration { extension: extension.state(), contacts, removed };
        self.emit(tenant, happening);
        Ok(())
    }

    /// An owner says something else of himself.
    ///
    /// # Errors
    /// No such tenant or extension.
    pub fn set_presence(
        &mut self,
        tenant: TenantKey,
        number: &str,
        availability: Availability,
        note: &str,
    ) -> Result<(), Refused> {
        let now = self.now;
        let extension = self.extension_mut(tenant, number)?;
        extension.presence = Presence { availability, note: note.to_owned() };
        extension.changed = now;
        let state = extension.state();
        self.emit(tenant, Happening::Presence(state));
        Ok(())
    }
}
