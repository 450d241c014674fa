//! Redirects, and tokens that are refused.

use std::io::Cursor;
use std::sync::Arc;

use tieline_core::http::CallError;
use tieline_core::{Class, Sent};
use tieline_dial::CredentialsError;
use tieline_dial::im::{FileError, NewUpload};
use tieline_portsip_im::FileRef;
use tieline_portsip_im::file::{MAX_REDIRECTS, RedirectError};

use super::server::{FILE, Server, bytes, file, holding, say, say_uploaded, send, take, tokens, value, willing};
use super::{AskToken, FilesAdapter, Transfers as _};

pub fn a_redirect_within_the_host_is_followed_with_the_token_and_no_other_is<A: FilesAdapter>() {
    let elsewhere = holding(b"evil");
    let away = format!("Location: http://127.0.0.1:{}/im/file/{FILE}\r\n", elsewhere.pbx.port);
    let server = Server::start(move |head, io, _| match head.split(' ').nth(1) {
        Some("/blob/7?x=1") => say(io, "200 OK", "", b"hello"),
        Some("/im/file/away") => say(io, "307 Temporary Redirect", &away, b""),
        Some("/im/file/round" | "/round") => say(io, "302 Found", "Location: /round\r\n", b""),
        _ => say(io, "307 Temporary Redirect", "Location: /blob/7?x=1\r\n", b""),
    });
    let client = server.client::<A>();
    let mut sink = Vec::new();
    client.download(&file(), &mut sink, &mut |_| {}).expect("a file");
    assert_eq!(sink, b"hello");
    assert_eq!(value(&server.taken()[1].head, "authorization"), "token TOKEN");
    let error = client.discard(&FileRef::from("away")).expect_err("elsewhere");
    assert!(matches!(error, FileError::Redirect(RedirectError::Elsewhere)), "{error}");
    assert_eq!(elsewhere.pbx.accepted(), 0);
    let before = server.taken().len();
    let error = client.discard(&FileRef::from("round")).expect_err("for ever");
    assert!(matches!(error, FileError::Redirect(RedirectError::TooMany)), "{error}");
    assert_eq!(server.taken().len() - before, MAX_REDIRECTS as usize + 1);
}

pub fn a_redirect_of_an_upload_is_a_refusal<A: FilesAdapter>() {
    let elsewhere = willing(false);
    let away = format!("Location: http://127.0.0.1:{}/im/file\r\n", elsewhere.pbx.port);
    let server = Server::start(move |head, io, asked| {
        take(head, io, u64::MAX, false, asked);
        say(io, "307 Temporary Redirect", &away, b"");
    });
    let error = send::<A>(&server.client::<A>(), b"hello").expect_err("elsewhere");
    assert!(matches!(&error, FileError::Call(CallError::Api(api)) if api.status == 307), "{error}");
    assert_eq!((elsewhere.pbx.accepted(), server.taken().len()), (0, 1));
}

/// Takes what carries the token `NEW`, and refuses the rest.
fn strict() -> Server {
    Server::start(|head, io, asked| {
        let is_upload = head.starts_with("POST");
        if is_upload {
            take(head, io, u64::MAX, true, asked);
        }
        match (value(head, "authorization"), is_upload) {
            ("token NEW", true) => say_uploaded(io),
            ("token NEW", false) => say(io, "200 OK", "", b"hello"),
            _ => say(io, "401 Unauthorized", "", b"{\"ctrl\":{\"code\":401,\"text\":\"authentication failed\"}}"),
        }
    })
}

pub fn a_refused_token_is_asked_for_anew_once_and_the_file_sent_from_its_beginning<A: FilesAdapter>() {
    let server = strict();
    let client = A::files(server.config(), tokens(["OLD", "NEW"])).expect("a client");
    let all = bytes(100_000);
    let mut source = Cursor::new([b"before".as_slice(), &all].concat());
    source.set_position(6);
    client.upload(&NewUpload::new("a.bin", all.len() as u64), &mut source, &mut |_| {}).expect("a file");
    assert_eq!(server.taken().len(), 2);
    assert!(server.taken()[1].bytes == all, "other bytes came");
    let client = A::files(server.config(), tokens(["OLD", "OLDER", "NEW"])).expect("a client");
    let error = send::<A>(&client, b"hello").expect_err("refused");
    assert!(matches!(error, FileError::TokenRefused(_)), "{error}");
    assert_eq!((error.class(), server.taken().len()), (Class::Terminal, 4));
}

pub fn a_download_with_a_refused_token_is_asked_for_once_more<A: FilesAdapter>() {
    let server = strict();
    let client = A::files(server.config(), tokens(["OLD", "NEW"])).expect("a client");
    let mut sink = Vec::new();
    client.download(&file(), &mut sink, &mut |_| {}).expect("a file");
    assert_eq!((&*sink, server.taken().len()), (&b"hello"[..], 2));
    let client = A::files(server.config(), tokens(["OLD", "OLDER", "NEW"])).expect("a client");
    let error = client.discard(&file()).expect_err("refused");
    assert!(matches!(error, FileError::TokenRefused(_)), "{error}");
    assert_eq!((error.class(), server.taken().len()), (Class::Terminal, 4));
}

pub fn the_same_token_again_is_not_sent_again<A: FilesAdapter>() {
    let server = strict();
    let client = A::files(server.config(), tokens(["OLD"])).expect("a client");
    let error = send::<A>(&client, b"hello").expect_err("refused");
    assert!(matches!(&error, FileError::TokenRefused(api) if api.status == 401), "{error}");
    client.discard(&file()).expect_err("refused");
    assert_eq!(server.taken().len(), 2);
}

pub fn without_a_token_nothing_is_dialled<A: FilesAdapter>() {
    let server = willing(false);
    let none: AskToken = Arc::new(|| Err(CredentialsError::new(Class::Retry, "the chat is not live")));
    let client = A::files(server.config(), none).expect("a client");
    let error = send::<A>(&client, b"hello").expect_err("no token");
    assert_eq!((error.class(), error.sent(), server.pbx.accepted()), (Class::Retry, Sent::Nothing, 0));
}
