//! Transfers that break off, and answers that come early.

use std::io::{self, Read, Seek, SeekFrom, Write as _};
use std::net::Shutdown;

use tieline_core::http::{ApiErrorKind, CallError};
use tieline_core::{Class, ExchangeFailureKind, Sent};
use tieline_dial::im::{FileError, NewUpload};

use super::server::{Server, Taken, bytes, file, names, say, send, take, tokens, willing};
use super::transfers::Zeros;
use super::{FilesAdapter, Transfers as _};
use crate::adapter::{Gate, millis};

/// A source that ends with an error, or too early, after so many bytes.
struct Failing {
    at: u64,
    fails_at: u64,
    error: bool,
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min((self.fails_at - self.at) as usize);
        if count == 0 && self.error {
            return Err(io::Error::other("the disk is on fire"));
        }
        buffer[..count].fill(7);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if let SeekFrom::Start(at) = to {
            self.at = at;
        }
        Ok(self.at)
    }
}

pub fn an_upload_whose_source_fails_anywhere_is_never_whole_at_the_server<A: FilesAdapter>() {
    let server = willing(false);
    let client = server.client::<A>();
    let length = 300_000;
    for fails_at in [0, 1, 65_535, 65_536, 65_537, 131_072, 299_999] {
        for error in [false, true] {
            let new = NewUpload::new("a.bin", length);
            let outcome = client.upload(&new, &mut Failing { at: 0, fails_at, error }, &mut |_| {});
            let failed = outcome.expect_err("half a file");
            assert!(matches!(failed, FileError::Read { .. }), "{failed}");
            assert!(failed.sent() != Sent::All && failed.class() == Class::Terminal, "{failed:?}");
        }
    }
    let whole = server.taken().iter().filter(|taken| taken.whole).count();
    assert_eq!(whole, 0);
}

pub fn an_upload_whose_line_is_cut_anywhere_is_an_error_that_says_how_much_was_sent<A: FilesAdapter>() {
    let all = bytes(4 << 20);
    for most in [0, 1, 300, 65_536, 1 << 20, 4 << 20] {
        let server = Server::start(move |head, io, asked| {
            take(head, io, most, false, asked);
            asked.last = true;
            drop(io.shutdown(Shutdown::Both));
        });
        let error = send::<A>(&server.client::<A>(), &all).expect_err("cut");
        let FileError::Call(CallError::Failed(failure)) = &error else { panic!("{error:?}") };
        assert_eq!(failure.kind, ExchangeFailureKind::Broken, "cut after {most}");
        assert!(error.sent() >= Sent::Maybe, "cut after {most}: {error}");
        assert_eq!(server.pbx.accepted(), 1, "cut after {most}");
    }
}

pub fn a_download_cut_anywhere_is_an_error_and_no_file<A: FilesAdapter>() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.bin");
    let plain: Vec<u8> = [b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n".as_slice(), &[7; 40]].concat();
    let chunked =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n".to_vec();
    for answer in [plain, chunked] {
        for cut in 0..answer.len() {
            let part = answer[..cut].to_vec();
            let server = Server::start(move |_, io, asked| {
                asked.last = true;
                drop(io.write_all(&part));
                drop(io.shutdown(Shutdown::Both));
            });
            let error = server.client::<A>().download_to_file(&file(), &path).expect_err("half a file");
            assert!(matches!(error, FileError::Call(CallError::Failed(_))), "cut at {cut}: {error}");
            assert!(names(folder.path()).is_empty(), "cut at {cut}: {:?}", names(folder.path()));
        }
    }
}

pub fn a_download_that_is_refused_leaves_the_file_that_was_there<A: FilesAdapter>() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.bin");
    std::fs::write(&path, "the old one").expect("a file");
    let server =
        Server::start(|_, io, _| say(io, "404 Not Found", "", b"{\"ctrl\":{\"code\":404,\"text\":\"not found\"}}"));
    let error = server.client::<A>().download_to_file(&file(), &path).expect_err("none");
    let FileError::Call(CallError::Api(api)) = &error else { panic!("{error:?}") };
    assert_eq!((api.status, &api.kind), (404, &ApiErrorKind::Refused { code: Some("not found") }));
    assert_eq!(
        (names(folder.path()), std::fs::read(&path).expect("a file")),
        (vec!["a.bin".to_owned()], b"the old one".to_vec())
    );
}

pub fn an_early_refusal_of_a_long_upload_is_heard<A: FilesAdapter>() {
    let over = Gate::default();
    let told = over.clone();
    let server = Server::start(move |_, io, asked| {
        say(io, "413 Too Large", "Connection: close\r\n", b"{\"ctrl\":{\"code\":413,\"text\":\"too large\"}}");
        // Whoever closes with unread bytes takes the answer back. This one listens until nobody speaks.
        let (mut taken, mut piece) = (Taken::default(), vec![0; 64 << 10]);
        while let Ok(count @ 1..) = io.read(&mut piece) {
            taken.length += count as u64;
        }
        asked.last = true;
        asked.took(taken);
        told.open();
    });
    let length = 256 << 20;
    let error = server.client::<A>().upload(&NewUpload::new("a.bin", length), &mut Zeros::default(), &mut |_| {});
    let error = error.expect_err("refused");
    assert!(matches!(&error, FileError::Call(CallError::Api(api)) if api.status == 413), "{error}");
    over.pass();
    let taken = server.taken()[0].length;
    assert!(taken < length, "{taken}");
}

pub fn a_server_that_takes_nothing_is_given_up<A: FilesAdapter>() {
    let gate = Gate::default();
    let held = gate.clone();
    let server = Server::start(move |_, _, asked| {
        asked.last = true;
        held.pass();
    });
    let mut config = server.config();
    config.http.piece_timeout = millis(50);
    let client = A::files(config, tokens(["TOKEN"])).expect("a client");
    let error = client.upload(&NewUpload::new("a.bin", 256 << 20), &mut Zeros::default(), &mut |_| {});
    let error = error.expect_err("a stall");
    let FileError::Call(CallError::Failed(failure)) = &error else { panic!("{error:?}") };
    assert_eq!((&failure.kind, failure.sent), (&ExchangeFailureKind::Timeout, Sent::Maybe));
    gate.open();
}
