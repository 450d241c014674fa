//! Masking, eight bytes at a time.

/// XORs `data` with the repeated `mask`.
pub(crate) fn apply(mask: [u8; 4], data: &mut [u8]) {
    let [a, b, c, d] = mask;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = data.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= key;
    }
}

/// The mask to go on with after `done` bytes.
pub(crate) fn advanced(mut mask: [u8; 4], done: usize) -> [u8; 4] {
    mask.rotate_left(done % 4);
    mask
}

#[cfg(test)]
mod tests {
    use super::{advanced, apply};

    #[test]
    fn every_byte_is_xored_with_its_own_byte_of_the_mask_wherever_the_data_is_cut() {
        let mask = [0x12, 0x34, 0x56, 0x78];
        for length in 0..40 {
            let plain: Vec<u8> = (0..length).map(|n| n * 5).collect();
            let expected: Vec<u8> = plain.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]).collect();
            for cut in 0..=plain.len() {
                let mut data = plain.clone();
                let (head, tail) = data.split_at_mut(cut);
                apply(mask, head);
                apply(advanced(mask, cut), tail);
                assert_eq!(data, expected);
            }
        }
    }
}
