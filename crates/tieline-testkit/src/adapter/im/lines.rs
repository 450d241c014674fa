//! Lines to a PBX that speaks by the server session of the protocol's own crate.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use tieline_core::json::Raw;
use tieline_core::supervisor::Phase;
use tieline_core::{Class, RequestError, SendErrorKind};
use tieline_dial::{ClientError, ConnectError};
use tieline_portsip_im::client::{Edited, History, Mark, Noting, Publish, Subscribe, Subscribers};
use tieline_portsip_im::{AccessMode, ClientBody, Credentials, Hi, SeqRange, SetDesc, Status, UserId};
use tieline_tls::{ServerTls, Trust};

use super::{Act, Ask, Chat, GROUP, ImAdapter, ImClient, ImEvents as _, ImSetup, USER, names_to, numbers, setup};
use crate::adapter::{Gate, Pbx, millis};

fn connect<A: ImAdapter>(chat: &Chat, setup: ImSetup) -> (A::Client, A::Events) {
    A::connect(&chat.pbx.url, setup).expect("live")
}

/// Asks for everything there is to ask for.
fn ask_everything(client: &impl ImClient) {
    let group = client.create_group(Some(Raw::from_json(r#"{"fn":"Lunch"}"#.to_owned()).expect("JSON")));
    let group = group.expect("created");
    assert_eq!((group.topic.as_str(), group.created), (GROUP, true));
    let attached = client.subscribe(Subscribe::to("usr7")).expect("attached").done().expect("a line");
    assert_eq!(attached.topic.as_str(), "usr7");
    client.subscribe(Subscribe::to("me")).expect("attached");
    for seq in 1..=3 {
        let published = client.publish(Publish::text(GROUP, "hello").without_echo()).expect("published");
        assert_eq!(published.seq, Some(seq));
    }
    let desc = client.desc(GROUP).expect("a description");
    assert_eq!(desc.seq, Some(3));
    let members = client.subscribers(Subscribers::of(GROUP)).expect("members");
    assert_eq!(members[0].user.as_ref().map(UserId::as_str), Some("usr7"));
    let topics = client.subscribers(Subscribers::of("me")).expect("topics");
    assert_eq!(topics[0].topic.as_ref().map(|topic| topic.as_str()), Some(GROUP));
    let page = client.history(History::of(GROUP).limit(2)).expect("messages");
    assert_eq!(page.messages.iter().filter_map(|message| message.seq()).collect::<Vec<_>>(), [2, 3]);
    let deletions = client.deletions(History::of(GROUP)).expect("deletions");
    assert_eq!(deletions.delseq, Some(vec![SeqRange::new(2..4)]));
    let mut desc = SetDesc::default();
    desc.public = Some(Raw::from_json(r#"{"fn":"Dinner"}"#.to_owned()).expect("JSON"));
    assert!(client.set_desc(GROUP, desc).expect("changed").changed);
    let invited = client.set_access(GROUP, Some(UserId::from("usr7")), AccessMode::GROUP_DEFAULT).expect("changed");
    assert_eq!(invited.access.and_then(|access| access.in_force()), Some(AccessMode::GROUP_DEFAULT));
    let transferred = client.transfer_ownership(GROUP, "usr7").expect("changed");
    assert_eq!(transferred.user.as_ref().map(UserId::as_str), Some("usr7"));
    assert_eq!(client.delete_messages(GROUP, vec![SeqRange::single(1)], true).expect("deleted"), Some(1));
    assert!(client.remove_member(GROUP, "usr7").expect("removed").is_success());
    for what in [Noting::Typing, Noting::Received(3), Noting::Read(3)] {
        client.note(GROUP, what).expect("sent");
    }
    assert!(client.delete_topic(GROUP, true).expect("deleted").is_success());
    assert!(client.unsubscribe("usr7").expect("left").is_success());
    assert!(matches!(client.leave("me").expect("left"), Edited::Done(_)));
}

/// What the server heard meanwhile, as it stands in the document.
fn heard_everything(chat: &Chat) {
    let world = chat.world();
    let said = |part: &str| world.asked.iter().any(|text| text.contains(part));
    for part in [
        r#""topic":"new","set":{"desc":{"public":{"fn":"Lunch"}}}"#,
        r#""noecho":true,"content":"hello""#,
        r#""what":"data","data":{"limit":2}"#,
        r#""sub":{"user":"usr7","mode":"JRWPS"}"#,
        r#""sub":{"user":"usr7","mode":"JRWPASDO"}"#,
        r#""what":"msg","delseq":[{"low":1}],"hard":true"#,
        r#""what":"sub","user":"usr7""#,
        r#""what":"topic","hard":true"#,
        r#""topic":"usr7","unsub":true"#,
    ] {
        assert!(said(part), "{part}: {:#?}", world.asked);
    }
}

pub fn each_request_brings_a_reply_of_its_own_kind<A: ImAdapter>() {
    let chat = Chat::serving();
    let (client, _events) = connect::<A>(&chat, setup());
    ask_everything(&client);
    heard_everything(&chat);
}

pub fn each_request_brings_a_reply_of_its_own_kind_over_tls<A: ImAdapter>() {
    let tls = ServerTls::self_signed(&["pbx.example"]).expect("a certificate");
    let chat = Chat::secure(&tls);
    let (client, _events) = connect::<A>(&chat, setup().trust(Trust::Insecure));
    ask_everything(&client);
    heard_everything(&chat);
}

pub fn topics_of_the_configuration_are_attached_when_connect_returns<A: ImAdapter>() {
    let chat = Chat::serving();
    let (client, mut events) = connect::<A>(&chat, setup().attach("me").attach(GROUP));
    let attached = chat.world().asked.iter().filter(|text| text.starts_with(r#"{"sub":"#)).count();
    assert_eq!(attached, 2);
    client.publish(Publish::text(GROUP, "hello")).expect("published");
    assert_eq!(names_to(&mut events, "1"), ["live", "logged in", "1"]);
}

pub fn what_was_published_since_a_mark_comes_first<A: ImAdapter>() {
    let chat = Chat::serving();
    chat.world().last.insert(GROUP.into(), 5);
    let (client, mut events) = connect::<A>(&chat, setup().attach_since(GROUP, Mark::at(3)));
    let names = names_to(&mut events, "closed 4..6 but 0");
    assert_eq!(names, ["live", "logged in", "gap 4..6", "4", "5", "closed 4..6 but 0"]);
    client.publish(Publish::text(GROUP, "hello")).expect("published");
    assert_eq!(names_to(&mut events, "6"), ["6"]);
}

pub fn a_line_lost_in_the_middle_of_history_is_refilled_exactly_once<A: ImAdapter>() {
    let pages = AtomicUsize::new(0);
    let chat = Chat::start(move |_, asked, number, _| {
        let is_page = matches!(asked, ClientBody::Get(get) if get.what.as_deref() == Some("data"));
        // The second page breaks off, and so does the first of the next line.
        let cut = is_page && number < 2 && pages.fetch_add(1, Ordering::SeqCst) > 0;
        if cut { Act::Cut(40) } else { Act::Serve }
    });
    {
        let mut world = chat.world();
        world.last.insert(GROUP.into(), 350);
        world.deleted.extend([10, 11, 300]);
    }
    let (client, mut events) = connect::<A>(&chat, setup().attach_since(GROUP, Mark::at(3)));
    let mut names = Vec::new();
    let mut came = BTreeSet::new();
    while came.len() < 344 {
        let next = super::name(&events.next().expect("an event"));
        assert!(next.parse::<u64>().map_or(true, |seq| came.insert(seq)), "{next} came twice");
        names.push(next);
    }
    assert_eq!(came, (4..=350).filter(|seq| ![10, 11, 300].contains(seq)).collect());
    let downs = names.iter().filter(|name| name.starts_with("down: ")).count();
    let outages = names.iter().filter(|name| *name == "outage").count();
    assert_eq!((downs, outages, chat.pbx.accepted()), (2, 2, 3), "{names:?}");
    // Nothing of it comes again.
    client.publish(Publish::text(GROUP, "hello")).expect("published");
    assert_eq!(numbers(&names_to(&mut events, "351")), [351]);
}

pub fn each_request_has_one_outcome_over_kills_and_no_message_is_missed<A: ImAdapter>() {
    const THREADS: usize = 4;
    const EACH: usize = 40;
    const KILLS: usize = 12;
    let publishes = AtomicUsize::new(0);
    let chat = Chat::start(move |_, asked, number, _| {
        let is_publish = matches!(asked, ClientBody::Pub(_));
        let kill = is_publish && number < KILLS && publishes.fetch_add(1, Ordering::SeqCst) % 5 == 4;
        // With and without the answer and the message.
        if kill { Act::Cut(number % 3) } else { Act::Serve }
    });
    let (client, mut events) = connect::<A>(&chat, setup().attach(GROUP));
    let publishing = (0..THREADS).map(|_| {
        let client = client.clone();
        std::thread::spawn(move || {
            let mut published = Vec::new();
            let (mut asked, mut unknown) = (0, 0);
            while asked < EACH {
                match client.publish(Publish::text(GROUP, "hello")) {
                    Ok(answer) => published.extend(answer.seq),
                    Err(ClientError::Failed(RequestError::Disconnected(_))) => unknown += 1,
                    Err(ClientError::NotSent(SendErrorKind::NotConnected)) => {
                        client.wait_for(Phase::Live);
                        continue;
                    }
                    Err(other) => panic!("{other}"),
                }
                asked += 1;
            }
            assert_eq!(published.len() + unknown, EACH);
            published
        })
    });
    let published: Vec<Vec<u64>> =
        publishing.collect::<Vec<_>>().into_iter().map(|thread| thread.join().expect("no panic")).collect();
    let published: Vec<u64> = published.concat();
    let each: BTreeSet<u64> = published.iter().copied().collect();
    assert_eq!(each.len(), published.len(), "no two publishes have one number");
    // The last message shows what is missing before it.
    let last = client.publish(Publish::text(GROUP, "the last")).expect("published").seq.expect("a number");
    let mut came = BTreeSet::new();
    while came.len() < last as usize {
        let next = super::name(&events.next().expect("an event"));
        assert!(next.parse::<u64>().map_or(true, |seq| came.insert(seq)), "{next} came twice");
    }
    assert_eq!(came, (1..=last).collect());
    assert_eq!(chat.pbx.accepted(), KILLS + 1);
}

pub fn a_request_that_is_never_answered_fails_at_its_deadline_and_the_line_lives<A: ImAdapter>() {
    let chat = Chat::start(|_, asked, _, _| if matches!(asked, ClientBody::Set(_)) { Act::Ignore } else { Act::Serve });
    let mut short = setup().attach(GROUP);
    short.session.request_timeout = millis(1000);
    let (client, mut events) = connect::<A>(&chat, short);
    let error = client.transfer_ownership(GROUP, "usr7").expect_err("no answer");
    assert_eq!((error.clone(), error.class()), (ClientError::Failed(RequestError::Timeout), Class::Retry));
    client.publish(Publish::text(GROUP, "hello")).expect("published");
    assert_eq!(names_to(&mut events, "1"), ["live", "logged in", "1"]);
}

pub fn edits_of_topics_without_a_line_are_in_force_on_the_next_one<A: ImAdapter>() {
    let chat =
        Chat::start(|_, asked, _, _| if matches!(asked, ClientBody::Note(_)) { Act::Cut(0) } else { Act::Serve });
    let back = Gate::new();
    chat.world().hold = Some(back.clone());
    let (client, mut events) = connect::<A>(&chat, setup().attach("usr7"));
    client.note("usr7", Noting::Typing).expect("sent");
    names_to(&mut events, "down: the line was lost");
    assert_eq!(client.subscribe(Subscribe::to(GROUP)), Ok(Edited::Deferred));
    assert_eq!(client.leave("usr7"), Ok(Edited::Deferred));
    let unsent = client.publish(Publish::text(GROUP, "hello")).expect_err("no line");
    assert_eq!(unsent, ClientError::NotSent(SendErrorKind::NotConnected));
    chat.world().asked.clear();
    back.open();
    names_to(&mut events, "live");
    client.publish(Publish::text(GROUP, "hello")).expect("published");
    names_to(&mut events, "1");
    let subscribed: Vec<String> =
        chat.world().asked.iter().filter(|text| text.starts_with(r#"{"sub":"#)).cloned().collect();
    assert!(matches!(&subscribed[..], [one] if one.contains(GROUP)), "{subscribed:?}");
}

pub fn a_late_consumer_loses_nothing_and_requests_behind_it_fail<A: ImAdapter>() {
    const COUNT: u64 = 2000;
    let chat = Chat::start(|world, asked, _, pushes| {
        if matches!(asked, ClientBody::Note(_)) {
            pushes.extend((0..COUNT).map(|_| world.publish(GROUP)));
        }
        Act::Serve
    });
    let mut small = setup().attach(GROUP);
    small.options.events = 4;
    small.session.limits.queued_events = 4;
    let (client, mut events) = connect::<A>(&chat, small);
    client.publish(Publish::text(GROUP, "the first")).expect("published");
    client.note(GROUP, Noting::Typing).expect("sent");
    let stuck = client.desc(GROUP).expect_err("behind what nobody takes");
    assert_eq!(stuck, ClientError::Failed(RequestError::Backpressure));
    let names = names_to(&mut events, &(COUNT + 1).to_string());
    assert_eq!(numbers(&names), (1..=COUNT + 1).collect::<Vec<_>>());
    assert_eq!(names.len() as u64, COUNT + 3, "live, the login and the messages: {names:?}");
    client.desc(GROUP).expect("answered");
    assert_eq!(chat.pbx.accepted(), 1);
}

pub fn the_token_is_asked_anew_for_each_dial<A: ImAdapter>() {
    let chat = Chat::start(|_, _, number, _| if number == 0 { Act::Cut(0) } else { Act::Serve });
    let asked = AtomicUsize::new(0);
    let ask = move || {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        Ok(Credentials::access_token(USER, "portsip.io", format!("token-{number}")))
    };
    let (client, mut events) = connect::<A>(&chat, setup().credentials(Ask::new(ask)));
    client.desc("me").expect_err("the line is lost");
    names_to(&mut events, "down: the line was lost");
    names_to(&mut events, "live");
    assert_eq!(chat.world().tokens, ["token-0", "token-1"]);
}

pub fn a_refused_login_is_final_and_one_of_a_failing_server_is_not<A: ImAdapter>() {
    let mut patient = setup();
    patient.options.policy.retry_first = true;
    let chat = Chat::serving();
    chat.world().logins = vec![Status::UNAVAILABLE, Status::UNAVAILABLE, Status::AUTHENTICATION_FAILED];
    let error = A::connect(&chat.pbx.url, patient).expect_err("refused");
    let ConnectError::LoginRefused { status, reason } = &error else { panic!("{error:?}") };
    assert_eq!((*status, reason.as_str()), (401, "authentication failed"));
    assert_eq!((error.class(), chat.pbx.accepted()), (Class::Reauthenticate, 3));
}

pub fn a_hello_goes_first_where_it_is_wanted<A: ImAdapter>() {
    let pbx = Pbx::start(|mut peer, _| {
        let hello = peer.heard().expect("a hello");
        assert!(hello.starts_with(r#"{"hi":"#) && hello.contains(r#""ver":"0.25""#), "{hello}");
        let id = hello.split('"').nth(5).expect("an id");
        peer.say(format!(r#"{{"ctrl":{{"id":"{id}","code":201,"text":"created"}}}}"#));
        let login = peer.heard().expect("a login");
        let id = login.split('"').nth(5).expect("an id");
        peer.say(format!(r#"{{"ctrl":{{"id":"{id}","code":200,"text":"ok"}}}}"#));
        assert_eq!(peer.heard(), None);
    });
    let mut polite = setup();
    let mut hello = Hi::default();
    hello.ver = Some("0.25".into());
    polite.session.hello = Some(hello);
    let (client, mut events) = A::connect(&pbx.url, polite).expect("live");
    client.close();
    names_to(&mut events, "closed");
}

pub fn closing_says_goodbye_and_ends_the_events_once<A: ImAdapter>() {
    let code = Gate::new();
    let told = code.clone();
    let pbx = Pbx::start(move |mut peer, _| {
        let login = peer.heard().expect("a login");
        let id = login.split('"').nth(5).expect("an id");
        peer.say(format!(r#"{{"ctrl":{{"id":"{id}","code":200,"text":"ok"}}}}"#));
        assert_eq!(peer.close_code(), Some(1000));
        told.open();
    });
    let (client, mut events) = A::connect(&pbx.url, setup()).expect("live");
    client.close();
    client.clone().close();
    code.pass();
    assert_eq!(names_to(&mut events, "closed"), ["live", "logged in", "closed"]);
    assert!(events.next().is_none());
    assert_eq!(client.desc("me"), Err(ClientError::Closed));
}
