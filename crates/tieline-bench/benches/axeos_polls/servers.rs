//! The process that is measured: both servers on one thread, and what they are told to do.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cpu_time::ProcessTime;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tieline_axeos::http::Auth;
use tieline_axeos::{
    Call, CallReply, CallRequest, CallStatus, Caller, Entry, Event, Listing, Phone, Target, TargetPhoneType, User,
};
use tieline_bench::process::{commands, memory, say};
use tieline_core::Text;
use tieline_core::json::Encode as _;
use tieline_server::axeos::{Api, AxeosService, CallAnswer, EventHub, paths};
use tieline_server::{Router, Server, ServerOptions};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

/// `apiKey` and the key of the vendor's sample.
pub(crate) const KEY: &str = "YXBpS2V5OjhkMGEwNzA0";

/// A PBX without anybody, open to who has the key.
struct Nobody(Auth);

impl Api for Nobody {
    fn admits(&self, who: &Auth) -> bool {
        who.matches(&self.0)
    }

    fn users(&self, _: &Auth) -> Listing<User<Text>> {
        Listing::of([])
    }

    fn phones(&self, _: &Auth) -> Listing<Phone<Text>> {
        Listing::of([])
    }

    fn call(&self, _: &Auth, _: &CallRequest) -> CallAnswer {
        Box::pin(std::future::ready(CallReply::not_put_through(CallStatus::Failed)))
    }
}

/// An event of ordinary length.
fn event() -> Event<String> {
    let uuid = |last: u8| Some(format!("9b2e0001-11f0-4c1d-8a55-7d3f2e1c0b{last:02}"));
    let mut caller = Caller::default();
    (caller.user_uuid, caller.phone_uuid) = (uuid(1), uuid(2));
    let mut target = Target::default();
    (target.user_uuid, target.phone_uuid) = (uuid(3), uuid(4));
    target.user_phone_type = Some(TargetPhoneType::Phone);
    let mut call = Call::default();
    call.unique_id = Some("1715678813.42".to_owned());
    call.caller = Some(caller);
    call.called_extension = Some("201".to_owned());
    call.targets = Some(vec![target]);
    Event::CallAnswered(call.into())
}

/// What a server without any protocol does: waits for the next answer, and gives it.
#[derive(Clone)]
struct Bare {
    answers: Arc<watch::Sender<Bytes>>,
    arrived: Arc<AtomicUsize>,
    seq: u64,
}

impl Bare {
    fn new() -> Self {
        Self { answers: Arc::new(watch::Sender::new(Bytes::new())), arrived: Arc::default(), seq: 0 }
    }

    async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let this = self.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                socket.set_nodelay(true).expect("an option");
                let this = this.clone();
                let service = service_fn(move |_| {
                    let mut answers = this.answers.subscribe();
                    this.arrived.fetch_add(1, Ordering::SeqCst);
                    async move {
                        answers.changed().await.expect("the server runs");
                        let body = answers.borrow_and_update().clone();
                        let mut response = hyper::Response::new(Full::new(body));
                        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                        Ok::<_, Infallible>(response)
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
            }
        });
        address
    }
}

struct Servers {
    hub: EventHub,
    bare: Bare,
}

impl Servers {
    /// The polls that have come so far.
    fn arrived(&self, ours: bool) -> usize {
        if ours { self.hub.stats().polls as usize } else { self.bare.arrived.load(Ordering::SeqCst) }
    }

    async fn wait_for(&self, ours: bool, polls: usize) {
        while self.arrived(ours) < polls {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn publish(&mut self, ours: bool) {
        if ours {
            self.hub.publish(None, event());
        } else {
            self.bare.seq += 1;
            let json = format!("[{}]", Entry::new(self.bare.seq, event()).to_json());
            self.bare.answers.send_replace(json.into());
        }
    }
}

/// Serves until the standard input ends.
pub(crate) fn run() {
    let (sender, mut asked) = mpsc::unbounded_channel();
    commands(move |line| {
        let _ended = sender.send(line);
    });
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut options = ServerOptions::default();
        options.max_connections_per_address = options.max_connections;
        options.max_connects_per_minute = u32::MAX;
        let server = Server::bind("127.0.0.1:0", options).await.expect("a listener");
        let mut servers = Servers { hub: EventHub::default(), bare: Bare::new() };
        say(&server.local_addr().to_string());
        say(&servers.bare.listen().await.to_string());
        let service = AxeosService::new(Nobody(Auth::api_key("8d0a0704")), servers.hub.clone());
        server.spawn(Router::new().http(paths(), service));
        while let Some(command) = asked.recv().await {
            let mut words = command.split(' ');
            let verb = words.next().unwrap_or_default();
            let mut number = || words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
            let (ours, polls) = (number() == 1, number());
            match verb {
                "memory" => say(&memory().to_string()),
                "wait" => {
                    servers.wait_for(ours, polls).await;
                    say("0");
                }
                _ => {
                    let wanted = servers.arrived(ours) + polls;
                    let (cpu, wall) = (ProcessTime::now(), Instant::now());
                    servers.publish(ours);
                    servers.wait_for(ours, wanted).await;
                    let (cpu, wall) = (cpu.elapsed(), wall.elapsed());
                    say(&format!("{} {}", cpu.as_nanos(), wall.as_nanos()));
                }
            }
        }
    });
}
