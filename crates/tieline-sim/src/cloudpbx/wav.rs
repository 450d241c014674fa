//! Recordings: WAV files that are computed piece by piece and held nowhere.

use std::time::Duration;

/// Samples a second, one byte each.
const RATE: u64 = 8_000;
/// Bytes before the samples.
const HEADER: u64 = 44;
/// What fills a byte of silence in unsigned 8-bit PCM.
const SILENCE: u8 = 128;
/// How loud the tone is, of 127.
const LOUDNESS: f64 = 40.0;

/// A recording of a call: mono, 8 kHz, unsigned 8-bit PCM. Two voices take turns of a second each, as two tones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wav {
    samples: u64,
}

impl Wav {
    /// A recording of this length. Beyond some six days it is cut, since a WAV file counts in 32 bits.
    pub(crate) fn new(length: Duration) -> Self {
        let wanted = length.as_secs() * RATE + u64::from(length.subsec_millis()) * RATE / 1000;
        // One byte more follows an odd number of samples.
        Self { samples: wanted.min(u64::from(u32::MAX) - HEADER - 1) }
    }

    /// The length of the file in bytes.
    pub(crate) const fn len(self) -> u64 {
        HEADER + self.samples + self.samples % 2
    }

    /// The bytes of the file from `offset` on, at most `most` of them; none at the end.
    pub(crate) fn piece(self, offset: u64, most: usize) -> Vec<u8> {
        let header = self.header();
        let end = self.len().min(offset.saturating_add(most as u64));
        (offset..end)
            .map(|at| match usize::try_from(at).ok().and_then(|at| header.get(at)) {
                Some(byte) => *byte,
                None if at - HEADER < self.samples => sample(at - HEADER),
                None => 0,
            })
            .collect()
    }

    fn header(self) -> [u8; HEADER as usize] {
        let samples = u32::try_from(self.samples).unwrap_or(u32::MAX).to_le_bytes();
        let after_size = u32::try_from(self.len() - 8).unwrap_or(u32::MAX).to_le_bytes();
        let rate = (RATE as u32).to_le_bytes();
        let mut header = [0; HEADER as usize];
        let parts: [&[u8]; 13] = [
            b"RIFF",
            &after_size,
            b"WAVE",
            b"fmt ",
            &[16, 0, 0, 0],
            &[1, 0],
            &[1, 0],
            &rate,
            &rate,
            &[1, 0],
            &[8, 0],
            b"data",
            &samples,
        ];
        let bytes = parts.into_iter().flatten();
        for (place, byte) in header.iter_mut().zip(bytes) {
            *place = *byte;
        }
        header
    }
}

fn sample(at: u64) -> u8 {
    let pitch = if (at / RATE).is_multiple_of(2) { 350.0 } else { 440.0 };
    // Each second begins anew, so the position stays small and exact.
    let seconds = (at % RATE) as f64 / RATE as f64;
    let wave = (seconds * pitch * std::f64::consts::TAU).sin() * LOUDNESS;
    (f64::from(SILENCE) + wave).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(bytes: &[u8]) -> u64 {
        bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }

    #[test]
    fn the_sizes_in_the_header_are_those_of_the_file() {
        for millis in [0, 125, 1_000, 1_001, 61_500] {
            let wav = Wav::new(Duration::from_millis(millis));
            let file = wav.piece(0, usize::MAX);
            assert_eq!(file.len() as u64, wav.len());
            assert_eq!((&file[..4], &file[8..16], &file[36..40]), (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..]));
            assert_eq!(number(&file[4..8]), wav.len() - 8);
            assert_eq!(number(&file[40..44]), millis * 8);
            assert_eq!(file.len() % 2, 0, "chunks are padded to even lengths");
        }
    }

    #[test]
    fn pieces_of_any_size_make_the_same_file() {
        let wav = Wav::new(Duration::from_millis(2_100));
        let whole = wav.piece(0, usize::MAX);
        for most in [1, 7, 43, 44, 45, 4096] {
            let mut file = Vec::new();
            loop {
                let piece = wav.piece(file.len() as u64, most);
                if piece.is_empty() {
                    break;
                }
                file.extend(piece);
            }
            assert_eq!(file, whole, "in pieces of {most}");
        }
    }

    #[test]
    fn a_recording_beyond_what_wav_can_count_is_cut() {
        let wav = Wav::new(Duration::from_secs(u64::from(u32::MAX)));
        assert_eq!(wav.len(), u64::from(u32::MAX) + 1 - 2);
        assert!(wav.piece(wav.len() - 1, 10).len() == 1 && wav.piece(wav.len(), 10).is_empty());
    }
}
