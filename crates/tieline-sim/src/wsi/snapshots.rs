//! What a subscriber is told at once.

use tieline_portsip_wsi::{Dialect, Event, Subscription, Subscriptions, Viewer};

use super::Rendered;
use super::writer::Writer;
use crate::world::{Tenant, World};

/// What the PBX pushes right after it accepted a subscription: the extensions that the viewer may see in one list a
/// tenant, the state of each queue, and for the management of queues every queue as created. Nothing in v12 about
/// extensions, for it has no word for it; of queues the envelope.
#[must_use]
pub fn snapshots(world: &World, dialect: Dialect, viewer: &Viewer, subscription: &Subscription) -> Vec<Rendered> {
    let mut subscriptions = Subscriptions::new();
    subscriptions.apply(subscription);
    let view = View { world, dialect, viewer, subscriptions };
    let tenants: Vec<_> = world.tenants().collect();
    let extensions = tenants.iter().filter_map(|tenant| view.extensions(tenant));
    let queues = tenants.iter().flat_map(|tenant| view.queues(tenant));
    let managed = tenants.iter().flat_map(|tenant| view.queue_management(tenant));
    extensions.chain(queues).chain(managed).collect()
}

struct View<'a> {
    world: &'a World,
    dialect: Dialect,
    viewer: &'a Viewer,
    subscriptions: Subscriptions,
}

impl<'a> View<'a> {
    fn writer(&self, tenant: &'a Tenant) -> Writer<'a> {
        Writer { dialect: self.dialect, clock: self.world.clock(), tenant, at: self.world.now() }
    }

    fn rendered(&self, event: Event<String>, queue: Option<&str>) -> Rendered {
        Rendered { event, dialect: self.dialect, also: Vec::new(), queue: queue.map(str::to_owned) }
    }

    fn wants(&self, rendered: &Rendered) -> bool {
        self.subscriptions.wants(rendered.event.event_type(), &rendered.subject(), self.viewer)
    }

    fn extensions(&self, tenant: &'a Tenant) -> Option<Rendered> {
        let writer = self.writer(tenant);
        let status = |states: &[_]| self.rendered(Event::ExtensionStatus(writer.extension_status(states)), None);
        let seen: Vec<_> = self
            .world
            .extension_states(tenant.key)
            .filter(|state| self.wants(&status(std::slice::from_ref(state))))
            .collect();
        (!seen.is_empty()).then(|| status(&seen))
    }

    fn queues(&self, tenant: &'a Tenant) -> impl Iterator<Item = Rendered> {
        let writer = self.writer(tenant);
        let status = move |queue: crate::world::QueueState| {
            self.rendered(Event::QueueStatus(writer.queue_status(&queue)), Some(&queue.profile.number))
        };
        self.world.queue_states(tenant.key).map(status).filter(|rendered| self.wants(rendered))
    }

    fn queue_management(&self, tenant: &'a Tenant) -> impl Iterator<Item = Rendered> {
        let writer = self.writer(tenant);
        let created = move |queue: crate::world::QueueState| {
            self.rendered(Event::QueueCreated(writer.queue_change(&queue.profile)), Some(&queue.profile.number))
        };
        self.world.queue_states(tenant.key).map(created).filter(|rendered| self.wants(rendered))
    }
}
