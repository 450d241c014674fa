//! PortSIP IM: the real service, in memory, and the people of the first tenant in it.
//!
//! What no document says is said here, as ASSUMED:
//! - a user's number is the id of the extension; the name on the card is that of the extension;
//! - an owner is in the service while a device is registered, and his note of presence stands on his card;
//! - messages from outside come to the channel of an extension or of a queue, with the number in their head;
//! - a login to IM does not make the extension online.

mod desk;
mod files;
mod heard;
mod names;
mod person;
mod site;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::Response;
use serde_json::Value;
use tieline_core::{Instant, Seed};
use tieline_portsip_im::service::UserNumber;
use tieline_server::im::accounts::token_paths;
use tieline_server::im::engine::Clock;
use tieline_server::im::{FileService, file_paths, im_paths};
use tieline_server::{Body, Line, Opening, Paths, Router, WebSocketService};

use crate::directory::Directory;
use crate::scenario::{Group, ImAct};
use crate::sim::Time;
use crate::world::{Happening, Occurrence, Refused, TenantKey, World};
pub(crate) use desk::ImDesk;
use files::Shelf;
pub(crate) use heard::ImEar;
use site::Site;

/// Somebody of the first tenant.
#[derive(Clone, Debug)]
pub(crate) struct Staff {
    /// The extension.
    pub(crate) number: String,
    /// The user: the id of the extension.
    pub(crate) user: UserNumber,
    pub(crate) name: String,
    /// The queues of which he is an agent: their ids by number.
    queues: BTreeMap<String, String>,
}

/// Who and what there is at the beginning.
pub(crate) struct Plan {
    staff: Arc<[Staff]>,
    groups: Vec<Group>,
    away: Vec<String>,
}

impl Plan {
    /// The people of the first tenant, the groups, and who does not come in by himself.
    pub(crate) fn new(world: &World, tenant: TenantKey, groups: Vec<Group>, away: Vec<String>) -> Self {
        let queues: Vec<_> = world.queue_states(tenant).collect();
        let staff = world.extension_states(tenant).filter_map(|extension| {
            let number = extension.profile.number.clone();
            let is_agent =
                |queue: &&crate::world::QueueState| queue.agents.iter().any(|agent| agent.profile.number == number);
            let of = queues.iter().filter(is_agent);
            let queues = of.map(|queue| (queue.profile.number.clone(), queue.profile.id.clone())).collect();
            let user = extension.profile.id.parse().ok()?;
            Some(Staff { number, user, name: extension.profile.display_name.clone(), queues })
        });
        Self { staff: staff.collect(), groups, away }
    }
}

/// The service and who is in it.
pub(crate) struct Im {
    tenant: TenantKey,
    seed: Seed,
    time: Arc<Time>,
    plan: Plan,
    desk: Arc<ImDesk>,
    files: Shelf,
    site: Mutex<Site>,
}

impl Im {
    /// Starts the service. `told` learns who logs in, by the number of the extension.
    pub(crate) fn start(
        tenant: TenantKey,
        seed: Seed,
        time: Arc<Time>,
        world: &World,
        directory: &Directory,
        plan: Plan,
        told: impl Fn(&str) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::clone(&time) as _;
        let desk = ImDesk::new(directory, tenant, &plan.staff, seed, clock, Box::new(told))?;
        let desk = Arc::new(desk);
        let present = present(world, tenant, &plan);
        let site = Site::start(seed, Arc::clone(&time) as _, Arc::clone(&desk), &plan, &present)?;
        let files = Shelf::new(seed, Arc::clone(&desk));
        Ok(Self { tenant, seed, time, plan, desk, files, site: Mutex::new(site) })
    }

    fn site(&self) -> MutexGuard<'_, Site> {
        self.site.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all topics, messages and files, as a service that lost its store: the groups of the beginning are there,
    /// and their numbers begin anew.
    pub(crate) fn restart(&self, world: &World) {
        let present = present(world, self.tenant, &self.plan);
        let mut site = self.site();
        let started = Site::start(self.seed, Arc::clone(&self.time) as _, Arc::clone(&self.desk), &self.plan, &present);
        match started {
            Ok(started) => *site = started,
            // Without a thread the old one goes on.
            Err(error) => tracing::error!(%error, "IM was not restarted"),
        }
        drop(site);
        self.files.clear();
    }

    /// Adds the paths at which it answers: the document's `/im`, and `/v0/channels`, where clients of the server that it
    /// derives from look.
    pub(crate) fn mount(self: &Arc<Self>, router: Router) -> Router {
        let lines = im_paths().and(Paths::exact(["/v0/channels"]));
        router
            .websocket(lines, Lines(Arc::clone(self)))
            .http(file_paths(), FileService::new(self.files.clone()))
            .http(token_paths(), self.desk.service())
    }

    pub(crate) fn desk(&self) -> &Arc<ImDesk> {
        &self.desk
    }

    /// Does what a step says.
    pub(crate) fn perform(&self, act: &ImAct) -> Result<(), Refused> {
        self.site().perform(act, &self.plan.groups)
    }

    /// Does what a step says, if whoever does it is in the service.
    pub(crate) fn perform_if_there(&self, act: &ImAct) -> Result<(), Refused> {
        let mut site = self.site();
        if !site.has(act.who()) {
            return Err(Refused::NotRegistered);
        }
        site.perform(act, &self.plan.groups)
    }

    /// Waits until the service is idle; when something is due next.
    pub(crate) fn settle(&self) -> Option<Instant> {
        let engine = self.site().hosted.engine().clone();
        engine.settle()
    }

    /// Time runs otherwise than before.
    pub(crate) fn look_at_clock(&self) {
        self.site().hosted.engine().look_at_clock();
    }

    /// Tells the service what happened in the world.
    pub(crate) fn note(&self, occurrence: &Occurrence) {
        if occurrence.tenant.key != self.tenant {
            return;
        }
        match &occurrence.happening {
            Happening::Registration { extension, .. } => {
                let number = &extension.profile.number;
                if !extension.online {
                    self.site().leave(number);
                } else if !self.plan.away.contains(number) {
                    self.site().come(number, &self.plan.groups);
                }
            }
            Happening::Presence(extension) => {
                self.site().remark(&extension.profile.number, &extension.presence.note);
            }
            _ => {}
        }
    }

    /// Lets somebody say so often more what a client was told: `viewer` saw it in `topic`.
    pub(crate) fn repeat(&self, author: &str, viewer: Option<&str>, topic: &str, content: &Value, times: u32) {
        let mut site = self.site();
        let number = site.names.shown(author);
        // Of a talk between two each side has its own name.
        let topic = if topic == author { viewer.unwrap_or(topic) } else { topic };
        site.repeat(&number, topic, content, times);
    }

    /// What a scenario calls a topic or a user of the wire.
    pub(crate) fn shown(&self, topic: &str) -> String {
        self.site().names.shown(topic)
    }

    /// The people with their numbers of users.
    pub(crate) fn staff(&self) -> &[Staff] {
        &self.plan.staff
    }

    /// The groups of the beginning with their topics.
    pub(crate) fn groups(&self) -> Vec<(&Group, String)> {
        let site = self.site();
        let topic = |group: &Group| site.names.group(&group.id.text).unwrap_or_default().to_owned();
        self.plan.groups.iter().map(|group| (group, topic(group))).collect()
    }
}

/// Who is in the service by himself: whoever has a registered device, unless he stays away.
fn present(world: &World, tenant: TenantKey, plan: &Plan) -> BTreeSet<String> {
    let online = world.extension_states(tenant).filter(|extension| extension.online);
    online.map(|extension| extension.profile.number.clone()).filter(|number| !plan.away.contains(number)).collect()
}

/// Opens lines of the service as it is now.
struct Lines(Arc<Im>);

impl WebSocketService for Lines {
    fn open(&self, opening: &Opening<'_>) -> Result<Box<dyn Line>, Box<Response<Body>>> {
        let hosted = self.0.site().hosted.clone();
        hosted.open(opening)
    }
}

impl fmt::Debug for Im {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Im").field("groups", &self.plan.groups.len()).finish_non_exhaustive()
    }
}
