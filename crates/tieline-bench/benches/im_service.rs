//! The IM service, durable, in a process of its own: messages a second, what each answer takes, processor time for each
//! delivery in a group, and memory for each idle connection; beside a bare loop over the same database and a bare fan-out of
//! the same bytes. `-- --part=group` measures one part: `idle`, `conversations`, `topic` or `group`.
#![allow(clippy::print_stdout)] // a benchmark talks to its terminal

#[path = "im_service/clients.rs"]
mod clients;
mod common;
#[path = "im_service/servers.rs"]
mod servers;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clients::{Client, Heard, Way, bare_listener, bare_publish, bare_socket, publication};
use futures::StreamExt as _;
use tieline_bench::process::{Role, ServerProcess, role, run_clients};
use tieline_bench::{Contest, Goal, effort, is_measuring, title};
use tokio::runtime::{Builder, Runtime};

/// Files of a process beside the connections.
const OTHER_FILES: usize = 100;
/// Users of conversations begin here, those of the group and the idle ones elsewhere.
const PAIRS: u64 = 804_252_613_548_700_000;
const GROUP: u64 = PAIRS + 1_000_000;
const IDLE: u64 = PAIRS + 2_000_000;

fn main() {
    match role() {
        Role::Parent => run_clients(),
        Role::Server => servers::run(),
        Role::Clients { files } => measure(files),
    }
}

/// What all parts of the benchmark use.
struct Bench {
    runtime: Runtime,
    server: RefCell<ServerProcess>,
    ours: u16,
    bare: u16,
    content: String,
}

impl Bench {
    fn cpu(&self) -> Duration {
        Duration::from_nanos(self.server.borrow_mut().ask("cpu")[0])
    }

    /// How many commits there were, and how many messages were in them.
    fn commits(&self) -> (u64, u64) {
        let counted = self.server.borrow_mut().ask("commits");
        (counted[0], counted[1])
    }

    fn memory(&self) -> f64 {
        self.server.borrow_mut().ask("memory")[0] as f64
    }

    /// So many messages through the bare loop, by the clock.
    fn bare_loop(&self, messages: usize, batch: usize) -> Duration {
        let content = &self.content;
        Duration::from_nanos(self.server.borrow_mut().ask(&format!("loop {messages} {batch} {content}"))[0])
    }
}

fn measure(files: Option<usize>) {
    // Not where temporary files are: that may be no disk.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let mut server = ServerProcess::start();
    let ports = server.ask(folder.path().to_str().expect("a path"));
    let port = |index: usize| u16::try_from(ports[index]).expect("a port");
    let bench = Bench {
        runtime: Builder::new_current_thread().enable_all().build().expect("a runtime"),
        ours: port(0),
        bare: port(1),
        server: RefCell::new(server),
        content: format!("\"{}\"", "x".repeat(98)),
    };
    let wanted = |part: &str| {
        let mut named = std::env::args().filter_map(|word| word.strip_prefix("--part=").map(str::to_owned)).peekable();
        named.peek().is_none() || named.any(|name| name == part)
    };
    if wanted("idle") {
        idle(&bench, files);
    }
    if wanted("conversations") {
        conversations(&bench);
    }
    if wanted("topic") {
        one_topic(&bench);
    }
    if wanted("group") {
        group(&bench);
    }
}

/// Connections that are logged in and attached to `me`, and of which nothing is heard.
fn idle(bench: &Bench, files: Option<usize>) {
    let wanted = effort(5_000, 20);
    let clients = files.map_or(wanted, |files| wanted.min(files.saturating_sub(OTHER_FILES)));
    title("IM service: idle connections");
    println!("{clients} users, logged in and attached to `me`");
    if clients < wanted {
        println!("{wanted} were wanted: the hard limit of open files allows no more");
    }
    let login = |from: u64, clients: usize| {
        let arriving = (from..from + clients as u64).map(async |user| {
            let mut client = Client::login(bench.ours, user).await;
            client.ask(r#"{"sub":{"id":"1","topic":"me"}}"#).await;
            client
        });
        futures::stream::iter(arriving).buffer_unordered(64).collect::<Vec<_>>()
    };
    // What the first few need is needed once.
    let warm = bench.runtime.block_on(login(IDLE, 10));
    let before = bench.memory();
    let idle = bench.runtime.block_on(login(IDLE + 10, clients));
    let resident = (bench.memory() - before) / clients as f64;
    Goal::at_most("IM, idle connection: resident KiB in the server's process", 10.0, 4.0).judge(resident);
    drop((warm, idle));
}

/// Conversations of two: how long an answer takes, and how many there are a second.
fn conversations(bench: &Bench) {
    title("IM service: durable messages in conversations of two");
    for (pairs, flying) in [(1, 1), (10, 8)] {
        let messages = effort(2_000, 10) / pairs;
        let content = bench.content.trim_matches('"');
        let (mut publishers, heard) = bench.runtime.block_on(pairs_of(bench, pairs, PAIRS + 1_000 * flying as u64));
        let (cpu, start) = (bench.cpu(), Instant::now());
        let took = bench.runtime.block_on(async {
            let publish = publishers.iter_mut().map(|(client, peer)| client.publish(peer, content, messages, flying));
            futures::future::join_all(publish).await.concat()
        });
        let wall = start.elapsed();
        bench.runtime.block_on(heard.wait_for((pairs * messages) as u64));
        print_times(&format!("{pairs} pairs, {flying} in flight"), took, wall, bench.cpu() - cpu);
    }
}

/// Conversations whose starters publish, with the names of their topics, and what their peers hear.
async fn pairs_of(bench: &Bench, pairs: usize, from: u64) -> (Vec<(Client, String)>, Arc<Heard>) {
    let heard = Arc::<Heard>::default();
    let mut publishers = Vec::new();
    for pair in 0..pairs as u64 {
        let (one, other) = (from + 2 * pair, from + 2 * pair + 1);
        let (mut client, mut peer) = (Client::login(bench.ours, one).await, Client::login(bench.ours, other).await);
        client.ask(&format!(r#"{{"sub":{{"id":"1","topic":"usr{other}"}}}}"#)).await;
        peer.ask(&format!(r#"{{"sub":{{"id":"1","topic":"usr{one}"}}}}"#)).await;
        peer.listen(&heard);
        publishers.push((client, format!("usr{other}")));
    }
    (publishers, heard)
}

/// As many messages as one topic takes, beside what keeps them only.
fn one_topic(bench: &Bench) {
    const FLYING: usize = 32;
    title("IM service: durable messages in one topic, 32 in flight, by the clock");
    let messages = effort(1_000, 32);
    let content = bench.content.trim_matches('"');
    let (mut publishers, heard) = bench.runtime.block_on(pairs_of(bench, 1, PAIRS + 100_000));
    let (client, peer) = &mut publishers[0];
    let mut contest = Contest::new("a message, by the clock", messages as f64);
    let (ours, single, batched) = ("tieline-server", "bare rusqlite, one a commit", "bare rusqlite, 32 a commit");
    contest.enter_timed(ours, || {
        let (start, before) = (Instant::now(), heard.messages());
        bench.runtime.block_on(async {
            client.publish(peer, content, messages, FLYING).await;
            let took = start.elapsed();
            heard.wait_for(before + messages as u64).await;
            took
        })
    });
    contest.enter_timed(single, || bench.bare_loop(messages, 1));
    contest.enter_timed(batched, || bench.bare_loop(messages, FLYING));
    let standings = contest.run(effort(15, 1));
    standings.print(single);
    for name in [ours, single, batched] {
        println!("  {name:<44} {:>8.0} messages a second", 1e9 / standings.nanoseconds(name));
    }
    standings.judge(ours, single, &Goal::faster("IM, durable messages a second, of a bare loop", 1.0, 5.0));
}

/// A group of 100 that hear each message, and one who publishes.
fn group(bench: &Bench) {
    const MEMBERS: usize = 100;
    title("IM service: durable messages to a group of 100");
    let content = bench.content.trim_matches('"');
    let (mut owner, topic, heard) = bench.runtime.block_on(group_of(bench, MEMBERS));
    // The lengths of what is sent, framed.
    let request = publication(&topic, content, 0).len() + 8;
    let probe = bench.runtime.block_on(async {
        let probe = owner.ask(&publication(&topic, content, 0)).await;
        heard.wait_for(MEMBERS as u64).await;
        probe
    });
    let (answer, message) = (probe.len() + 4, heard.bytes());
    println!("{message} bytes a message, framed");
    let bytes = Arc::<AtomicU64>::default();
    let sizes = (request, answer, message);
    let mut bare = bench.runtime.block_on(async {
        for _ in 0..MEMBERS {
            bare_listener(bench.bare, &bytes).await;
        }
        let mut sockets = Vec::new();
        for way in Way::ALL {
            sockets.push((way, bare_socket(bench.bare, &way.line(sizes)).await));
        }
        sockets
    });
    // These clients never sleep. A server wakes none of its own that are elsewhere, and here it would pay for it, ours the more as
    // a commit gives them time to fall asleep.
    bench.runtime.spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    for (flying, messages) in [(1, effort(200, 5)), (32, effort(960, 32))] {
        let deliveries = messages * MEMBERS;
        let ours = "tieline-server";
        let kept = RefCell::new(BTreeMap::<&str, (Vec<Duration>, Duration)>::new());
        let note = |name: &'static str, took: Vec<Duration>, start: Instant, cpu: Duration| {
            let mut kept = kept.borrow_mut();
            let (times, wall) = kept.entry(name).or_default();
            times.extend(took);
            *wall += start.elapsed();
            bench.cpu() - cpu
        };
        let what = format!("a delivery, {flying} in flight: processor time");
        let mut contest = Contest::new(&what, deliveries as f64);
        contest.enter_timed(ours, || {
            let (cpu, start, before) = (bench.cpu(), Instant::now(), heard.messages());
            let took = bench.runtime.block_on(async {
                let took = owner.publish(&topic, content, messages, flying).await;
                heard.wait_for(before + deliveries as u64).await;
                took
            });
            note(ours, took, start, cpu)
        });
        // With one in flight there is one at a time to write.
        for (way, socket) in bare.iter_mut().filter(|(way, _)| flying > 1 || *way != Way::Alone) {
            contest.enter_timed(way.name(), || {
                let (cpu, start, before) = (bench.cpu(), Instant::now(), bytes.load(Ordering::Acquire));
                let took = bench.runtime.block_on(async {
                    let took = bare_publish(socket, (request, answer), messages, flying).await;
                    while bytes.load(Ordering::Acquire) < before + (deliveries * message) as u64 {
                        tokio::time::sleep(Duration::from_micros(100)).await;
                    }
                    took
                });
                note(way.name(), took, start, cpu)
            });
        }
        let before = bench.commits();
        let standings = contest.run(effort(15, 1));
        let after = bench.commits();
        standings.print(Way::Together.name());
        let each = (after.1 - before.1) as f64 / (after.0 - before.0).max(1) as f64;
        println!("  {ours}: {each:.1} messages a commit");
        for (name, (mut took, wall)) in kept.take() {
            let (p50, p99) = percentiles(&mut took);
            let per_second = (took.len() * MEMBERS) as f64 / wall.as_secs_f64();
            println!("  {name:<44} {per_second:>8.0} deliveries a second; an answer p50 {p50:.0?}, p99 {p99:.0?}");
        }
        let goal = format!("IM, delivery in a group, {flying} in flight: cost, of bare");
        standings.judge(ours, Way::Together.name(), &Goal::at_most(&goal, 1.7, 1.15));
    }
}

/// A group whose owner publishes to so many members.
async fn group_of(bench: &Bench, members: usize) -> (Client, String, Arc<Heard>) {
    let mut owner = Client::login(bench.ours, GROUP).await;
    let created = owner.ask(r#"{"sub":{"id":"1","topic":"new"}}"#).await;
    let name = created.find("grp").map(|start| &created[start..]).and_then(|rest| rest.split('"').next());
    let topic = name.expect("a group").to_owned();
    let heard = Arc::<Heard>::default();
    let mut joined = Vec::new();
    for member in 1..=members as u64 {
        let mut client = Client::login(bench.ours, GROUP + member).await;
        client.ask(&format!(r#"{{"sub":{{"id":"1","topic":"{topic}"}}}}"#)).await;
        joined.push(client);
    }
    // The last of them hears its own notice only.
    for mut client in joined {
        client.ask(&format!(r#"{{"get":{{"id":"2","topic":"{topic}","what":"del"}}}}"#)).await;
        client.listen(&heard);
    }
    (owner, topic, heard)
}

fn percentiles(took: &mut [Duration]) -> (Duration, Duration) {
    took.sort();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    (at(0.5), at(0.99))
}

fn print_times(what: &str, mut took: Vec<Duration>, wall: Duration, cpu: Duration) {
    let (p50, p99) = percentiles(&mut took);
    let (per_second, cpu) = (took.len() as f64 / wall.as_secs_f64(), cpu.as_secs_f64() * 1e6 / took.len() as f64);
    println!(
        "{what:<24} {per_second:>8.0} messages a second; an answer p50 {p50:.0?}, p99 {p99:.0?}; {cpu:.0} µs of processor each"
    );
    if !is_measuring() {
        assert!(per_second > 0.0);
    }
}
