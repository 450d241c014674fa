//! Whether a recording is whole, told from its bytes as they pass by.

use proptest::prelude::*;
use tieline_cloudpbx::{RecordingCheck, RecordingError as Error, Verified, WavSizes};
use tieline_core::Class;

/// A WAV file of telephone sound: the sizes in its header, the chunks before the data, how many bytes of data.
fn wav(riff: u32, before: &[u8], data: u32, bytes: usize) -> Vec<u8> {
    let mut out = b"RIFF".to_vec();
    out.extend(riff.to_le_bytes());
    out.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0");
    out.extend(before);
    out.extend(b"data");
    out.extend(data.to_le_bytes());
    out.extend(vec![7; bytes]);
    out
}

/// As it should be.
fn sound(bytes: u32) -> Vec<u8> {
    wav(36 + bytes, b"", bytes, bytes as usize)
}

/// RF64 with 64-bit sizes, up to where its data begins.
fn rf64(data: u64) -> Vec<u8> {
    let mut out = b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0".to_vec();
    out.extend((72 + data).to_le_bytes());
    out.extend(data.to_le_bytes());
    out.extend([0; 12]);
    out.extend(b"fmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\xff\xff\xff\xff");
    out
}

fn check(format: &str, expected: Option<u64>, bytes: &[u8]) -> Result<Verified, Error> {
    let mut check = RecordingCheck::new(format, expected);
    let fed = check.feed(bytes);
    let verdict = check.finish();
    if let Err(error) = fed {
        assert_eq!(verdict, Err(error), "what was hopeless stays so");
    }
    verdict
}

fn found(verdict: Result<Verified, Error>) -> (u64, Option<WavSizes>, u64) {
    let verified = verdict.expect("whole");
    (verified.length, verified.wav, verified.trailing)
}

#[test]
fn a_whole_wav_is_whole_with_its_length_given_or_not() {
    for expected in [None, Some(144)] {
        let verified = check("wav", expected, &sound(100)).expect("whole");
        assert_eq!((verified.length, verified.wav, verified.trailing), (144, Some(WavSizes::Match), 0));
        assert_eq!(verified.length_was_given, expected.is_some());
        assert!(verified.end_is_known());
    }
}

#[test]
fn a_length_that_was_given_must_be_met_to_the_byte() {
    let bytes = sound(100);
    for format in ["wav", "mp3"] {
        let cut = &bytes[..143];
        assert_eq!(check(format, Some(144), cut), Err(Error::Truncated { expected: 144, received: 143 }), "{format}");
        assert_eq!(check(format, Some(143), &bytes), Err(Error::TooLong { expected: 143 }), "{format}");
    }
}

#[test]
fn a_download_that_is_too_long_can_be_stopped_at_once() {
    let mut check = RecordingCheck::new("mp3", Some(3));
    assert_eq!(check.feed(b"123"), Ok(()));
    assert_eq!(check.feed(b"4"), Err(Error::TooLong { expected: 3 }));
    assert_eq!((check.received(), check.expected()), (4, Some(3)));
}

#[test]
fn a_wav_that_is_cut_off_is_found_by_its_own_sizes() {
    let bytes = sound(100);
    for end in 1..bytes.len() {
        let error = check("wav", None, &bytes[..end]).expect_err("cut off");
        let expected = match end {
            1..44 => Error::HeaderCutOff,
            44 => Error::Empty,
            _ => Error::Truncated { expected: 144, received: end as u64 },
        };
        assert_eq!(error, expected, "{end}");
        assert_eq!(error.class(), Class::Retry);
    }
}

#[test]
fn nothing_and_a_header_alone_are_empty() {
    assert_eq!(check("wav", None, b""), Err(Error::Empty));
    assert_eq!(check("wav", Some(0), b""), Err(Error::Empty));
    assert_eq!(check("mp3", Some(0), b""), Err(Error::Empty));
    assert_eq!(check("wav", Some(44), &sound(0)), Err(Error::Empty));
    assert_eq!(check("wav", None, &wav(0, b"", 0, 0)), Err(Error::Empty));
}

#[test]
fn open_sizes_say_nothing_and_data_reaches_to_the_end() {
    for (riff, data) in [(0, 0), (36, 0), (u32::MAX, u32::MAX), (0, u32::MAX), (0x7fff_f024, 0x7fff_f000)] {
        let bytes = wav(riff, b"", data, 100);
        assert_eq!(found(check("wav", None, &bytes)), (144, Some(WavSizes::Open), 0), "{riff:x} {data:x}");
        assert!(!check("wav", None, &bytes).expect("whole").end_is_known());
        assert!(check("wav", Some(144), &bytes).expect("whole").end_is_known());
        assert!(matches!(check("wav", Some(145), &bytes), Err(Error::Truncated { .. })));
    }
}

#[test]
fn a_size_that_is_known_counts_also_beside_an_open_one() {
    assert_eq!(found(check("wav", None, &wav(0, b"", 100, 100))), (144, Some(WavSizes::Match), 0));
    let truncated = Err(Error::Truncated { expected: 144, received: 143 });
    assert_eq!(check("wav", None, &wav(u32::MAX, b"", 100, 99)), truncated);
    assert_eq!(check("wav", None, &wav(136, b"", 0, 99)), truncated);
}

#[test]
fn chunks_before_the_data_and_after_it_are_passed_over() {
    let list = b"LIST\x05\0\0\0INFOx\0data";
    let mut bytes = wav(36 + 14 + 100 + 10, &list[..14], 100, 100);
    assert_eq!(check("wav", None, &bytes), Err(Error::Truncated { expected: 168, received: 158 }));
    bytes.extend(b"id3 \x02\0\0\0ab");
    assert_eq!(found(check("wav", None, &bytes)), (168, Some(WavSizes::Match), 0));
}

#[test]
fn the_padding_of_odd_data_may_be_there_or_not_and_counted_or_not() {
    for (riff, bytes, trailing) in [(36 + 101, 101, 0), (36 + 102, 101, 0), (36 + 102, 102, 0), (36 + 101, 102, 1)] {
        let verdict = check("wav", None, &wav(riff, b"", 101, bytes));
        assert_eq!(found(verdict), (44 + bytes as u64, Some(WavSizes::Match), trailing), "{riff} {bytes}");
    }
    assert!(check("wav", None, &wav(36 + 102, b"", 101, 100)).is_err());
    assert!(check("wav", None, &wav(36 + 101, b"", 100, 100)).is_err());
}

#[test]
fn bytes_after_the_end_are_counted() {
    let mut bytes = sound(100);
    bytes.extend(b"\r\n\r\n");
    assert_eq!(found(check("wav", Some(148), &bytes)), (148, Some(WavSizes::Match), 4));
}

#[test]
fn what_should_be_a_wav_and_is_none_is_found_with_its_first_bytes() {
    for bytes in [&b"<html>"[..], b"{\"error\":1}", b"Not Found", b"RIFX", b"RIFF\0\0\0\0AVI LIST"] {
        let mut check = RecordingCheck::new("WAV", None);
        assert_eq!(check.feed(bytes), Err(Error::NotWav));
        assert_eq!(check.finish(), Err(Error::NotWav));
    }
    assert_eq!(Error::NotWav.class(), Class::Terminal);
}

#[test]
fn of_other_formats_only_the_length_is_checked() {
    for (format, bytes) in [("mp3", &b"ID3\x04"[..]), ("gsm", b"\xd8"), ("", b"OggS"), ("", b"RIF")] {
        for expected in [None, Some(bytes.len() as u64)] {
            let verified = check(format, expected, bytes).expect("whole");
            assert_eq!((verified.length, verified.wav), (bytes.len() as u64, None));
            assert_eq!(verified.end_is_known(), expected.is_some());
        }
    }
}

#[test]
fn a_file_of_unknown_format_that_begins_as_wav_is_checked_as_one() {
    assert_eq!(found(check("", None, &sound(100))).1, Some(WavSizes::Match));
    assert!(matches!(check("", None, &sound(100)[..100]), Err(Error::Truncated { .. })));
    assert_eq!(check("", None, b"RIFF\0\0\0\0"), Err(Error::HeaderCutOff));
    assert_eq!(found(check("", None, b"RIFF\0\0\0\0AVI LIST")).1, None);
}

/// Feeds as many bytes as are still to come, a mebibyte at a time and only their number.
fn feed_up_to(check: &mut RecordingCheck, length: u64) {
    let piece = vec![0; 1 << 20];
    while check.received() < length {
        let len = (length - check.received()).min(1 << 20) as usize;
        check.feed(&piece[..len]).expect("not too long");
    }
}

#[test]
fn lengths_beyond_4_gib_are_counted() {
    const LENGTH: u64 = (5 << 30) + 3;
    let mut mp3 = RecordingCheck::new("mp3", Some(LENGTH));
    feed_up_to(&mut mp3, LENGTH - 1);
    assert_eq!(mp3.finish(), Err(Error::Truncated { expected: LENGTH, received: LENGTH - 1 }));
    feed_up_to(&mut mp3, LENGTH);
    assert_eq!(mp3.finish().expect("whole").length, LENGTH);
    assert_eq!(mp3.feed(b"x"), Err(Error::TooLong { expected: LENGTH }));
}

#[test]
fn rf64_is_read_by_its_64_bit_sizes() {
    const DATA: u64 = 5 << 30;
    let mut long = RecordingCheck::new("wav", None);
    long.feed(&rf64(DATA)).expect("a header");
    assert_eq!(long.finish(), Err(Error::Empty));
    feed_up_to(&mut long, 80 + DATA - 1);
    assert_eq!(long.finish(), Err(Error::Truncated { expected: 80 + DATA, received: 80 + DATA - 1 }));
    feed_up_to(&mut long, 80 + DATA);
    let verified = long.finish().expect("whole");
    assert_eq!((verified.length, verified.wav), (80 + DATA, Some(WavSizes::Match)));
}

#[test]
fn sizes_that_lie_overflow_nothing() {
    let mut bytes = rf64(0);
    bytes[20..36].fill(0xff);
    (bytes[20], bytes[28]) = (0xfe, 0xfe);
    bytes.push(0);
    assert!(matches!(check("wav", None, &bytes), Err(Error::Truncated { expected: u64::MAX, .. })));
    let endless = wav(0, b"LIST\xff\xff\xff\xff", 100, 100);
    assert_eq!(check("wav", None, &endless), Err(Error::HeaderCutOff));
}

const BEGINNINGS: &[&[u8]] = &[b"", b"RIFF\0\0\0\0WAVE", b"RF64\xff\xff\xff\xffWAVEds64"];

proptest! {
    #[test]
    fn how_bytes_are_chunked_changes_nothing(
        (riff, data) in (prop_oneof![Just(0), Just(u32::MAX), 0..300u32], prop_oneof![Just(0), Just(u32::MAX), 0..300u32]),
        before in prop_oneof![Just(b"".to_vec()), Just(b"LIST\x03\0\0\0abc\0".to_vec()), Just(b"JUNK\0\0\0\0".to_vec())],
        (bytes, cut) in (0..300usize, 0..400usize),
        format in prop::sample::select(&["wav", "mp3"][..]),
        expected in prop::option::of(0..400u64),
        pieces in prop::collection::vec(1..20usize, 1..10),
    ) {
        let mut file = wav(riff, &before, data, bytes);
        file.truncate(cut);
        let mut chunked = RecordingCheck::new(format, expected);
        let (mut rest, mut sizes) = (&file[..], pieces.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*sizes.next().expect("endless")));
            let _ = chunked.feed(piece);
            rest = after;
        }
        prop_assert_eq!(chunked.finish(), check(format, expected, &file));
    }

    #[test]
    fn no_bytes_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        magic in prop::sample::select(BEGINNINGS),
        expected in any::<Option<u64>>(),
    ) {
        let file = [magic, &bytes].concat();
        let _ = check("wav", expected, &file);
        let _ = check("", expected, &file);
    }
}
