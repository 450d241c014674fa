//! The IM service over real sockets, with the client of this project and with bare frames.
#![cfg(feature = "im-service")]

mod im_site;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tieline_core::supervisor::LineEvent;
use tieline_portsip_im::client::{ClientEvent, History, Publish, Subscribe, Subscribers};
use tieline_portsip_im::server::ServerConfig;
use tieline_portsip_im::service::{MessageRecord, Ranges, TopicKey, TopicRecord, UserNumber, UserRecord, Write};
use tieline_portsip_im::{Credentials, Status};
use tieline_server::im::host::{Accounts, Admitted};
use tieline_server::im::store::{MemoryStore, Reader, Store, StoreError, Writer};
use tieline_tokio::im::{Config, Events, Item, connect};
use tieline_tokio::{ConnectError, Proxy};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::im_site::{Anybody, Channels, LONG, Site, ask, group, hear, until};

/// The number of the next message of others.
async fn next(events: &mut Events) -> u64 {
    let waiting = async {
        loop {
            if let Item::Line(LineEvent::Session(ClientEvent::Received(received))) =
                events.next().await.expect("a line")
                && received.message.key() == "data"
            {
                return received.seq().expect("a number");
            }
        }
    };
    tokio::time::timeout(LONG, waiting).await.expect("something hangs")
}

#[tokio::test]
async fn clients_of_this_project_chat_in_a_group_read_its_history_and_hand_it_over() {
    let site = Site::start(&MemoryStore::new()).await;
    let (alice, _) = site.join("1001").await;
    let (bob, mut bobs) = site.join("1002").await;
    let group = alice.create_group(None).await.unwrap().topic.to_owned_name();
    bob.subscribe(Subscribe::to(group.clone())).await.unwrap();
    for _ in 0..3 {
        alice.publish(Publish::text(group.clone(), "hello")).await.unwrap();
    }
    assert_eq!((next(&mut bobs).await, next(&mut bobs).await, next(&mut bobs).await), (2, 3, 4), "1 told of the join");
    let page = bob.history(History::of(group.clone()).since(2)).await.unwrap();
    assert_eq!((page.messages.len(), page.count), (3, Some(3)));
    assert_eq!(alice.subscribers(Subscribers::of(group.clone())).await.unwrap().len(), 2);
    alice.transfer_ownership(group.clone(), "usr1002").await.unwrap();
    assert!(alice.delete_topic(group.clone(), true).await.is_ok(), "who is not the owner leaves by it");
    bob.delete_topic(group, true).await.unwrap();
    alice.close().await;
    bob.close().await;
    site.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_answered_401() {
    let site = Site::start(&MemoryStore::new()).await;
    let config = Config::new(Credentials::access_token("1001", "portsip.io", "wrong")).proxy(Proxy::direct());
    let error = connect(&site.url, config).await.unwrap_err();
    assert!(matches!(error, ConnectError::LoginRefused { status: 401, .. }), "{error:?}");
    site.stop().await;
}

#[tokio::test]
async fn who_is_gone_is_offline_and_the_others_are_told_when_the_server_stops() {
    let site = Site::start(&MemoryStore::new()).await;
    let mut alice = site.socket(1001).await;
    let mut bob = site.socket(1002).await;
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "1", "topic": "usr1002"}})).await["code"], 200);
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "2", "topic": "me"}})).await["code"], 200);
    assert_eq!(ask(&mut bob, &json!({"sub": {"id": "3", "topic": "me"}})).await["code"], 200);
    assert_eq!(hear(&mut alice).await["pres"]["what"], "on");
    drop(bob);
    assert_eq!(hear(&mut alice).await["pres"]["what"], "off");
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "4", "topic": "emc1001"}})).await["code"], 200);
    assert_eq!(ask(&mut alice, &json!({"pub": {"id": "5", "topic": "emc1001", "content": "out"}})).await["code"], 202);
    site.im.engine().receive("1001".into(), None, None);
    let mut seqs = Vec::new();
    while seqs.len() < 2 {
        seqs.extend(hear(&mut alice).await["data"]["seq"].as_u64());
    }
    assert_eq!(seqs, [1, 2]);
    assert_eq!(*site.forwarded.lock().unwrap(), ["emc1001"], "and what came from outside is not sent back");
    let stopping = tokio::spawn(site.stop());
    let goodbye = hear(&mut alice).await;
    assert_eq!((&goodbye["ctrl"]["code"], &goodbye["ctrl"]["text"]), (&json!(205), &json!("server shutdown")));
    drop(alice);
    stopping.await.unwrap();
}

/// A store that can be out of order: nothing is kept then, and nothing read.
#[derive(Clone, Default)]
struct Fragile {
    store: MemoryStore,
    broken: Arc<AtomicBool>,
}

struct FragileHalf<H>(H, Arc<AtomicBool>);

impl<H> FragileHalf<H> {
    fn whole(&mut self) -> Result<&mut H, StoreError> {
        if self.1.load(Ordering::SeqCst) { Err(StoreError::failed("out of order")) } else { Ok(&mut self.0) }
    }
}

impl Store for Fragile {
    type Reader = FragileHalf<<MemoryStore as Store>::Reader>;
    type Writer = FragileHalf<<MemoryStore as Store>::Writer>;

    fn open(&self) -> Result<(Self::Reader, Self::Writer), StoreError> {
        let (reader, writer) = self.store.open()?;
        Ok((FragileHalf(reader, Arc::clone(&self.broken)), FragileHalf(writer, Arc::clone(&self.broken))))
    }
}

impl<R: Reader> Reader for FragileHalf<R> {
    fn user(&mut self, user: UserNumber) -> Result<Option<UserRecord>, StoreError> {
        self.whole()?.user(user)
    }

    fn topic(&mut self, topic: &TopicKey) -> Result<Option<TopicRecord>, StoreError> {
        self.whole()?.topic(topic)
    }

    fn messages(&mut self, topic: &TopicKey, numbers: &Ranges, bytes: usize) -> Result<Vec<MessageRecord>, StoreError> {
        self.whole()?.messages(topic, numbers, bytes)
    }
}

impl<W: Writer> Writer for FragileHalf<W> {
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        self.whole()?.commit(writes)
    }
}

#[tokio::test]
async fn who_loses_a_channel_while_the_store_cannot_be_read_is_detached_when_it_can() {
    let store = Fragile::default();
    let site = Site::start(&store).await;
    site.channels.lock().unwrap().push("8000".into());
    let mut alice = site.socket(1001).await;
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "1", "topic": "emc8000"}})).await["code"], 200);
    assert_eq!(site.im.renew_channels(), 0);
    store.broken.store(true, Ordering::SeqCst);
    let publish = json!({"pub": {"id": "2", "topic": "emc8000", "noecho": true, "content": "x"}});
    assert_eq!(ask(&mut alice, &publish).await["code"], 500, "what is known of the channel is to be read again");
    site.channels.lock().unwrap().clear();
    assert_eq!(site.im.renew_channels(), 1);
    until(|| site.im.stats().failed_reads > 0).await;
    store.broken.store(false, Ordering::SeqCst);
    assert_eq!(site.im.renew_channels(), 0, "nothing is new, but the engine was told in vain");
    let told = hear(&mut alice).await["ctrl"].take();
    assert_eq!((&told["code"], &told["topic"]), (&json!(205), &json!("emc8000")));
    drop(alice);
    site.stop().await;
}

#[tokio::test]
async fn who_loses_a_channel_is_detached_from_it_on_all_lines_while_logged_in() {
    let site = Site::start(&MemoryStore::new()).await;
    let (mut one, mut two) = (site.socket(1001).await, site.socket(1001).await);
    let sub = json!({"sub": {"id": "1", "topic": "emc8000"}});
    assert_eq!(ask(&mut one, &sub).await["code"], 403);
    assert_eq!(site.im.renew_channels(), 0);
    site.channels.lock().unwrap().push("8000".into());
    assert_eq!((site.im.renew_channels(), site.im.renew_channels()), (2, 0), "lines, once");
    for socket in [&mut one, &mut two] {
        assert_eq!(ask(socket, &sub).await["code"], 200);
    }
    site.channels.lock().unwrap().clear();
    assert_eq!(site.im.renew_channels(), 2);
    for socket in [&mut one, &mut two] {
        let told = hear(socket).await["ctrl"].take();
        assert_eq!((&told["code"], &told["topic"]), (&json!(205), &json!("emc8000")));
        assert_eq!(ask(socket, &sub).await["code"], 403);
    }
    site.stop().await;
}

/// Everybody may stay until that is taken back.
struct Welcome(Arc<AtomicBool>);

impl Accounts for Welcome {
    fn login(&self, credentials: &Credentials) -> Result<Admitted, Status> {
        Anybody("swordfish".into(), Channels::default()).login(credentials)
    }

    fn may_stay(&self, _: u64) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn who_may_no_longer_stay_is_told_so_once() {
    let welcome = Arc::new(AtomicBool::new(true));
    let site = Site::start_of(&MemoryStore::new(), ServerConfig::new(0), Welcome(Arc::clone(&welcome))).await;
    let mut alice = site.socket(1001).await;
    assert_eq!(site.im.end_strangers(), 0);
    welcome.store(false, Ordering::SeqCst);
    assert_eq!((site.im.end_strangers(), site.im.end_strangers()), (1, 0));
    let end = tokio::time::timeout(LONG, alice.next()).await.expect("something hangs").unwrap().unwrap();
    let Message::Close(Some(close)) = end else { panic!("{end:?}") };
    assert_eq!(u16::from(close.code), 1001);
    drop(alice);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_and_messages_come_in_the_order_of_the_topic_whoever_writes_them() {
    const EACH: u64 = 100;
    let site = Site::start(&MemoryStore::new()).await;
    let (mut alice, mut bob) = (site.socket(1001).await, site.socket(1002).await);
    let group = group(&mut alice, &mut bob).await;
    let talk = async |mut socket: WebSocketStream<TcpStream>| {
        let publish = json!({"pub": {"id": "p", "topic": group, "content": "hello"}});
        // 1 told of the join.
        let (mut said, mut last, mut answered) = (0, 1, None);
        while last < 1 + 2 * EACH {
            if said < EACH && answered.is_none() {
                socket.send(Message::text(publish.to_string())).await.unwrap();
                (said, answered) = (said + 1, Some(None));
            }
            let heard = hear(&mut socket).await;
            if let Some(seq) = heard["ctrl"]["params"]["seq"].as_u64() {
                assert_eq!(seq, last + 1, "all before it are there, and it is not yet");
                answered = Some(Some(seq));
            } else if let Some(seq) = heard["data"]["seq"].as_u64().filter(|seq| *seq > 1) {
                assert_eq!(seq, last + 1);
                last = seq;
                answered = answered.filter(|answered| *answered != Some(seq));
            }
        }
    };
    tokio::join!(talk(alice), talk(bob));
    site.stop().await;
}

#[cfg(feature = "im-store")]
#[tokio::test]
async fn after_a_restart_topics_rights_and_messages_are_as_they_were() {
    use tieline_server::im::store::SqliteStore;

    let folder = tempfile::tempdir().unwrap();
    let site = Site::start(&SqliteStore::open(folder.path()).unwrap()).await;
    let mut alice = site.socket(1001).await;
    let answer = ask(&mut alice, &json!({"sub": {"id": "1", "topic": "new"}})).await;
    let group = answer["topic"].as_str().unwrap().to_owned();
    let mut bob = site.socket(1002).await;
    let join = ask(&mut bob, &json!({"sub": {"id": "2", "topic": group}})).await;
    assert_eq!((&join["code"], &join["params"]), (&json!(202), &json!({"seq": 1})));
    let publish = json!({"pub": {"id": "3", "topic": group, "content": {"big": 9_007_199_254_740_993_u64}}});
    assert_eq!(ask(&mut bob, &publish).await["params"]["seq"], 2);
    drop((alice, bob));
    site.stop().await;
    let site = Site::start(&SqliteStore::open(folder.path()).unwrap()).await;
    let mut bob = site.socket(1002).await;
    let sub = json!({"sub": {"id": "4", "topic": group, "get": {"what": "desc data"}}});
    assert_eq!(ask(&mut bob, &sub).await["code"], 200);
    let desc = hear(&mut bob).await["meta"]["desc"].clone();
    assert_eq!((&desc["seq"], &desc["read"], &desc["acs"]["mode"]), (&json!(2), &json!(2), &json!("JRWPS")));
    let data = hear(&mut bob).await["data"].clone();
    assert_eq!((&data["seq"], &data["content"]["big"]), (&json!(2), &json!(9_007_199_254_740_993_u64)));
    assert_eq!(hear(&mut bob).await["data"]["head"], json!({"notice": "join"}));
    assert_eq!(hear(&mut bob).await["ctrl"]["code"], 208);
    assert_eq!(ask(&mut bob, &json!({"set": {"id": "5", "topic": group, "desc": {"public": 1}}})).await["code"], 403);
    drop(bob);
    site.stop().await;
}
