//! Forms: written, read in any pieces, and refused.

use proptest::collection::vec;
use proptest::prelude::*;
use tieline_portsip_im::file::multipart::{
    Boundary, Decoder, Form, MultipartError, MultipartLimits, Part, PartEvent, boundary_of,
};
use tieline_portsip_im::file::safe_name;

const DOCUMENTED: &str = "--B\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\nd7c6\r\n--B\r\nContent-Disposition: form-data; \
     name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--B--\r\n";

/// Parts with their bytes, and whether they ended.
type Parts = Vec<(Part, Vec<u8>, bool)>;

/// The parts of a form, and how it ended.
fn read(boundary: &str, pieces: &[&[u8]], limits: MultipartLimits) -> (Parts, Result<(), MultipartError>) {
    let mut decoder = Decoder::new(boundary, limits);
    let mut parts: Parts = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        loop {
            match decoder.poll() {
                Ok(None) => break,
                Ok(Some(PartEvent::Begin(part))) => parts.push((part, Vec::new(), false)),
                Ok(Some(PartEvent::Data(bytes))) => parts.last_mut().expect("a part").1.extend_from_slice(&bytes),
                Ok(Some(PartEvent::End)) => parts.last_mut().expect("a part").2 = true,
                Ok(Some(other)) => panic!("{other:?}"),
                Err(error) => return (parts, Err(error)),
            }
        }
    }
    (parts, decoder.finish())
}

fn whole(text: &str) -> (Parts, Result<(), MultipartError>) {
    read("B", &[text.as_bytes()], MultipartLimits::default())
}

#[test]
fn a_form_of_two_parts_is_read() {
    let (parts, end) = whole(DOCUMENTED);
    end.expect("whole");
    assert_eq!((parts[0].0.name.as_str(), &*parts[0].1, parts[0].2), ("id", &b"d7c6"[..], true));
    let (file, bytes, over) = &parts[1];
    assert_eq!(
        (file.name.as_str(), file.file_name.as_deref(), file.content_type.as_deref()),
        ("file", Some("a.txt"), Some("text/plain"))
    );
    assert_eq!((&**bytes, *over), (&b"hello"[..], true));
}

#[test]
fn a_cut_anywhere_before_the_last_boundary_is_an_error() {
    let over = DOCUMENTED.len() - "\r\n".len();
    for cut in 0..over {
        let (parts, end) = whole(&DOCUMENTED[..cut]);
        assert_eq!(end, Err(MultipartError::Cut), "cut at {cut}");
        assert!(parts.get(1).is_none_or(|(_, _, over)| !over || cut > over_of_file()), "cut at {cut}");
    }
    whole(&DOCUMENTED[..over]).1.expect("what follows the last boundary says nothing");
}

/// Where the boundary after the file has been read.
fn over_of_file() -> usize {
    DOCUMENTED.find("hello").expect("the file") + "hello\r\n--B".len() - 1
}

#[test]
fn names_are_read_as_clients_write_them() {
    for (written, name) in [
        (r#"filename="a b.txt""#, "a b.txt"),
        (r#"filename=plain.txt"#, "plain.txt"),
        (r#"filename="say \"hi\".txt""#, "say \"hi\".txt"),
        (r#"filename="C:\temp\a.txt""#, r"C:\temp\a.txt"),
        (r#"filename="za\u017c.txt"; filename*=utf-8''za%C5%BC%C3%B3%C5%82%C4%87.txt"#, "zażółć.txt"),
        (r#"filename*=UTF-8'pl'%C5%BC; filename="z""#, "ż"),
        (r#"filename="a;b=c.txt""#, "a;b=c.txt"),
        (r#"filename="unended"#, "unended"),
    ] {
        let form = format!("--B\r\ncontent-disposition: FORM-DATA; name=file; {written}\r\n\r\n\r\n--B--");
        let (parts, end) = whole(&form);
        end.expect("whole");
        assert_eq!(parts[0].0.file_name.as_deref(), Some(name), "{written}");
    }
}

#[test]
fn broken_forms_are_refused_by_rule() {
    let long = "x".repeat(9000);
    for (form, error) in [
        (long.as_str(), MultipartError::NoBoundary),
        ("--Bx\r\n", MultipartError::Boundary),
        ("--B\r\n\r\n\r\n--B--", MultipartError::Name),
        ("--B\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n", MultipartError::Name),
        ("--B\r\nContent-Disposition: form-data\r\n\r\n", MultipartError::Name),
        ("--B\r\nno colon\r\n\r\n", MultipartError::Head),
        ("--B\r\nContent-Disposition : form-data; name=a\r\n\r\n", MultipartError::Head),
        ("--B\r\nContent-Disposition: form-data; name=a;\r\n more: b\r\n\r\n", MultipartError::Head),
    ] {
        assert_eq!(whole(form).1, Err(error), "{form:.40}");
    }
    let head = format!("--B\r\nContent-Disposition: form-data; name=\"{long}\"");
    assert_eq!(whole(&head).1, Err(MultipartError::LongHead));
    let blanks = format!("--B{}", " ".repeat(9000));
    assert_eq!(whole(&blanks).1, Err(MultipartError::Boundary));
    let many = "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n".repeat(17);
    let (parts, end) = whole(&many);
    assert_eq!((parts.len(), end), (16, Err(MultipartError::Parts)));
}

#[test]
fn an_error_stays() {
    let mut decoder = Decoder::new("B", MultipartLimits::default());
    decoder.feed(b"--Bx");
    for _ in 0..3 {
        assert_eq!(decoder.poll(), Err(MultipartError::Boundary));
        decoder.feed(DOCUMENTED.as_bytes());
    }
    assert_eq!(decoder.finish(), Err(MultipartError::Boundary));
}

#[test]
fn a_boundary_is_taken_from_its_header_only_if_it_is_one() {
    for (header, boundary) in [
        ("multipart/form-data; boundary=abc", Some("abc")),
        ("Multipart/Form-Data; charset=utf-8; Boundary=\"a b:c\"", Some("a b:c")),
        ("multipart/form-data", None),
        ("multipart/form-data; boundary=", None),
        ("multipart/form-data; boundary=\"a \"", None),
        ("multipart/mixed; boundary=abc", None),
        ("text/plain; boundary=abc", None),
    ] {
        assert_eq!(boundary_of(header).as_deref(), boundary, "{header}");
    }
    assert!(boundary_of(&format!("multipart/form-data; boundary={}", "x".repeat(71))).is_none());
}

#[test]
fn the_length_of_a_form_is_exact_beyond_what_32_bits_count() {
    let boundary = Boundary::new([7; 16]);
    let around = Form::new(&boundary, "id", "a.bin", "", 0).expect("a form").length;
    for length in [1, u64::from(u32::MAX), u64::from(u32::MAX) + 1, 5 << 30, u64::MAX - around] {
        let form = Form::new(&boundary, "id", "a.bin", "", length).expect("a form");
        assert_eq!(form.length, length + around);
        assert_eq!(form.prefix.len() as u64 + form.suffix.len() as u64, around);
    }
    Form::new(&boundary, "id", "a.bin", "", u64::MAX - around + 1).expect_err("too long");
}

#[test]
fn no_name_and_no_type_breaks_out_of_its_header() {
    let boundary = Boundary::new([7; 16]);
    for odd in ["a\"; name=\"id\r\nX: y\r\n\r\n", "a\r\n--tieline", "\u{0}\"\\"] {
        let form = Form::new(&boundary, "id", odd, odd, 3).expect("a form");
        let bytes = [&*form.prefix, b"abc", &*form.suffix].concat();
        let (parts, end) = read(boundary.as_str(), &[&bytes], MultipartLimits::default());
        end.expect("whole");
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[1].0.name, "file");
        assert_eq!(parts[1].0.file_name.as_deref(), Some(&*safe_name(odd)));
    }
}

/// Bytes in which line ends, dashes and the boundary are common.
fn awkward() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(
        [
            "\r\n--B",
            "\r\n--",
            "\r\n",
            "\r",
            "-",
            "--B--",
            "\r\n\r\n",
            "Content-Disposition: form-data; name=\"file\"",
            "B",
            "hello",
            " ",
        ]
        .to_vec(),
    );
    vec(word, 0..40).prop_map(|words| words.concat().into_bytes())
}

fn cut<'b>(bytes: &'b [u8], cuts: &[prop::sample::Index]) -> Vec<&'b [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

proptest! {
    #[test]
    fn how_bytes_are_cut_up_changes_nothing(bytes in awkward(), cuts in vec(any::<prop::sample::Index>(), 0..20), parts in 1_usize..4, head in 0_usize..80) {
        let mut limits = MultipartLimits::default();
        (limits.parts, limits.head) = (parts, head);
        let form = [b"--B\r\n".as_slice(), &bytes].concat();
        let at_once = read("B", &[&form], limits);
        prop_assert_eq!(&at_once, &read("B", &cut(&form, &cuts), limits));
        let single: Vec<&[u8]> = form.chunks(1).collect();
        prop_assert_eq!(&at_once, &read("B", &single, limits));
    }

    #[test]
    fn what_is_written_is_read(bytes in awkward(), id in "[ -~\r\n]{0,40}", name in ".{0,40}", random: [u8; 16], cuts in vec(any::<prop::sample::Index>(), 0..20)) {
        let boundary = Boundary::new(random);
        let form = Form::new(&boundary, &id, &name, "text/plain", bytes.len() as u64).expect("a form");
        let all = [&*form.prefix, &bytes, &*form.suffix].concat();
        prop_assert_eq!(all.len() as u64, form.length);
        let given = boundary_of(form.content_type.to_str().expect("text")).expect("a boundary");
        let (parts, end) = read(&given, &cut(&all, &cuts), MultipartLimits::default());
        prop_assert_eq!(end, Ok(()));
        prop_assert_eq!(parts.len(), 2);
        prop_assert_eq!(&parts[0].1, id.as_bytes());
        prop_assert_eq!(&parts[1].1, &bytes);
        prop_assert_eq!(parts[1].0.file_name.as_deref(), Some(&*safe_name(&name)));
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..300), cuts in vec(any::<prop::sample::Index>(), 0..9)) {
        let _ = read("B", &cut(&bytes, &cuts), MultipartLimits::default());
    }
}
