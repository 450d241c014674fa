//! A mixed stream of CloudPBX's messages, and the types that others would decode it into.

use serde::Deserialize;
use tieline_core::Text;

/// How often of a hundred messages each kind comes: a change of an account and its telephone comes as two messages or as one.
const MIX: [(u32, Kind); 7] = [
    (28, Kind::Subscriber),
    (24, Kind::Extension),
    (12, Kind::Both),
    (20, Kind::Agent),
    (10, Kind::Queue),
    (3, Kind::Conference),
    (3, Kind::Sms),
];

#[derive(Clone, Copy)]
enum Kind {
    Subscriber,
    Extension,
    Both,
    Agent,
    Queue,
    Conference,
    Sms,
}

/// Numbers that look like chance and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(bound)) as u32
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }
}

/// `count` messages as the vendor's server writes them: members in the order of the document, no white space, slashes escaped.
pub(crate) fn messages(count: usize) -> Vec<Text> {
    let mut chance = Chance(7);
    (0..count).map(|at| Text::from(message(386 + at, &mut chance))).collect()
}

fn message(id: usize, chance: &mut Chance) -> String {
    let mut draw = chance.below(100);
    let mut kind = Kind::Subscriber;
    for (share, of) in MIX {
        kind = of;
        if draw < share {
            break;
        }
        draw -= share;
    }
    let text = match kind {
        Kind::Subscriber => subscriber(chance),
        Kind::Extension => extension(chance),
        Kind::Both => format!("{},{}", subscriber(chance), extension(chance)),
        Kind::Agent => agent(chance),
        Kind::Queue => format!(r#""queue":{{"peer":"Kolejka{}","calls":"{}"}}"#, chance.below(8), chance.below(12)),
        Kind::Conference => conference(chance),
        Kind::Sms => {
            let status = chance.one_of(&["QUEUE", "ACCEPTED", "SENT", "DELIVERED"]);
            let sms = 3_292_468_348_841_377_230 + id;
            format!(
                r#""smsSendResponse":{{"MsgId":"{sms}","to":"48600100{}","status":"{status}"}}"#,
                100 + chance.below(900)
            )
        }
    };
    format!(r#"{{"id":{id},"channel":"pbx_MojaCentrala","text":{{{text}}}}}"#)
}

fn subscriber(chance: &mut Chance) -> String {
    let (number, state) = (100 + chance.below(60), chance.one_of(&[0, 1, 8, 9, 16, 32]));
    let other = match state {
        0 => String::new(),
        _ => format!(
            r#","connectPeerNumber":"48{}","connectPeerName":"{}""#,
            600_100_000 + chance.below(999_999),
            chance.one_of(&["Jan Nowak", "Sekretariat 3", "Zażółć S.A."])
        ),
    };
    format!(r#""subscriber":{{"peer":"MojaCentrala-{number}","statusValue":{state}{other}}}"#)
}

fn extension(chance: &mut Chance) -> String {
    format!(r#""extstatus":{{"exten":"{}","status":{}}}"#, 100 + chance.below(60), chance.one_of(&[0, 1, 4, 8]))
}

fn agent(chance: &mut Chance) -> String {
    let number = 100 + chance.below(60);
    let reason = if chance.below(8) == 0 { r#","m_reason":"przerwa""# } else { "" };
    format!(
        r#""qmember":{{"peer":"MojaCentrala-{number}","queue":"Kolejka{}","m_status":"{}","m_ct":"{}","m_mbshp":"{}","m_paused":"{}"{reason},"m_name":"Agent {}","m_location":"SIP\/MojaCentrala-{number}"}}"#,
        chance.below(8),
        chance.below(9),
        chance.below(200),
        chance.one_of(&["static", "dynamic"]),
        chance.below(2),
        number - 99,
    )
}

fn conference(chance: &mut Chance) -> String {
    let number = 100 + chance.below(60);
    format!(
        r#""cmember":{{"channel":"SIP\/MojaCentrala-{number}-{:08x}","action":"{}","conference":"SesjaRady","callerIDName":"Jan Nowak","callerIDNum":"{number}"}}"#,
        chance.below(u32::MAX),
        chance.one_of(&["add", "remove"]),
    )
}

/// As somebody would write the document down for serde's derive; what the wire quotes stays a string.
#[derive(Debug, Deserialize)]
#[allow(dead_code)] // it is decoded, and dropped
pub(crate) struct Envelope<S> {
    id: i64,
    channel: S,
    text: Events<S>,
}

macro_rules! records {
    ($( $name:ident { $( $field:ident $(= $key:literal)?: $ty:ty ),* $(,)? } )*) => {$(
        #[derive(Debug, Deserialize)]
        #[allow(dead_code)]
        struct $name<S> {
            $( $(#[serde(rename = $key)])? $field: Option<$ty>, )*
        }
    )*};
}

records! {
    Events {
        subscriber: Subscriber<S>, extstatus: Extension<S>, queue: Queue<S>, qmember: Agent<S>, cmember: Conference<S>,
        sms = "smsSendResponse": Sms<S>,
    }
    Subscriber {
        peer: S, state = "statusValue": i64, number = "connectPeerNumber": S, name = "connectPeerName": S,
    }
    Extension { exten: S, status: i64 }
    Queue { peer: S, calls: S }
    Agent {
        peer: S, queue: S, status = "m_status": S, taken = "m_ct": S, membership = "m_mbshp": S, paused = "m_paused": S,
        reason = "m_reason": S, name = "m_name": S, location = "m_location": S,
    }
    Conference { channel: S, action: S, conference: S, name = "callerIDName": S, number = "callerIDNum": S }
    Sms { id = "MsgId": S, to: S, status: S }
}
