//! Decoding and encoding of IM messages: time.
#![allow(clippy::print_stdout)] // a benchmark talks to its terminal

use std::hint::black_box;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tieline_bench::{Contest, Goal, effort, title};
use tieline_core::json::Encode as _;
use tieline_core::{Str, Text};
use tieline_portsip_im::{ClientMessage, ServerMessage};

const OURS: &str = "tieline, borrowed";
const TYPED: &str = "serde_json, derive, borrowed but for what is free in form";
const VALUE: &str = "serde_json::Value";
const OURS_ENCODED: &str = "tieline, into a reused buffer";
const VALUE_ENCODED: &str = "serde_json::Value::to_string";

fn main() {
    title("IM codec");
    let count = effort(20_000, 200);
    let rounds = effort(40, 1);
    let data = of_each(count, data);
    let meta = of_each(count / 10, meta);
    let publishes: Vec<Value> = (0..count).map(publish).collect();
    println!("data: {} bytes in the mean, meta: {} bytes", mean_bytes(&data), mean_bytes(&meta));
    decode::<Data<'_>>("data", &data, rounds, &Goal::faster("decoding data: speed, of serde_json::Value", 1.85, 3.9));
    decode::<Meta<'_>>("meta", &meta, rounds, &Goal::faster("decoding meta: speed, of serde_json::Value", 1.85, 3.9));
    encode(&publishes, rounds);
}

fn of_each(count: usize, message: impl Fn(usize) -> Value) -> Vec<Text> {
    (0..count).map(|number| Text::from(message(number).to_string())).collect()
}

fn mean_bytes(messages: &[Text]) -> usize {
    messages.iter().map(|text| text.len()).sum::<usize>() / messages.len()
}

fn user(number: usize) -> String {
    format!("usr{}", 804_252_613_548_703_744 + number as u64 % 50)
}

/// A message of a group, now and then with a head and formatted content.
fn data(number: usize) -> Value {
    let mut data = json!({
        "topic": "grpf0NlkdDEQHs",
        "from": user(number),
        "ts": format!("2024-10-24T01:28:{:02}.{:06}Z", number % 60, number * 7919 % 1_000_000),
        "seq": number + 1,
        "content": format!("Die Rückfrage von Zimmer {number} ist erledigt, \"danke\" sagt der Gast."),
        "reqid": format!("99c5075a-cf52-493c-8572-{number:012x}"),
    });
    if number.is_multiple_of(8) {
        data["head"] = json!({"mime": "text/x-drafty"});
        data["content"] = json!({"txt": "see the plan", "fmt": [{"at": 4, "len": 8, "tp": "ST"}], "ent": []});
    }
    json!({"data": data})
}

/// Ten subscribers.
fn meta(number: usize) -> Value {
    let subscriber = |at: usize| {
        json!({
            "updated": "2024-10-24T01:12:11.153147Z",
            "acs": {"want": "JRWPA", "given": "JRWPAS", "mode": "JRWPA"},
            "read": number + at,
            "recv": number + at,
            "public": {"fn": format!("Zimmer {at}"), "photo": {"ref": "NDW4_7dkHxkRgUQ7xgkkR3Yd0vS2zj2d"}},
            "user": user(at),
            "online": at.is_multiple_of(2),
        })
    };
    json!({"meta": {
        "id": format!("99c5075a-cf52-493c-8572-{number:012x}"),
        "topic": "grpf0NlkdDEQHs",
        "ts": "2024-10-24T01:30:45.144013Z",
        "sub": (0..10).map(subscriber).collect::<Vec<_>>(),
    }})
}

fn publish(number: usize) -> Value {
    json!({"pub": {
        "id": format!("99c5075a-cf52-493c-8572-{number:012x}"),
        "topic": "grpf0NlkdDEQHs",
        "content": format!("Die Rückfrage von Zimmer {number} ist erledigt, \"danke\" sagt der Gast."),
    }})
}

fn decode<'a, T: Deserialize<'a>>(what: &str, messages: &'a [Text], rounds: usize, goal: &Goal<'_>) {
    let title = format!("decoding {what}");
    let mut contest = Contest::new(&title, messages.len() as f64);
    contest.enter(OURS, || {
        messages.iter().for_each(|text| drop(black_box(ServerMessage::decode(text).expect("a message"))));
    });
    contest.enter("tieline, slices of the frame", || {
        messages.iter().for_each(|text| drop(black_box(ServerMessage::decode_frame(text, 64).expect("a message"))));
    });
    contest.enter("tieline, owned", || {
        messages.iter().for_each(|text| drop(black_box(ServerMessage::decode_owned(text).expect("a message"))));
    });
    contest.enter(VALUE, || {
        messages.iter().for_each(|text| drop(black_box(serde_json::from_str::<Value>(text).expect("JSON"))));
    });
    contest.enter(TYPED, || {
        messages.iter().for_each(|text| drop(black_box(serde_json::from_str::<T>(text).expect("a message"))));
    });
    let standings = contest.run(rounds);
    standings.print(VALUE);
    standings.judge(OURS, VALUE, goal);
}

fn encode(publishes: &[Value], rounds: usize) {
    let ours: Vec<ClientMessage<String>> =
        publishes.iter().map(|value| ClientMessage::decode_owned(&value.to_string()).expect("a message")).collect();
    let typed: Vec<Pub> =
        publishes.iter().map(|value| serde_json::from_value(value.clone()).expect("a message")).collect();
    let (mut text, mut bytes) = (String::new(), Vec::new());
    let mut contest = Contest::new("encoding pub", publishes.len() as f64);
    contest.enter(OURS_ENCODED, || {
        for message in &ours {
            text.clear();
            message.encode(&mut text);
            black_box(text.as_str());
        }
    });
    contest.enter(VALUE_ENCODED, || publishes.iter().for_each(|value| drop(black_box(value.to_string()))));
    contest.enter("serde_json, derive, into a reused buffer", || {
        for message in &typed {
            bytes.clear();
            serde_json::to_writer(&mut bytes, message).expect("written");
            black_box(bytes.as_slice());
        }
    });
    let standings = contest.run(rounds);
    standings.print(VALUE_ENCODED);
    standings.judge(OURS_ENCODED, VALUE_ENCODED, &Goal::faster("encoding pub: speed, of Value::to_string", 1.5, 2.4));
}

/// The messages as somebody would write them down for serde's derive.
#[derive(Debug, Deserialize)]
#[allow(dead_code)] // decoded, and not looked at
struct Data<'a> {
    #[serde(borrow)]
    data: DataBody<'a>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct DataBody<'a> {
    #[serde(borrow)]
    topic: Str<'a>,
    from: Option<Str<'a>>,
    ts: Str<'a>,
    seq: u64,
    head: Option<Value>,
    content: Value,
    reqid: Option<Str<'a>>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Meta<'a> {
    #[serde(borrow)]
    meta: MetaBody<'a>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct MetaBody<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    topic: Str<'a>,
    ts: Option<Str<'a>>,
    #[serde(default)]
    sub: Vec<Subscriber<'a>>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Subscriber<'a> {
    #[serde(borrow)]
    updated: Option<Str<'a>>,
    acs: Access<'a>,
    #[serde(default)]
    read: u64,
    #[serde(default)]
    recv: u64,
    public: Option<Value>,
    user: Option<Str<'a>>,
    #[serde(default)]
    online: bool,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Access<'a> {
    #[serde(borrow)]
    want: Option<Str<'a>>,
    given: Option<Str<'a>>,
    mode: Option<Str<'a>>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Pub {
    #[serde(rename = "pub")]
    body: PubBody,
}

#[derive(Debug, Deserialize, Serialize)]
struct PubBody {
    id: String,
    topic: String,
    content: Value,
}
