//! A client and a server endpoint joined in memory, from the opening to the closing handshake.

mod common;

use common::*;
use http::{HeaderMap, HeaderName, Method, Version};
use proptest::prelude::*;
use tieline_core::{CloseFrame, Frame};
use tieline_websocket::upgrade::{Strictness, check};
use tieline_websocket::{Config, Endpoint, OpeningRequest};

/// Does the HTTP server's part: reads the client's request and writes the answer to it.
fn upgraded(client: &mut Endpoint) -> Endpoint {
    let request = written(client);
    let mut storage = [httparse::EMPTY_HEADER; 32];
    let mut parsed = httparse::Request::new(&mut storage);
    assert_eq!(parsed.parse(&request), Ok(httparse::Status::Complete(request.len())));
    let mut headers = HeaderMap::new();
    for header in parsed.headers.iter() {
        headers.append(header.name.parse::<HeaderName>().unwrap(), header.value.try_into().unwrap());
    }
    let mut accepted = check(&Method::GET, Version::HTTP_11, &headers, Strictness::Strict).unwrap();
    assert!(accepted.choose("tieline"));
    let mut answer = String::from("HTTP/1.1 101 Switching Protocols\r\n");
    for (name, value) in accepted.response().headers() {
        answer += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    assert_eq!(feed(client, (answer + "\r\n").as_bytes()), []);
    assert_eq!(client.subprotocol(), Some("tieline"));
    Endpoint::server(&Config::default())
}

/// Moves at most `count` bytes from one endpoint to the other; the frames that came out there.
fn carry(from: &mut Endpoint, to: &mut Endpoint, count: usize) -> Vec<Frame> {
    let part: Vec<u8> = from.outgoing().iter().copied().take(count).collect();
    from.sent(part.len());
    feed(to, &part)
}

fn message() -> impl Strategy<Value = Frame> {
    prop_oneof![
        "\\PC{0,80}".prop_map(Frame::text),
        prop::collection::vec(any::<u8>(), 0..6000).prop_map(|bytes| Frame::Binary(bytes.into())),
    ]
}

proptest! {
    #[test]
    fn everything_said_on_either_side_is_heard_on_the_other_and_the_close_is_clean(
        said in prop::collection::vec((any::<bool>(), message()), 0..20),
        chunks in prop::collection::vec(1_usize..3000, 1..20),
        client_closes in any::<bool>(),
    ) {
        let request = OpeningRequest::new("pbx.example", "/ws").unwrap().subprotocol("tieline").unwrap();
        let mut client = Endpoint::client(&request, &Config::default(), SEED, NOW);
        let mut server = upgraded(&mut client);
        prop_assert!(client.is_open() && server.is_open());

        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        let (mut at_server, mut at_client) = (Vec::new(), Vec::new());
        let mut chunks = chunks.iter().cycle();
        for (from_client, frame) in said {
            let (end, said) = if from_client { (&mut client, &mut to_server) } else { (&mut server, &mut to_client) };
            end.send(NOW, frame.clone()).unwrap();
            said.push(frame);
            at_server.extend(carry(&mut client, &mut server, *chunks.next().unwrap()));
            at_client.extend(carry(&mut server, &mut client, *chunks.next().unwrap()));
        }
        while client.wants_write() || server.wants_write() {
            at_server.extend(carry(&mut client, &mut server, *chunks.next().unwrap()));
            at_client.extend(carry(&mut server, &mut client, *chunks.next().unwrap()));
        }
        prop_assert_eq!(at_server, to_server);
        prop_assert_eq!(at_client, to_client);

        let (closer, closed) = if client_closes { (&mut client, &mut server) } else { (&mut server, &mut client) };
        closer.send(NOW, Frame::Close(Some(CloseFrame::new(1000, "done")))).unwrap();
        let heard = carry(closer, closed, usize::MAX);
        prop_assert_eq!(heard, [Frame::Close(Some(CloseFrame::new(1000, "done"))), Frame::Eof]);
        let answered = carry(closed, closer, usize::MAX);
        prop_assert_eq!(answered, [Frame::Close(Some(CloseFrame::new(1000, ""))), Frame::Eof]);
        prop_assert!(server.is_finished(), "the server ends the stream");
        prop_assert!(!client.is_finished());
        client.handle_eof(NOW);
        prop_assert!(client.is_finished());
        prop_assert_eq!((client.failure(), server.failure()), (None, None));
    }
}
