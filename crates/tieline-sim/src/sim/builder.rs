//! How a simulator is set up.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::Response;

use tieline_axeos::Generation;
use tieline_core::Seed;
use tieline_portsip_wsi::Dialect;
use tieline_portsip_wsi::server::ServerConfig;
use tieline_server::wsi::WsiService;
use tieline_server::{
    Body, Line, Opening, Router, Server, ServerOptions, Strictness, WebSocketService, axeos, cloudpbx,
};
use tokio::sync::watch;

use super::Sim;
use super::driver;
use super::pace::Pace;
use super::pbx::Pbx;
use super::program::Program;
use crate::control;
use crate::fault::{Gate, Rule};
use crate::record::{Entry, Sink};
use crate::scenario::{self, Scenario};

/// Unless another time is given, the day begins at 2026-01-01T07:00:00Z.
pub(crate) const START: i64 = 1_767_250_800;
/// Unless another seed is given.
pub(crate) const SEED: u64 = 7;

/// Sets a simulator up; made by [`Sim::builder`].
#[derive(Clone)]
pub struct SimBuilder {
    listen: SocketAddr,
    seed: Option<u64>,
    speed: Option<f64>,
    start_time: Option<i64>,
    scenario: Option<Scenario>,
    control: Option<SocketAddr>,
    dialect: Option<Dialect>,
    generation: Generation,
    #[cfg(feature = "tls")]
    tls: bool,
    strict: bool,
    paused: bool,
    watched: bool,
    faults: Vec<Rule>,
    transcript: Option<Sink>,
    connects_per_minute: Option<u32>,
}

impl fmt::Debug for SimBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimBuilder")
            .field("listen", &self.listen)
            .field("seed", &self.seed)
            .field("speed", &self.speed)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl Default for SimBuilder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: None,
            speed: None,
            start_time: None,
            scenario: None,
            control: None,
            dialect: None,
            generation: Generation::V4,
            #[cfg(feature = "tls")]
            tls: false,
            strict: false,
            paused: false,
            watched: true,
            faults: Vec::new(),
            transcript: None,
            connects_per_minute: None,
        }
    }
}

impl SimBuilder {
    /// Where to listen. Default: 127.0.0.1, on a port that is free.
    #[must_use]
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Everything random follows from it. Default: that of the scenario, else 7.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How many seconds of scenario pass in a real second, also where the scenario says otherwise. Default 1;
    /// [`start`](Self::start) refuses what is not above 0.
    #[must_use]
    pub const fn speed(mut self, speed: f64) -> Self {
        self.speed = Some(speed);
        self
    }

    /// When the scenario begins, in seconds since 1970-01-01T00:00:00Z. Default: what the scenario says, else
    /// 2026-01-01T07:00:00Z.
    #[must_use]
    pub const fn start_time(mut self, unix_seconds: i64) -> Self {
        self.start_time = Some(unix_seconds);
        self
    }

    /// Plays a scenario instead of the scripted day. Its time and seed hold unless others are given here.
    #[must_use]
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = Some(scenario);
        self
    }

    /// Listens at this address, too, for those who control the simulator over HTTP. Who can reach it can do everything
    /// with the simulator and read its passwords, so it is to be one of this machine. Default: nowhere.
    #[must_use]
    pub const fn control(mut self, address: SocketAddr) -> Self {
        self.control = Some(address);
        self
    }

    /// The dialect of clients that do not say theirs by `?dialect=`. Default: told from their commands.
    #[must_use]
    pub const fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Which Axeos PBX its users look like. Default 4.x.
    #[must_use]
    pub const fn axeos_generation(mut self, generation: Generation) -> Self {
        self.generation = generation;
        self
    }

    /// Whether to serve over TLS, with a certificate made now. Default not.
    #[cfg(feature = "tls")]
    #[must_use]
    pub const fn tls(mut self, tls: bool) -> Self {
        self.tls = tls;
        self
    }

    /// Whether a WebSocket is opened only as RFC 6455 has it. Default not, as the vendors' servers: the opening request that
    /// the CloudPBX document prints has a key of 13 bytes.
    #[must_use]
    pub const fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Whether scenario time stands still until [`Sim::resume`]. Default not.
    #[must_use]
    pub const fn paused(mut self, paused: bool) -> Self {
        self.paused = paused;
        self
    }

    /// Adds a rule of what goes wrong; see [`fault`](crate::fault). More can be added while the simulator runs, by
    /// [`Sim::faults`].
    #[must_use]
    pub fn fault(mut self, rule: impl Into<Rule>) -> Self {
        self.faults.push(rule.into());
        self
    }

    /// Whether connections are watched: what clients do is recorded, and faults can befall them. Default yes. Without, they
    /// are served as by any other server, and only faults of the PBX itself happen.
    #[must_use]
    pub const fn watched(mut self, watched: bool) -> Self {
        self.watched = watched;
        self
    }

    /// Hands what clients do to `sink` as it happens, in order, if connections are watched. It is called on threads of the
    /// runtime, one call at a time, so it must not take long.
    #[must_use]
    pub fn transcript(mut self, sink: impl Fn(&Entry) + Send + Sync + 'static) -> Self {
        self.transcript = Some(Arc::new(sink));
        self
    }

    /// How often one address may connect in a minute. Default 3,000, see
    /// [`ServerOptions::max_connects_per_minute`].
    #[must_use]
    pub const fn connects_per_minute(mut self, most: u32) -> Self {
        self.connects_per_minute = Some(most);
        self
    }

    /// Starts the simulator on the tokio runtime that this is called on.
    ///
    /// # Errors
    /// The speed is not a number above 0; the address cannot be listened at; the certificate cannot be made.
    pub async fn start(self) -> io::Result<Sim> {
        let mut scenario = self.scenario.clone();
        let (seed, start) = match &mut scenario {
            Some(scenario) => {
                scenario.seed = self.seed.unwrap_or(scenario.seed);
                scenario.start = self.start_time.unwrap_or(scenario.start);
                (scenario.seed, scenario.start)
            }
            None => (self.seed.unwrap_or(SEED), self.start_time.unwrap_or(START)),
        };
        let own_pace = scenario.as_ref().map_or(scenario::Pace::Real, Scenario::pace);
        let (own_speed, stands) = match own_pace {
            scenario::Pace::Real => (1.0, false),
            scenario::Pace::Scaled(speed) => (speed, false),
            // A speed lets the clock run.
            scenario::Pace::Stepped => (1.0, self.speed.is_none()),
        };
        if let Some(scenario) = scenario.as_mut().filter(|_| !stands) {
            scenario.pace = scenario::Pace::Real;
        }
        let pace = Pace::new(self.speed.unwrap_or(own_speed))
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the speed must be a number above 0"))?;
        let program = match &scenario {
            Some(scenario) => Program::of(scenario),
            None => Program::day(seed, start).map_err(io::Error::other)?,
        };
        let sink = self.transcript.clone();
        let (groups, away) = (program.groups.clone(), program.away.clone());
        let pbx = Arc::new(Pbx::open(program, seed_of(seed), start, pace, self.generation, sink));
        pbx.start_im(seed_of(seed), groups, away)?;
        self.faults.iter().for_each(|rule| pbx.faults.add(rule.clone()));
        let mut options = ServerOptions::default();
        options.strictness = if self.strict { Strictness::Strict } else { Strictness::Lenient };
        if let Some(most) = self.connects_per_minute {
            options.max_connects_per_minute = most;
        }
        #[cfg(feature = "tls")]
        let (options, pin) = self.secure(options)?;
        #[cfg(not(feature = "tls"))]
        let pin = None;
        let mut config = ServerConfig::default();
        config.dialect = self.dialect;
        let service = WsiService::new(Arc::clone(&pbx), pbx.hub.clone()).config(config);
        let calls = cloudpbx::RestService::new(Arc::clone(&pbx));
        let listened = Arc::clone(&pbx);
        let stream = cloudpbx::StreamService::new(move |target| listened.admits_listener(target), pbx.stream.clone());
        let stream = Listened { service: stream, pbx: Arc::clone(&pbx) };
        let router = Router::new()
            .websocket(tieline_server::wsi::paths(), service)
            .websocket(cloudpbx::stream_paths(), stream)
            .http(cloudpbx::rest_paths(), calls)
            .http(axeos::paths(), axeos::AxeosService::new(Arc::clone(&pbx), pbx.events.clone()));
        let router = match pbx.im.get() {
            Some(im) => im.mount(router),
            None => router,
        };
        let (here, gone) = watch::channel(());
        let mut server = Server::bind(self.listen, options).await?;
        if self.watched || scenario.is_some() {
            server = server.hooked(Gate::new(Arc::clone(&pbx), gone));
        }
        let server = server.spawn(router);
        let _first = pbx.server.set(server.clone());
        // What begins at once is there before the first client.
        pbx.skip(Duration::ZERO);
        if !self.paused && !stands {
            pbx.resume();
        }
        let driver = tokio::spawn(driver::drive(Arc::clone(&pbx)));
        let stepped_by_others = self.paused || self.control.is_some();
        let mut sim = Sim { pbx, server, driver, seed, stepped_by_others, pin, control: None, _here: here };
        if let Some(address) = self.control {
            sim.control = Some(control::serve(address, &sim).await?);
        }
        Ok(sim)
    }

    #[cfg(feature = "tls")]
    fn secure(&self, mut options: ServerOptions) -> io::Result<(ServerOptions, Option<String>)> {
        if !self.tls {
            return Ok((options, None));
        }
        let address = self.listen.ip().to_string();
        let tls = tieline_tls::ServerTls::self_signed(&["localhost", "127.0.0.1", "::1", &address])
            .map_err(io::Error::other)?;
        let pin = tls.pin().to_string();
        options.tls = Some(tls);
        Ok((options, Some(pin)))
    }
}

/// The stream of CloudPBX, and who listens to it.
struct Listened {
    service: cloudpbx::StreamService,
    pbx: Arc<Pbx>,
}

impl WebSocketService for Listened {
    fn open(&self, opening: &Opening<'_>) -> Result<Box<dyn Line>, Box<Response<Body>>> {
        let line = self.service.open(opening)?;
        // Only now, when it misses nothing any more.
        self.pbx.listens();
        Ok(line)
    }
}

/// The number as a seed, twice over.
pub(crate) fn seed_of(number: u64) -> Seed {
    let mut seed = [0; 16];
    let (low, high) = seed.split_at_mut(8);
    low.copy_from_slice(&number.to_le_bytes());
    high.copy_from_slice(&number.to_le_bytes());
    seed
}
