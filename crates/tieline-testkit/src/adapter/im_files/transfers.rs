//! Files sent and fetched whole.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write as _};

use tieline_core::Sent;
use tieline_core::http::{Serve as _, header};
use tieline_dial::im::{FileError, NewUpload};
use tieline_dial::{Place, Progress};
use tieline_portsip_im::file::{Download, FileHead};

use super::server::{FILE, Server, bytes, file, holding, names, say, say_uploaded, send, take, tokens, value, willing};
use super::{FilesAdapter, Transfers as _};

pub fn an_upload_says_who_asks_and_brings_the_file<A: FilesAdapter>() {
    let server = willing(true);
    let client = server.client::<A>();
    for length in [0, 1, 200_000] {
        let (all, mut told) = (bytes(length), Vec::new());
        let new = NewUpload::new("../a\"b.bin", length as u64).content_type("application/pdf");
        let sent = client.upload(&new, &mut Cursor::new(&all), &mut |progress| told.push(progress)).expect("a file");
        assert_eq!(sent.file.bare_id(), Some(FILE));
        let taken = server.taken().pop().expect("an upload");
        assert!(taken.head.starts_with("POST /im/file HTTP/1.1\r\n"), "{}", taken.head);
        assert_eq!(value(&taken.head, "authorization"), "token TOKEN");
        assert_eq!((taken.name.as_str(), taken.whole), ("a_b.bin", true));
        assert!(taken.bytes == all, "other bytes came");
        assert!(told.is_sorted_by_key(|progress| progress.bytes), "{told:?}");
        assert_eq!(told.last(), Some(&Progress::new(length as u64, Some(length as u64))));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("zażółć.txt");
    std::fs::write(&path, "hello").expect("a file");
    client.upload_file(&path, "text/plain").expect("a file");
    let taken = server.taken().pop().expect("an upload");
    assert_eq!((taken.name.as_str(), &*taken.bytes), ("zażółć.txt", &b"hello"[..]));
}

pub fn a_download_brings_the_file_and_a_harmless_name<A: FilesAdapter>() {
    let server = holding(b"hello");
    let (mut sink, mut told) = (Vec::new(), Vec::new());
    let client = server.client::<A>();
    let head = client.download(&file(), &mut sink, &mut |progress| told.push(progress)).expect("a file");
    assert_eq!((&*sink, head.length, head.name.as_deref()), (&b"hello"[..], Some(5), Some("x.txt")));
    assert_eq!((told.first(), told.last()), (Some(&Progress::new(0, Some(5))), Some(&Progress::new(5, Some(5)))));
    assert_eq!(value(&server.taken()[0].head, "authorization"), "token TOKEN");
    let folder = tempfile::tempdir().expect("a folder");
    client.download_to_file(&file(), &folder.path().join("mine")).expect("a file");
    assert_eq!(
        (names(folder.path()), std::fs::read(folder.path().join("mine")).expect("a file")),
        (vec!["mine".to_owned()], b"hello".to_vec())
    );
}

pub fn a_download_stands_where_its_name_decides_and_replaces_nothing_unasked<A: FilesAdapter>() {
    let server = holding(b"hello");
    let client = server.client::<A>();
    let folder = tempfile::tempdir().expect("a folder");
    let at = |head: &FileHead| Place::new(folder.path().join(head.name.as_deref().expect("a name")));
    client.download_to_place(&file(), at).expect("a file");
    let path = folder.path().join("x.txt");
    assert_eq!(std::fs::read(&path).expect("a file"), b"hello");
    std::fs::write(&path, "mine").expect("written");
    let error = client.download_to_place(&file(), at).expect_err("taken");
    assert!(matches!(&error, FileError::Write(error) if error.kind() == std::io::ErrorKind::AlreadyExists), "{error}");
    assert_eq!(
        (names(folder.path()), std::fs::read(&path).expect("a file")),
        (vec!["x.txt".to_owned()], b"mine".into())
    );
    client.download_to_place(&file(), |head| at(head).replacing()).expect("a file");
    assert_eq!(std::fs::read(&path).expect("a file"), b"hello");
}

pub fn what_is_too_long_is_neither_sent_nor_taken<A: FilesAdapter>() {
    let server = Server::start(|_, io, asked| match asked.number {
        0 => say(io, "200 OK", "", b"hello"),
        _ => {
            drop(io.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"))
        }
    });
    let mut config = server.config();
    (config.max_upload, config.max_download) = (4, 4);
    let client = A::files(config, tokens(["TOKEN"])).expect("a client");
    let error = send::<A>(&client, b"hello").expect_err("too long");
    assert!(matches!(error, FileError::TooLong { limit: 4 }), "{error}");
    assert_eq!((error.sent(), server.pbx.accepted()), (Sent::Nothing, 0));
    for _ in 0..2 {
        let error = client.discard(&file()).expect_err("too long");
        assert!(matches!(error, FileError::TooLong { limit: 4 }), "{error}");
    }
    assert_eq!(server.taken().len(), 2);
}

/// As many zeros as are wanted.
#[derive(Debug, Default)]
pub(super) struct Zeros(u64);

impl Read for Zeros {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(0);
        self.0 += buffer.len() as u64;
        Ok(buffer.len())
    }
}

impl Seek for Zeros {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if let SeekFrom::Start(at) = to {
            self.0 = at;
        }
        Ok(self.0)
    }
}

pub fn files_of_256_mib_never_have_8_mib_in_memory<A: FilesAdapter>() {
    const LENGTH: u64 = 256 << 20;
    let server = Server::start(|head, io, asked| {
        if head.starts_with("POST") {
            take(head, io, u64::MAX, false, asked);
            return say_uploaded(io);
        }
        let (mut response, _) = Download::to_response(&FileHead::new(Some(LENGTH), None, None)).into_parts();
        let length = response.headers.remove(header::CONTENT_LENGTH).expect("a length");
        let length = length.to_str().expect("text");
        drop(io.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").as_bytes()));
        let piece = vec![0; 1 << 20];
        for _ in 0..LENGTH >> 20 {
            if io.write_all(&piece).is_err() {
                return;
            }
        }
    });
    let client = server.client::<A>();
    let mut told = Vec::with_capacity(64);
    let (mut sent, mut came) = (None, None);
    // Adapters do all of it on this thread, so all of the client is measured.
    let measured = allocation_counter::measure(|| {
        let mut progress = |progress: Progress| {
            if told.last().is_none_or(|last| progress.bytes - last > LENGTH / 10) {
                told.push(progress.bytes);
            }
        };
        sent = Some(client.upload(&NewUpload::new("a.bin", LENGTH), &mut Zeros::default(), &mut progress));
        came = Some(client.discard(&file()));
    });
    sent.expect("run").expect("a file");
    assert_eq!(came.expect("run").expect("a file").length, Some(LENGTH));
    let taken = server.taken()[0].clone();
    assert_eq!((taken.length, taken.whole), (LENGTH, true));
    assert!(measured.bytes_max < 8 << 20, "{} bytes", measured.bytes_max);
    assert!(told.len() >= 9 && told.is_sorted(), "{told:?}");
}
