//! The stores of the IM service: what is written is read, all or nothing, and in the order that a power cut respects.
#![cfg(feature = "im-store")]

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use tieline_core::json::Raw;
use tieline_core::{Random, Secret, Text};
use tieline_portsip_im::AccessMode;
use tieline_portsip_im::file::{IncomingFile, ReceiveUpload, Received, UploadLimits};
use tieline_portsip_im::service::{
    Account, Deletion, Memory, MessageRecord, Ranges, Subscription, TopicHead, TopicKey, Write,
};
use tieline_server::im::FileStore;
use tieline_server::im::store::{
    Disk, DiskFiles, FileRow, MemoryStore, OsDisk, Pending, Reader, SqliteStore, Store, StoreError, Writer,
};

const ALICE: u64 = 804_252_613_548_700_000;
/// Larger than what a signed number holds.
const BOB: u64 = 18_000_000_000_000_000_000;

fn json(text: &str) -> Option<Raw<Text>> {
    Some(Raw::from_json(Text::from(text)).expect("JSON"))
}

fn group() -> TopicKey {
    "grpf0NlkdDEQHs".parse().expect("a group")
}

fn message(seq: u64) -> Write {
    let message = MessageRecord {
        seq,
        ts: 1_729_731_998_924_626 + i64::try_from(seq).expect("few"),
        from: (!seq.is_multiple_of(3)).then_some(ALICE),
        head: json(r#"{"mime":"text/x-drafty"}"#).filter(|_| seq.is_multiple_of(2)),
        content: json(&format!(r#"{{ "n" : {seq}, "big": 9007199254740993 }}"#)),
        reqid: Some(Text::from("c1dd7a45-93db-4af9-870d-10643222b7e7")),
    };
    Write::Message { topic: group(), message }
}

/// A group of two with five messages, one deleted for all, two for bob; a conversation that one left; accounts.
fn writes() -> Vec<Write> {
    let account = Account {
        seen: Some(5),
        agent: Some(Text::from("rec/1")),
        private: json("[1]"),
        ..Account::new(BOB, 1, json(r#"{"fn":"Bób"}"#))
    };
    let head = TopicHead { public: json(r#"{"fn":"Room"}"#), ..TopicHead::new(group(), 7, AccessMode::GROUP_DEFAULT) };
    let p2p = TopicKey::p2p(ALICE, BOB);
    let sub = |topic: &TopicKey, sub: Subscription| Write::Subscription { topic: topic.clone(), subscription: sub };
    let mut writes = vec![
        Write::Account(Account::new(ALICE, 1, None)),
        Write::Account(account),
        Write::Topic(head.clone()),
        sub(&group(), Subscription::new(ALICE, 7, AccessMode::FULL, AccessMode::FULL)),
        sub(
            &group(),
            Subscription { private: json("1"), ..Subscription::new(BOB, 8, AccessMode::NONE, AccessMode::READ) },
        ),
        Write::Topic(TopicHead::new(p2p.clone(), 9, AccessMode::NONE)),
        sub(&p2p, Subscription::new(ALICE, 9, AccessMode::P2P_DEFAULT, AccessMode::P2P_DEFAULT)),
        sub(
            &p2p,
            Subscription { deleted: Some(10), ..Subscription::new(BOB, 9, AccessMode::P2P_DEFAULT, AccessMode::READ) },
        ),
    ];
    writes.extend((1..=5).map(message));
    let deletion = |id, user, ranges| Write::Deletion { topic: group(), deletion: Deletion { id, user, ranges } };
    let mut two = Ranges::of(1..2);
    two.insert(4..5);
    writes.push(deletion(1, Some(BOB), two));
    writes.push(deletion(2, None, Ranges::of(2..4)));
    writes.push(Write::Marks { topic: group(), user: BOB, read: 3, recv: 5, updated: 99 });
    writes.push(Write::Topic(TopicHead {
        updated: 50,
        public: None,
        seq: 5,
        clear: 2,
        touched: 1_729_731_998_924_631,
        ..head
    }));
    writes
}

fn same(reader: &mut impl Reader, memory: &Memory) {
    for user in [ALICE, BOB, 3] {
        assert_eq!(reader.user(user).expect("reads"), memory.user(user), "{user}");
    }
    for topic in [group(), TopicKey::p2p(ALICE, BOB), "grpUnknown0000".parse().expect("a name")] {
        assert_eq!(reader.topic(&topic).expect("reads"), memory.topic(&topic), "{topic}");
        for numbers in [Ranges::of(1..100), Ranges::of(2..5), Ranges::default()] {
            let found = reader.messages(&topic, &numbers, usize::MAX).expect("reads");
            assert_eq!(found, memory.messages(&topic, &numbers), "{topic}");
        }
    }
}

#[test]
fn what_sqlite_keeps_is_what_the_written_down_rules_keep_also_after_it_was_opened_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut memory = Memory::new();
    let store = SqliteStore::open(folder.path()).expect("opens");
    let (mut reader, mut writer) = Store::open(&store).expect("opens");
    for write in writes() {
        memory.apply(std::slice::from_ref(&write));
        writer.commit(&[write]).expect("keeps");
        same(&mut reader, &memory);
    }
    drop((store, reader, writer));
    let store = SqliteStore::open(folder.path()).expect("opens");
    let (mut reader, mut writer) = Store::open(&store).expect("opens");
    same(&mut reader, &memory);
    let end = [Write::DeleteTopic(group())];
    memory.apply(&end);
    writer.commit(&end).expect("keeps");
    same(&mut reader, &memory);
}

#[test]
fn however_many_writes_a_commit_has_the_same_is_kept() {
    for seed in 0..8 {
        let mut random = Random::new([seed; 16], 0);
        let folder = tempfile::tempdir().expect("a folder");
        let mut memory = Memory::new();
        let store = SqliteStore::open(folder.path()).expect("opens");
        let (mut reader, mut writer) = Store::open(&store).expect("opens");
        let mut batch = writes();
        let (mut seq, mut deletion) = (5, 2);
        for _ in 0..40 {
            for _ in 0..random.below(12) {
                let user = *[ALICE, BOB].get(random.below(2) as usize).expect("two");
                match random.below(16) {
                    0..=5 => {
                        seq += 1;
                        batch.push(message(seq));
                    }
                    6..=11 => {
                        let (read, updated) = (u64::from(random.below(9)), i64::from(random.below(99)));
                        batch.push(Write::Marks { topic: group(), user, read, recv: read + 1, updated });
                    }
                    12 => {
                        let begun = Subscription::new(user, 7, AccessMode::FULL, AccessMode::READ);
                        batch.push(Write::Subscription { topic: group(), subscription: begun });
                    }
                    13 => {
                        deletion += 1;
                        let ranges = Ranges::of(seq / 2..seq);
                        let deletion = Deletion { id: deletion, user: Some(user).filter(|_| seq % 2 == 0), ranges };
                        batch.push(Write::Deletion { topic: group(), deletion });
                    }
                    14 => {
                        let head = TopicHead::new(group(), 7, AccessMode::GROUP_DEFAULT);
                        batch.push(Write::Topic(TopicHead { seq, clear: deletion, touched: 3, ..head }));
                    }
                    _ => {
                        (seq, deletion) = (0, 0);
                        batch.push(Write::DeleteTopic(group()));
                        batch.push(Write::Topic(TopicHead::new(group(), 7, AccessMode::GROUP_DEFAULT)));
                    }
                }
            }
            memory.apply(&batch);
            writer.commit(&std::mem::take(&mut batch)).expect("keeps");
            same(&mut reader, &memory);
        }
    }
}

/// A page of messages of this many bytes: their numbers.
fn page(reader: &mut impl Reader, numbers: std::ops::Range<u64>, bytes: usize) -> Vec<u64> {
    let found = reader.messages(&group(), &Ranges::of(numbers), bytes).expect("reads");
    found.iter().map(|message| message.seq).collect()
}

#[test]
fn a_page_has_the_newest_messages_that_fit_into_its_bytes_and_one_at_least() {
    let folder = tempfile::tempdir().expect("a folder");
    let (sqlite, memory) = (SqliteStore::open(folder.path()).expect("opens"), MemoryStore::new());
    let (mut sqlite, mut writer) = Store::open(&sqlite).expect("opens");
    let (mut memory, mut other) = memory.open().expect("opens");
    let mut writes = vec![Write::Topic(TopicHead::new(group(), 7, AccessMode::GROUP_DEFAULT))];
    let long = json(&format!("\"{}\"", "x".repeat(10_000)));
    writes.extend((1..=9).map(|seq| {
        let message = MessageRecord { seq, ts: 1, from: None, head: None, content: long.clone(), reqid: None };
        Write::Message { topic: group(), message }
    }));
    writer.commit(&writes).expect("kept");
    other.commit(&writes).expect("kept");
    for (numbers, bytes, expected) in [
        (1..10, 35_000, vec![9, 8, 7]),
        (1..10, 0, vec![9]),
        (1..7, 1, vec![6]),
        (8..10, usize::MAX, vec![9, 8]),
        (20..30, 0, vec![]),
    ] {
        assert_eq!(page(&mut sqlite, numbers.clone(), bytes), expected, "{numbers:?} {bytes}");
        assert_eq!(page(&mut memory, numbers.clone(), bytes), expected, "{numbers:?} {bytes}");
    }
}

#[test]
fn what_is_deleted_for_everybody_is_in_none_of_the_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path()).expect("opens");
    let (mut reader, mut writer) = Store::open(&store).expect("opens");
    let holds = |needle: &str| {
        let files = std::fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
        let bytes: Vec<u8> = files.flat_map(|file| std::fs::read(file).unwrap_or_default()).collect();
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    };
    let say = |seq, text: &str| {
        let content = json(&format!("\"{text}\""));
        let message = MessageRecord { seq, ts: 1, from: Some(ALICE), head: None, content, reqid: None };
        Write::Message { topic: group(), message }
    };
    writer.commit(&[Write::Topic(TopicHead::new(group(), 7, AccessMode::GROUP_DEFAULT))]).expect("kept");
    writer.commit(&[say(1, "the-first-secret"), say(2, "the-second-secret"), say(3, "what stays")]).expect("kept");
    assert!(holds("the-first-secret") && holds("the-second-secret"));
    let deletion = |id, seq| {
        let deletion = Deletion { id, user: None, ranges: Ranges::of(seq..seq + 1) };
        Write::Deletion { topic: group(), deletion }
    };
    writer.commit(&[deletion(1, 1)]).expect("kept");
    assert!(!holds("the-first-secret") && holds("what stays"));
    // While somebody reads, a backup say, it cannot be erased; the next commit does it.
    let mut backup = rusqlite::Connection::open(folder.path().join("im.db")).expect("opens");
    let reading = backup.transaction().expect("begins");
    reading.query_row("SELECT count(*) FROM messages", [], |row| row.get::<_, i64>(0)).expect("reads");
    writer.commit(&[deletion(2, 2)]).expect("kept all the same");
    drop(reading);
    writer.commit(&[say(4, "another")]).expect("kept");
    assert!(!holds("the-second-secret"));
    assert_eq!(page(&mut reader, 1..9, usize::MAX), [4, 3]);
    // Also with all of its topic.
    writer.commit(&[Write::DeleteTopic(group())]).expect("kept");
    assert!(!holds("what stays"));
}

#[test]
fn the_store_in_memory_keeps_the_same() {
    let store = MemoryStore::new();
    let (mut reader, mut writer) = store.open().expect("opens");
    let mut memory = Memory::new();
    memory.apply(&writes());
    writer.commit(&writes()).expect("keeps");
    same(&mut reader, &memory);
}

#[test]
fn a_batch_is_kept_whole_or_not_at_all_and_no_number_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path()).expect("opens");
    let (mut reader, mut writer) = Store::open(&store).expect("opens");
    writer.commit(&writes()).expect("keeps");
    let mut memory = Memory::new();
    memory.apply(&writes());
    assert!(writer.commit(&[message(6), message(7), message(6)]).is_err());
    same(&mut reader, &memory);
    let elsewhere: TopicKey = "grpUnknown0000".parse().expect("a name");
    let Write::Message { message: lost, .. } = message(1) else { unreachable!() };
    assert!(writer.commit(&[message(6), Write::Message { topic: elsewhere, message: lost }]).is_err());
    same(&mut reader, &memory);
    writer.commit(&[message(6)]).expect("goes on");
    assert_eq!(reader.topic(&group()).expect("reads").expect("it").head.seq, 6);
}

#[test]
fn one_process_at_a_time_uses_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path()).expect("opens");
    assert!(matches!(SqliteStore::open(folder.path()), Err(StoreError::InUse(_))));
    let reader = Store::open(&store).expect("opens").0;
    drop(store);
    assert!(matches!(SqliteStore::open(folder.path()), Err(StoreError::InUse(_))), "a reader holds it too");
    drop(reader);
    assert!(SqliteStore::open(folder.path()).is_ok());
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(SqliteStore::open(folder.path()).expect("opens"));
    let newer = rusqlite::Connection::open(folder.path().join("im.db")).expect("opens");
    newer.pragma_update(None, "user_version", 99).expect("writes");
    drop(newer);
    assert!(matches!(SqliteStore::open(folder.path()), Err(StoreError::Newer { found: 99, known: 2 })));
}

#[test]
fn what_makes_no_sense_in_the_store_is_told_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path()).expect("opens");
    let (mut reader, mut writer) = Store::open(&store).expect("opens");
    writer.commit(&writes()).expect("keeps");
    let other = rusqlite::Connection::open(folder.path().join("im.db")).expect("opens");
    other.execute("UPDATE deletions SET ranges = 'one to two'", []).expect("writes");
    other.execute("UPDATE accounts SET public = '{'", []).expect("writes");
    assert!(matches!(reader.topic(&group()), Err(StoreError::Corrupt { what: "a range of messages" })));
    assert!(matches!(reader.user(BOB), Err(StoreError::Corrupt { what: "JSON" })));
}

#[test]
fn a_disk_that_is_full_keeps_nothing_and_takes_again_when_there_is_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path()).expect("opens");
    let (mut reader, mut writer) = Store::open(&store).expect("opens");
    writer.commit(&writes()).expect("keeps");
    let pages = writer.bound_pages(0).expect("bounds");
    let large = |seq| {
        let Write::Message { topic, mut message } = message(seq) else { unreachable!() };
        message.content = json(&format!("{:?}", "x".repeat(100_000)));
        Write::Message { topic, message }
    };
    assert!(writer.commit(&[large(6)]).is_err());
    assert_eq!(reader.topic(&group()).expect("reads").expect("it").head.seq, 5);
    writer.bound_pages(pages + 1000).expect("bounds");
    writer.commit(&[large(6)]).expect("keeps");
}

/// A disk that writes down what is done to it, and may be full.
#[derive(Clone, Debug, Default)]
struct Recorder {
    done: Arc<Mutex<Vec<String>>>,
    full: bool,
}

impl Recorder {
    fn note(&self, what: &str, path: &Path) {
        let parent = path.parent().and_then(Path::file_name).is_some_and(|name| name == "coming");
        let place = if parent { "temporary" } else { "final" };
        self.done.lock().expect("a list").push(format!("{what} {place}"));
    }
}

struct Recorded {
    recorder: Recorder,
    path: std::path::PathBuf,
    file: Box<dyn Pending>,
}

impl Disk for Recorder {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Pending>> {
        self.note("create", path);
        Ok(Box::new(Recorded { recorder: self.clone(), path: path.into(), file: OsDisk.create(path)? }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.note("rename to", to);
        OsDisk.rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.done.lock().expect("a list").push("sync folder".into());
        OsDisk.sync_folder(folder)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.note("remove", path);
        OsDisk.remove(path)
    }
}

impl Pending for Recorded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.recorder.note("write", &self.path);
        if self.recorder.full { Err(io::ErrorKind::StorageFull.into()) } else { self.file.write(bytes) }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.recorder.note("sync", &self.path);
        self.file.sync()
    }
}

/// An upload of these bytes, as the rules of forms read it.
fn upload(bytes: &[u8]) -> (IncomingFile, Received) {
    let boundary = "b";
    let mut form = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n");
    form.push_str(std::str::from_utf8(bytes).expect("text"));
    form.push_str("\r\n--b--\r\n");
    let head = http::Request::post("/im/file").header("content-type", "multipart/form-data; boundary=b");
    let (head, ()) = head.body(()).expect("a request").into_parts();
    let mut receiving = ReceiveUpload::new(&head, UploadLimits::default()).expect("a form");
    receiving.feed(&Bytes::from(form));
    let mut file = None;
    while let Some(incoming) = receiving.poll().expect("a form") {
        if let tieline_portsip_im::file::Incoming::File(found) = incoming {
            file = Some(found);
        }
    }
    (file.expect("a file"), receiving.finish().expect("whole"))
}

fn files(folder: &Path, recorder: &Recorder) -> (SqliteStore, DiskFiles) {
    let store = SqliteStore::open(folder).expect("opens");
    let admission = |token: &Secret| token.matches(&"TOKEN".into()).then_some(ALICE);
    let rows = store.files().expect("opens");
    let files = DiskFiles::open(folder.join("files"), rows, recorder.clone(), [3; 16], admission).expect("opens");
    (store, files)
}

#[tokio::test]
async fn a_file_is_synced_named_and_rowed_before_it_is_answered_and_then_served_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::default();
    let (store, files) = files(folder.path(), &recorder);
    let (file, received) = upload(b"hello file");
    let mut sink = files.begin(&"TOKEN".into(), &file).expect("begins");
    sink.write(Bytes::from_static(b"hello ")).await.expect("writes");
    sink.write(Bytes::from_static(b"file")).await.expect("writes");
    let id = sink.finish(received).await.expect("keeps");
    let done = recorder.done.lock().expect("a list").clone();
    let order = [
        "sync folder",
        "create temporary",
        "write temporary",
        "write temporary",
        "sync temporary",
        "rename to final",
        "sync folder",
    ];
    assert_eq!(done, order);
    let row = store.files().expect("opens").find(id.as_str()).expect("reads").expect("a row");
    assert_eq!((row.length, row.owner, &row.name[..]), (10, ALICE, "a.txt"));
    assert_eq!(
        data_encoding::HEXLOWER.encode(&row.sha256),
        "f3877e8a3d98f809d9f844060fbea2864a4b66980a22ff22297014d0c168db2e"
    );
    let stored = files.open(id.as_str()).expect("a file");
    assert_eq!(stored.head.length, Some(10));
    assert_eq!(stored.body.collect().await.expect("whole").to_bytes(), "hello file");
}

#[tokio::test]
async fn a_file_that_does_not_come_whole_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::default();
    let (_store, files) = files(folder.path(), &recorder);
    let (file, received) = upload(b"hello file");
    let mut sink = files.begin(&"TOKEN".into(), &file).expect("begins");
    sink.write(Bytes::from_static(b"hello")).await.expect("writes");
    assert!(sink.finish(received).await.is_err(), "five bytes of ten");
    let mut dropped = files.begin(&"TOKEN".into(), &file).expect("begins");
    dropped.write(Bytes::from_static(b"hello")).await.expect("writes");
    drop(dropped);
    let left = std::fs::read_dir(folder.path().join("files/coming")).expect("a folder").count();
    assert_eq!(left, 0);
    assert!(files.begin(&"WRONG".into(), &file).is_err());
}

#[tokio::test]
async fn a_full_disk_fails_the_upload_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder { full: true, ..Recorder::default() };
    let (_store, files) = files(folder.path(), &recorder);
    let (file, received) = upload(b"hello file");
    let mut sink = files.begin(&"TOKEN".into(), &file).expect("begins");
    assert!(sink.write(Bytes::from_static(b"hello file")).await.is_err());
    assert!(sink.finish(received).await.is_err());
    assert_eq!(std::fs::read_dir(folder.path().join("files/coming")).expect("a folder").count(), 0);
}

#[tokio::test]
async fn what_a_power_cut_left_is_removed_and_never_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::default();
    let (store, first) = files(folder.path(), &recorder);
    let (file, _) = upload(b"hello file");
    let mut sink = first.begin(&"TOKEN".into(), &file).expect("begins");
    sink.write(Bytes::from_static(b"half")).await.expect("writes");
    std::mem::forget(sink);
    // Renamed, and the power went before its row.
    std::fs::write(folder.path().join("files/NDW4_NYseeH20iuC3rih_wAAwItyRIMM"), "no row").expect("writes");
    drop((store, first));
    let coming = folder.path().join("files/coming");
    assert_eq!(std::fs::read_dir(&coming).expect("a folder").count(), 1);
    let store = SqliteStore::open(folder.path()).expect_err("the forgotten sink holds the store");
    assert!(matches!(store, StoreError::InUse(_)));
    let elsewhere = tempfile::tempdir().expect("a folder");
    let rows = SqliteStore::open(elsewhere.path()).expect("opens").files().expect("opens");
    let again = DiskFiles::open(folder.path().join("files"), rows, OsDisk, [4; 16], |_: &Secret| None).expect("opens");
    assert_eq!(std::fs::read_dir(&coming).expect("a folder").count(), 0);
    assert!(again.open("NDW4_NYseeH20iuC3rih_wAAwItyRIMM").is_none());
    assert!(again.open("../im.db").is_none());
}

#[test]
fn the_row_of_a_file_is_kept_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = SqliteStore::open(folder.path()).expect("opens").files().expect("opens");
    let row = FileRow {
        id: "NDW4".into(),
        name: "a.txt".into(),
        content_type: None,
        length: 3,
        sha256: [7; 32],
        owner: BOB,
        created: 1,
    };
    rows.keep(&row).expect("keeps");
    assert!(rows.keep(&row).is_err());
    assert_eq!(rows.find("NDW4").expect("reads"), Some(row));
    assert_eq!(rows.find("other").expect("reads"), None);
}
