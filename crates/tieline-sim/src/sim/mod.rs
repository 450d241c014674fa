//! The simulator on real sockets.

mod acting;
mod builder;
mod contract;
mod deeds;
mod driver;
mod pace;
mod pbx;
mod play;
mod program;
mod run;
mod time;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tieline_cloudpbx::stream::StreamTarget;
use tieline_core::Secret;
use tieline_portsip_wsi::{Auth, Dialect};
use tieline_server::axeos::EventStats;
use tieline_server::{ServerHandle, ServerStats};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use builder::SimBuilder;
pub(crate) use builder::{SEED, START, seed_of};
pub(crate) use pbx::Pbx;
pub(crate) use time::Time;

use crate::fault::{Fault, Faults, Memory};
use crate::record::{ClientConnection, Entry};
use crate::scenario::{Moment, Report, Step};
use crate::world::{Refused, Role};

/// A simulator that serves. Dropping it drops all connections.
pub struct Sim {
    pbx: Arc<Pbx>,
    server: ServerHandle,
    driver: JoinHandle<()>,
    seed: u64,
    /// Stepped time does not go on by itself.
    stepped_by_others: bool,
    pin: Option<String>,
    control: Option<ServerHandle>,
    /// Dropped with the simulator, which lets go the connections that it holds half-open.
    _here: watch::Sender<()>,
}

impl Sim {
    /// Sets a simulator up.
    #[must_use]
    pub fn builder() -> SimBuilder {
        SimBuilder::default()
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// The URL of WSI in a dialect: `ws://127.0.0.1:PORT/wsi?dialect=v16`.
    #[must_use]
    pub fn wsi_url(&self, dialect: Dialect) -> String {
        self.url(&format!("/wsi?dialect={dialect}"))
    }

    /// The base of the REST calls of CloudPBX: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn cloudpbx_url(&self) -> String {
        self.address(if self.pin.is_some() { "https" } else { "http" }, "")
    }

    /// The key of CloudPBX, for the calls and for the stream alike.
    #[must_use]
    pub fn cloudpbx_key(&self) -> &Secret {
        self.pbx.directory.cloudpbx_key()
    }

    /// The event stream of CloudPBX: `ws://127.0.0.1:PORT/ws/pbx_NAME?pbxkey=KEY`. A secret, as it holds the key.
    #[must_use]
    pub fn cloudpbx_stream_url(&self) -> Secret {
        StreamTarget::new(self.pbx.cloudpbx().name.as_str(), self.cloudpbx_key().clone()).url(&self.url(""))
    }

    /// The base of the calls of Axeos: `http://127.0.0.1:PORT/apis/pbx`.
    #[must_use]
    pub fn axeos_url(&self) -> String {
        self.address(if self.pin.is_some() { "https" } else { "http" }, tieline_axeos::http::PATH)
    }

    /// The API key of Axeos. The users of the first tenant may call too, by their names and passwords.
    #[must_use]
    pub fn axeos_key(&self) -> &Secret {
        self.pbx.directory.axeos_key()
    }

    /// The address of PortSIP IM: `ws://127.0.0.1:PORT/im`. Files are below it over HTTP.
    #[must_use]
    pub fn im_url(&self) -> String {
        self.url("/im")
    }

    /// The access token by which the owner of an extension of the first tenant logs in to IM, for as long as the simulator
    /// runs; `None` when there is no such extension. Tokens that end are had over REST, for the password.
    #[must_use]
    pub fn im_token(&self, extension: &str) -> Option<&Secret> {
        self.pbx.im.get()?.desk().token(extension)
    }

    /// The topic of a group of IM, `grp…`, by its id in the scenario; `None` when there is none. The scripted day has
    /// `sales` and `support`.
    #[must_use]
    pub fn im_group(&self, id: &str) -> Option<String> {
        self.pbx.im.get()?.groups().into_iter().find(|(group, _)| group.id.text == id).map(|(_, topic)| topic)
    }

    /// The user that the owner of an extension is at IM, `usr…`: also the topic by which others write to him. `None` when
    /// there is no such extension.
    #[must_use]
    pub fn im_user(&self, extension: &str) -> Option<String> {
        let staff = self.pbx.im.get()?.staff().iter().find(|staff| staff.number == extension)?;
        Some(format!("usr{}", staff.user))
    }

    pub(crate) fn pbx(&self) -> Arc<Pbx> {
        Arc::clone(&self.pbx)
    }

    fn url(&self, path: &str) -> String {
        self.address(if self.pin.is_some() { "wss" } else { "ws" }, path)
    }

    fn address(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://{}{path}", reachable(self.local_addr()))
    }

    /// The hash of the certificate, `sha256:` and hexadecimal digits; `None` without TLS.
    #[must_use]
    pub fn pin(&self) -> Option<&str> {
        self.pin.as_deref()
    }

    /// A login of a dialect that sees everything of the first tenant.
    #[must_use]
    pub fn tenant_auth(&self, dialect: Dialect) -> Auth {
        let directory = &self.pbx.directory;
        // The directory is never without a tenant and its administrator; an empty login would be refused.
        let Some(tenant) = directory.tenants().first() else { return Auth::tenant("", "") };
        let admin =
            directory.users().iter().find(|user| user.tenant == tenant.tenant && user.role == Role::TenantAdmin);
        match (dialect, admin) {
            (Dialect::V12, _) | (_, None) => Auth::tenant(tenant.name.as_str(), tenant.password.clone()),
            (Dialect::V16, Some(admin)) => {
                Auth::username(admin.username.as_str(), tenant.domain.as_str(), admin.password.clone())
            }
            (_, Some(admin)) => {
                Auth::extension_number(admin.extension.as_str(), tenant.domain.as_str(), admin.password.clone())
            }
        }
    }

    /// Lets scenario time run, if it stands still.
    pub fn resume(&self) {
        self.pbx.resume();
    }

    /// Lets scenario time stand still.
    pub fn pause(&self) {
        self.pbx.pause();
    }

    /// Skips scenario time, whether it runs or stands still: what happens in it is published at once.
    pub fn advance(&self, time: Duration) {
        self.pbx.skip(time);
    }

    /// Goes on by so much scenario time, from one thing to the next. Before time goes on it stands wherever a client is
    /// [expected](crate::scenario::Expect) to do something, until that is done or the scenario's patience, real time, is at
    /// its end. For scenarios whose time is stepped.
    pub async fn step(&self, time: Duration) {
        self.pbx.step(time).await;
    }

    /// Does something now that is not on the timeline: somebody calls, answers, hangs up, something goes wrong, or
    /// something is expected. In the scripted day, whose people do what they mean to, too.
    ///
    /// # Errors
    /// What the world refused.
    pub fn perform(&self, step: impl Into<Step>) -> Result<(), Refused> {
        let Step(act) = step.into();
        let (at, place) = (Duration::ZERO, Default::default());
        self.pbx.act_now(Moment { at, place, act, random: false })
    }

    /// Plays the scenario to its end and tells what came of it. Stepped time goes on by itself, unless the simulator was
    /// [paused](SimBuilder::paused) or has a [control interface](SimBuilder::control): then somebody steps, and with
    /// a control interface somebody says when it is over. The scripted day has no end.
    pub async fn finish(&self) -> Report {
        self.pbx.until_over(!self.stepped_by_others, self.control.is_some()).await;
        self.report()
    }

    /// What has come so far of what clients are expected to do.
    #[must_use]
    pub fn report(&self) -> Report {
        self.pbx.report()
    }

    /// Where the control interface listens, if there is one: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn control_url(&self) -> Option<String> {
        self.control.as_ref().map(|control| format!("http://{}", reachable(control.local_addr())))
    }

    /// Drops all connections without a goodbye, as a failing network would; new ones are taken.
    pub fn kill_connections(&self) {
        self.server.kill_connections();
    }

    /// Lets the event log of Axeos forget everything and count anew from `first_seq`, as that of a PBX does that was
    /// restarted; polls that wait are answered with 503.
    pub fn restart_axeos_log(&self, first_seq: u64) {
        self.pbx.events.restart(first_seq);
    }

    /// What goes wrong: the rules, to be changed at any time.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.pbx.faults
    }

    /// Restarts the PBX: drops all connections without a goodbye, and forgets what it is to forget. Calls go on.
    pub fn restart(&self, memory: Memory) {
        self.pbx.befall_now(&Fault::Restart(memory));
    }

    /// Puts the clock of the PBX forward by `seconds`, or back.
    pub fn skew_clock(&self, seconds: i64) {
        self.pbx.befall_now(&Fault::ClockSkew { seconds });
    }

    /// The connections that clients made, in the order of their numbers; of a great many the latest 10,000. Empty unless
    /// connections are [watched](SimBuilder::watched).
    #[must_use]
    pub fn clients(&self) -> Vec<ClientConnection> {
        self.pbx.record.connections()
    }

    /// What clients did, in order; of a great deal the latest. Secrets are left out. Empty unless connections are
    /// [watched](SimBuilder::watched).
    #[must_use]
    pub fn transcript(&self) -> Vec<Entry> {
        self.pbx.record.entries()
    }

    /// What was counted of the event log of Axeos.
    #[must_use]
    pub fn axeos_events(&self) -> EventStats {
        self.pbx.events.stats()
    }

    /// What was counted of connections.
    #[must_use]
    pub fn connections(&self) -> ServerStats {
        self.server.stats()
    }

    /// Ends all connections with a close frame, and returns when they are gone.
    pub async fn stop(self) {
        self.driver.abort();
        if let Some(control) = &self.control {
            control.shutdown().await;
        }
        self.server.shutdown().await;
    }
}

/// Where a client finds what listens at an address: nobody can connect to "any address".
fn reachable(listening: SocketAddr) -> SocketAddr {
    let host = match listening.ip() {
        IpAddr::V4(any) if any.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(any) if any.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        host => host,
    };
    SocketAddr::new(host, listening.port())
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.driver.abort();
        self.server.begin_shutdown();
        if let Some(control) = &self.control {
            control.begin_shutdown();
        }
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").field("local_addr", &self.local_addr()).field("seed", &self.seed).finish_non_exhaustive()
    }
}
