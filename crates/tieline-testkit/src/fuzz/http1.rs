//! Answers of HTTP/1.1 in any pieces.

use tieline_core::http::{Method, ResponseHead, StatusCode};
use tieline_core::http1::{BodyReader, Framing, HeadReader, Http1Error, MAX_HEADERS, keeps_open};

/// What an answer is: its status, how many headers, its body, whether another may follow, and the bytes behind it.
type Answer = (StatusCode, usize, Vec<u8>, bool, Vec<u8>);

fn read<'b>(method: &Method, pieces: impl Iterator<Item = &'b [u8]>) -> Result<Answer, Http1Error> {
    let mut reader = HeadReader::new();
    let mut begun: Option<(ResponseHead, BodyReader, bool)> = None;
    let (mut body, mut rest) = (Vec::new(), Vec::new());
    for mut piece in pieces {
        if begun.is_none() {
            let Some(head) = reader.read(&mut piece)? else {
                assert!(piece.is_empty(), "bytes of a head are left");
                continue;
            };
            let framing = Framing::of(method, &head)?;
            let open = keeps_open(&head, framing);
            begun = Some((head, BodyReader::new(framing), open));
        }
        let Some((_, reader, _)) = &mut begun else { continue };
        while let Some(part) = reader.read(&mut piece)? {
            assert!(!part.is_empty(), "an empty piece");
            body.extend_from_slice(part);
        }
        assert!(reader.is_over() || piece.is_empty(), "bytes of a body are left");
        rest.extend_from_slice(piece);
    }
    let (head, mut reader, open) = begun.ok_or(Http1Error::Cut)?;
    reader.end_of_stream()?;
    assert!(head.headers.len() <= MAX_HEADERS);
    Ok((head.status, head.headers.len(), body, open, rest))
}

/// How an answer is cut changes nothing, what follows it stays, and nothing is made up.
pub fn answer(data: &[u8]) {
    let Some((&choice, bytes)) = data.split_first() else { return };
    let method = if choice & 1 == 0 { Method::GET } else { Method::HEAD };
    let head: &[u8] = match choice >> 1 & 3 {
        0 => b"",
        1 => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        2 => b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n",
        _ => b"HTTP/1.1 ",
    };
    let bytes = [head, bytes].concat();
    let at_once = read(&method, std::iter::once(&*bytes));
    if let Ok((_, _, body, _, rest)) = &at_once {
        assert!(body.len() + rest.len() <= bytes.len() && bytes.ends_with(rest));
    }
    let step = usize::from(choice >> 3) + 1;
    assert_eq!(at_once, read(&method, bytes.chunks(step)));
    assert_eq!(at_once, read(&method, bytes.chunks(1)));
}
