//! The flows of PortSIP's document, replayed against both roles.

mod harness;

use harness::{Player, config, told};
use serde_json::Value;
use tieline_core::{ClientSession, Frame, Instant, Session, Timestamp};
use tieline_portsip_im::client::{ClientEvent, Reply};
use tieline_portsip_im::server::{Accepted, Answer, ImServer, ServerConfig, ServerEvent};
use tieline_portsip_im::{AccessMode, Credentials, ServerMessage, UserId};
use tieline_testkit::{IM_TRANSCRIPTS, Line, Side, Transcript, im_request_of};

fn lines(name: &str) -> Vec<Line> {
    let (_, text) = IM_TRANSCRIPTS.iter().find(|(known, _)| *known == name).expect("listed");
    Transcript::parse(text).expect("parses")
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn body(message: &Value) -> &Value {
    message.as_object().and_then(|members| members.values().next()).expect("one message")
}

/// A message without what says nothing: `false` where absent means the same.
fn meaning(mut message: Value, id: &str) -> Value {
    let body = message.as_object_mut().and_then(|members| members.values_mut().next()).expect("one message");
    body["id"] = id.into();
    if body["noecho"] == false {
        body.as_object_mut().expect("an object").remove("noecho");
    }
    message
}

/// Replays a conversation against the client session, and gives its replies and events.
fn replay(name: &str) -> (Vec<Reply>, Vec<ClientEvent>) {
    let mut config = config();
    config.credentials = Credentials::access_token("804252613548777777", "portsip.io", "V1TC8EQWN2ZLJQ");
    let mut player = Player::start(config, None);
    let (mut pending, mut ids) = (player.sent(), Vec::new());
    let (mut replies, mut events) = (Vec::new(), Vec::new());
    for line in lines(name) {
        if line.from == Side::Client {
            if pending.is_empty() {
                player.ask(im_request_of(&line.text).expect(name));
                pending = player.sent();
            }
            let [sent] = &pending[..] else { panic!("{name}: {pending:?}") };
            let recorded = value(&line.text);
            let id = body(&recorded)["id"].as_str().expect("an id").to_owned();
            assert_eq!(meaning(sent.clone(), &id), meaning(recorded, &id), "{name}");
            ids.push((id, body(sent)["id"].as_str().expect("an id").to_owned()));
            pending.clear();
        } else {
            // The document uses one id for several requests: the latest counts.
            let text = ids.iter().rev().fold(line.text.clone(), |text, (recorded, ours)| {
                if value(&text).pointer("/ctrl/id").or(value(&text).pointer("/meta/id"))
                    == Some(&Value::from(recorded.as_str()))
                {
                    text.replacen(recorded, ours, 1)
                } else {
                    text
                }
            });
            player.hear_text(&text);
            pending.extend(player.sent());
        }
        events.extend(player.events());
        while let Some((_, result)) = player.session.poll_reply() {
            replies.push(result.unwrap_or_else(|error| panic!("{name}: {error}")));
        }
    }
    assert!(pending.is_empty(), "{name}: {pending:?}");
    (replies, events)
}

fn story(events: &[ClientEvent]) -> Vec<String> {
    events.iter().skip(1).map(told).collect()
}

#[test]
fn the_client_says_what_every_flow_has_it_say_and_each_request_is_answered() {
    for (name, _) in IM_TRANSCRIPTS {
        let (replies, events) = replay(name);
        assert!(matches!(events[0], ClientEvent::LoggedIn(_)), "{name}");
        let requests = lines(name).iter().filter(|line| line.from == Side::Client).count();
        let own = lines(name).iter().filter(|line| line.text.contains("\"id\":\"0000000")).count() / 2;
        assert_eq!(replies.len(), requests - 1 - own, "{name}");
    }
}

#[test]
fn authenticate() {
    let (_, events) = replay("authenticate");
    let [ClientEvent::LoggedIn(logged_in)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(logged_in.user.number(), Some(804_252_613_548_777_777));
    assert!(logged_in.token.as_ref().is_some_and(|token| token.expose().ends_with("gg==")));
}

#[test]
fn publish_to_one() {
    let (replies, events) = replay("p2p-publish");
    let [Reply::Subscribed(_), Reply::Published(published)] = &replies[..] else { panic!("{replies:?}") };
    assert_eq!(published.seq, Some(377));
    let [_, ClientEvent::Received(received)] = &events[..] else { panic!("{events:?}") };
    // The message names the publish that it came from, by the id that this session gave it.
    assert!(received.data().is_some_and(|data| data.reqid.is_some() && data.seq == Some(377)));
}

#[test]
fn subscribers_and_details() {
    let (replies, _) = replay("subscribers");
    let [_, Reply::Subscribers(subscribers)] = &replies[..] else { panic!("{replies:?}") };
    let modes: Vec<_> = subscribers.iter().map(|s| s.acs.as_ref().and_then(|acs| acs.in_force())).collect();
    assert_eq!(modes, [Some(AccessMode::P2P_DEFAULT); 2]);
    assert_eq!(subscribers[1].read, Some(367));
    let (replies, _) = replay("details");
    let [_, Reply::Desc(desc)] = &replies[..] else { panic!("{replies:?}") };
    assert_eq!((desc.seq, desc.read, desc.recv), (Some(305), Some(305), Some(305)));
}

#[test]
fn history_is_collected_until_its_closing_answer_with_a_live_message_between() {
    let (replies, events) = replay("history");
    let [_, Reply::History(page)] = &replies[..] else { panic!("{replies:?}") };
    assert_eq!(page.messages.iter().filter_map(|message| message.seq()).collect::<Vec<_>>(), [375, 376, 377]);
    assert_eq!(story(&events), ["378"]);
}

#[test]
fn create_join_and_publish_in_a_group() {
    let (replies, _) = replay("group-create");
    let [Reply::Subscribed(subscribed)] = &replies[..] else { panic!("{replies:?}") };
    assert_eq!((subscribed.topic.as_str(), subscribed.created), ("grpf0NlkdDEQHs", true));
    let (replies, _) = replay("group-join");
    let [Reply::Subscribed(subscribed)] = &replies[..] else { panic!("{replies:?}") };
    assert_eq!((subscribed.seq, subscribed.ctrl.code()), (Some(1), 202));
    let (_, events) = replay("group-publish");
    assert_eq!(story(&events), ["2"]);
}

#[test]
fn transfer_with_the_presence_before_the_answer() {
    let (replies, events) = replay("group-transfer");
    let [_, Reply::Changed(changed)] = &replies[..] else { panic!("{replies:?}") };
    assert_eq!(changed.user, Some(UserId::new("usr804252613548777777".into())));
    let [_, ClientEvent::Received(received)] = &events[..] else { panic!("{events:?}") };
    let ServerMessage::Pres(pres) = &received.message else { panic!("a pres") };
    let want = pres.dacs.as_ref().and_then(|dacs| dacs.want.as_ref()).expect("a change");
    assert_eq!(want.apply_to(AccessMode::FULL), Ok(AccessMode::GROUP_DEFAULT));
}

#[test]
fn leave_remove_delete_and_update_a_group() {
    for name in ["group-leave", "member-remove", "group-delete"] {
        let (replies, events) = replay(name);
        assert!(matches!(replies[..], [Reply::Subscribed(_), Reply::Done(_)]), "{name}: {replies:?}");
        assert_eq!(events.len(), 1, "{name}");
    }
    let (replies, _) = replay("group-update");
    assert!(matches!(&replies[..], [_, Reply::Changed(changed)] if changed.changed));
}

#[test]
fn the_server_takes_every_flow_and_sends_it_as_it_is_shown() {
    for (name, _) in IM_TRANSCRIPTS {
        let lines = lines(name);
        let login = value(&lines[1].text);
        let ts = login["ctrl"]["ts"].as_str().expect("a time");
        let micros = Timestamp::new(ts).unix_micros().expect("a time");
        let start = micros - i64::try_from(lines[1].t).expect("small") * 1000;
        let mut server = ImServer::start(ServerConfig::new(start), Instant::EPOCH);
        let mut asked = None;
        for line in &lines {
            let now = Instant::from_millis(line.t);
            if line.from == Side::Client {
                server.handle_input(now, Frame::text(line.text.as_str()));
                assert_eq!(server.poll_transmit(), None, "{name}: {}", line.text);
                asked = server.poll_event();
                continue;
            }
            let mine = match (ServerMessage::decode_owned(&line.text).expect("decodes"), &asked) {
                (ServerMessage::Ctrl(ctrl), Some(ServerEvent::Login { id, .. })) => {
                    let params = ctrl.known_params().expect("params");
                    let mut accepted = Accepted::user(params.user.expect("a user").to_string());
                    if let Some(token) = params.token {
                        accepted = accepted.with_token(token.expose());
                    }
                    server.accept(now, *id, accepted)
                }
                (ServerMessage::Ctrl(ctrl), Some(ServerEvent::Request { id, .. })) => {
                    server.respond(now, *id, Answer::ctrl(ctrl))
                }
                (ServerMessage::Meta(meta), Some(ServerEvent::Request { id, .. })) => {
                    server.respond(now, *id, Answer::meta(meta))
                }
                (ServerMessage::Data(_) | ServerMessage::Pres(_), _) => {
                    server.push(now, line.text.as_str().into());
                    true
                }
                (message, asked) => panic!("{name}: {message:?} to {asked:?}"),
            };
            assert!(mine, "{name}: {}", line.text);
            let Some(Frame::Text(sent)) = server.poll_transmit() else { panic!("{name}: nothing sent") };
            assert_eq!(value(&sent), value(&line.text), "{name}");
        }
    }
}
