//! `multipart/form-data` in any pieces.

use arbitrary::Unstructured;
use tieline_portsip_im::file::multipart::{
    Boundary, Decoder, Form, MultipartError, MultipartLimits, Part, PartEvent, boundary_of,
};
use tieline_portsip_im::file::safe_name;

/// Parts with their bytes, and whether they ended.
type Parts = Vec<(Part, Vec<u8>, bool)>;

fn read<'b>(
    boundary: &str,
    pieces: impl Iterator<Item = &'b [u8]>,
    limits: MultipartLimits,
) -> (Parts, Result<(), MultipartError>) {
    let mut decoder = Decoder::new(boundary, limits);
    let mut parts: Parts = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        loop {
            match decoder.poll() {
                Ok(None) => break,
                Ok(Some(PartEvent::Begin(part))) => {
                    assert!(parts.last().is_none_or(|(_, _, over)| *over), "a part within a part");
                    parts.push((part, Vec::new(), false));
                }
                Ok(Some(PartEvent::Data(bytes))) => parts.last_mut().expect("a part").1.extend_from_slice(&bytes),
                Ok(Some(PartEvent::End)) => parts.last_mut().expect("a part").2 = true,
                Ok(Some(other)) => panic!("{other:?}"),
                Err(error) => {
                    assert_eq!(decoder.poll(), Err(error), "an error stays");
                    return (parts, Err(error));
                }
            }
        }
    }
    (parts, decoder.finish())
}

/// Any bytes after the first boundary: how they are cut changes nothing, and the limits hold.
pub fn decoder(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let (Ok(step), Ok(parts), Ok(head)) =
        (u.int_in_range(1..=40_usize), u.int_in_range(1..=4), u.int_in_range(0..=200))
    else {
        return;
    };
    let mut limits = MultipartLimits::default();
    (limits.parts, limits.head) = (parts, head);
    let bytes = [b"--B\r\n".as_slice(), u.take_rest()].concat();
    let at_once = read("B", std::iter::once(&*bytes), limits);
    assert!(at_once.0.len() <= parts);
    assert_eq!(at_once, read("B", bytes.chunks(step), limits));
    assert_eq!(at_once, read("B", bytes.chunks(1), limits));
    if let Ok(text) = core::str::from_utf8(&bytes) {
        let _ = boundary_of(text);
        let safe = safe_name(text);
        assert_eq!(safe_name(&safe), safe, "a safe name stays");
    }
}

/// What is written is read.
pub fn round_trip(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let (Ok(random), Ok(step)) = (u.arbitrary::<[u8; 16]>(), u.int_in_range(1..=40_usize)) else { return };
    let (Ok(id), Ok(name), Ok(kind)) = (u.arbitrary::<&str>(), u.arbitrary::<&str>(), u.arbitrary::<&str>()) else {
        return;
    };
    let bytes = u.take_rest();
    let boundary = Boundary::new(random);
    let form = Form::new(&boundary, id, name, kind, bytes.len() as u64).expect("a form");
    let all = [&*form.prefix, bytes, &*form.suffix].concat();
    assert_eq!(all.len() as u64, form.length);
    let given = boundary_of(form.content_type.to_str().expect("text")).expect("a boundary");
    if bytes.windows(given.len()).any(|window| window == given.as_bytes()) || id.contains(&given) {
        return;
    }
    let (parts, end) = read(&given, all.chunks(step), MultipartLimits::default());
    assert_eq!((end, parts.len()), (Ok(()), 2));
    assert_eq!((&*parts[0].1, &*parts[1].1), (id.as_bytes(), bytes));
    assert_eq!(parts[1].0.file_name.as_deref(), Some(&*safe_name(name)));
}
