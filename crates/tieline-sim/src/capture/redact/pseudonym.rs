//! What stands in the place of numbers, words, ids and secrets.

use super::key::{Purpose, RedactionKey};

const CONSONANTS: &[u8; 20] = b"bcdfghjklmnpqrstvwxz";
const VOWELS: &[u8; 5] = b"aeiou";
/// Letters of a pseudonym: as many as give each of some thousand names one of its own.
const LETTERS: usize = 8;
/// Rounds of the permutation of numbers.
const ROUNDS: u8 = 10;
/// Numbers that do not fit are permuted again: once or twice, a dozen times where few are left.
const WALKS: usize = 1000;

impl RedactionKey {
    /// Digits for digits: a permutation of the numbers of this length. Leading zeros and single digits stay, no other number
    /// begins with zero, and what fits into an integer of 64 bits still does.
    pub(super) fn number(&self, digits: &str) -> String {
        let (zeros, rest) = digits.split_at(digits.len() - digits.trim_start_matches('0').len());
        if rest.len() < 2 {
            return digits.to_owned();
        }
        zeros.to_owned() + &self.remembered(Purpose::Number, rest, || self.permuted(rest))
    }

    fn permuted(&self, rest: &str) -> String {
        // On either side of what fits the numbers are permuted among themselves.
        let sides = |number: &[u8]| {
            ["9223372036854775807", "18446744073709551615"]
                .map(|most| rest.len() == most.len() && number <= most.as_bytes())
        };
        let were = sides(rest.as_bytes());
        let mut number: Vec<u8> = rest.bytes().collect();
        for _ in 0..WALKS {
            self.permute(&mut number);
            if number.first() != Some(&b'0') && sides(&number) == were {
                break;
            }
        }
        number.into_iter().map(char::from).collect()
    }

    /// A Feistel network over the decimal digits.
    fn permute(&self, digits: &mut [u8]) {
        let length = (digits.len() as u64).to_le_bytes();
        let (left, right) = digits.split_at_mut(digits.len() / 2);
        for round in 0..ROUNDS {
            let (change, with) = if round % 2 == 0 { (&mut *left, &*right) } else { (&mut *right, &*left) };
            let seed = self.mac(Purpose::Number, &[&length, &[round], with]);
            let more = if change.len() * 2 > seed.len() {
                self.stream(Purpose::Number, &seed, change.len() * 2)
            } else {
                Vec::new()
            };
            let stream: &[u8] = if more.is_empty() { &seed } else { &more };
            for (digit, pair) in change.iter_mut().zip(stream.chunks_exact(2)) {
                let add = pair.iter().fold(0_u16, |sum, byte| sum << 8 | u16::from(*byte)) % 10;
                *digit = b'0' + ((u16::from(*digit - b'0') + add) % 10) as u8;
            }
        }
    }

    /// A word that can be spoken, written as the word is: `Alice`, `alice` and `ALICE` are the same to it.
    pub(super) fn word(&self, word: &str) -> String {
        let lower = word.to_lowercase();
        let spoken = || spoken(&self.stream(Purpose::Word, lower.as_bytes(), LETTERS * 2));
        let mut out = self.remembered(Purpose::Word, &lower, spoken);
        let mut upper = word.chars().map(char::is_uppercase);
        match (upper.next(), upper.next()) {
            (Some(true), Some(true)) => out.make_ascii_uppercase(),
            (Some(true), _) => {
                if let Some(first) = out.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
            }
            _ => {}
        }
        out
    }

    /// An id of letters and digits: letter for letter of the same case, digit for digit; what could be hexadecimal still could.
    pub(super) fn id(&self, id: &str) -> String {
        let hexadecimal = id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'-'));
        let letters = if hexadecimal { 6 } else { 26 };
        let stream = self.stream(Purpose::Id, id.as_bytes(), id.len() * 2);
        let mut pairs =
            stream.chunks_exact(2).map(|pair| pair.iter().fold(0_u16, |sum, byte| sum << 8 | u16::from(*byte)));
        let mut next = |of: u16| (pairs.next().unwrap_or_default() % of) as u8;
        let map = |c: char| match c {
            '0'..='9' => char::from(b'0' + next(10)),
            'a'..='z' => char::from(b'a' + next(letters)),
            'A'..='Z' => char::from(b'A' + next(letters)),
            other if other.is_alphanumeric() => char::from(b'a' + next(26)),
            other => other,
        };
        id.chars().map(map).collect()
    }

    /// A UUID for a UUID, of the same version.
    pub(super) fn uuid(&self, uuid: &str) -> String {
        let stream = self.stream(Purpose::Id, uuid.to_ascii_lowercase().as_bytes(), uuid.len());
        let nibble = |(at, (c, byte)): (usize, (char, u8))| match c {
            '-' => '-',
            // Version and variant.
            _ if at == 14 || at == 19 => c,
            _ if uuid.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                char::from(b"0123456789ABCDEF"[usize::from(byte % 16)])
            }
            _ => char::from(b"0123456789abcdef"[usize::from(byte % 16)]),
        };
        uuid.chars().zip(stream).enumerate().map(nibble).collect()
    }

    /// An address of a private network for an IPv4 address.
    pub(super) fn address(&self, address: &str) -> String {
        let [a, b, c, ..] = self.mac(Purpose::Address, &[address.as_bytes()]);
        format!("10.{a}.{b}.{c}")
    }

    /// A placeholder; the same for the same secret.
    pub(super) fn secret(&self, secret: &[u8]) -> String {
        let mac = self.mac(Purpose::Secret, &[secret]);
        let name = data_encoding::BASE32_NOPAD.encode(mac.first_chunk::<10>().unwrap_or(&[0; 10]));
        format!("redacted-{}", name.to_ascii_lowercase())
    }

    /// What the words of a text follow from.
    pub(super) fn text_seed(&self, text: &[u8]) -> [u8; 32] {
        self.mac(Purpose::Text, &[text])
    }

    /// The `index`th word of the text of a seed, as long as the word it stands for, up to a limit.
    pub(super) fn text_word(&self, text: &[u8; 32], index: u64, letters: usize) -> String {
        let letters = letters.clamp(1, 24);
        let seed = self.mac(Purpose::Text, &[text, &index.to_le_bytes()]);
        let mut word = spoken(&self.stream(Purpose::Text, &seed, (letters + 1) * 2));
        word.truncate(letters);
        word
    }
}

/// Letters for pairs of bytes, by turns consonants and vowels.
fn spoken(bytes: &[u8]) -> String {
    let letter = |(at, pair): (usize, &[u8])| {
        let number = pair.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        let of: &[u8] = if at % 2 == 0 { CONSONANTS } else { VOWELS };
        char::from(of.get(number % of.len()).copied().unwrap_or(b'x'))
    };
    bytes.chunks_exact(2).enumerate().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::RedactionKey;

    fn key() -> RedactionKey {
        RedactionKey::new(b"a test")
    }

    #[test]
    fn the_numbers_of_a_length_are_permuted() {
        let mapped: BTreeSet<String> = (100..1000).map(|number| key().number(&number.to_string())).collect();
        assert_eq!(mapped.len(), 900);
        assert!(mapped.iter().all(|number| number.len() == 3 && !number.starts_with('0')));
        assert_ne!(key().number("18005550101"), "18005550101");
    }

    #[test]
    fn leading_zeros_single_digits_and_the_width_of_integers_stay() {
        assert_eq!(
            (key().number("7"), key().number("000"), key().number("007")),
            ("7".into(), "000".into(), "007".into())
        );
        assert!(key().number("0048501").starts_with("00"));
        for number in ["9223372036854775807", "1000000000000000001", "9000000000000000000"] {
            assert!(key().number(number).parse::<i64>().is_ok(), "{number}");
        }
        assert!(key().number("18446744073709551615").parse::<u64>().is_ok());
    }

    #[test]
    fn what_is_too_large_for_an_integer_stays_so_and_meets_none_that_fits() {
        for number in ["9223372036854775808", "9876543210123456789", "9999999999999999999"] {
            assert!(key().number(number).parse::<i64>().is_err(), "{number}");
        }
        for number in ["18446744073709551616", "48501234567890123456", "99999999999999999999"] {
            assert!(key().number(number).parse::<u64>().is_err(), "{number}");
        }
    }

    #[test]
    fn a_word_keeps_its_case_and_nothing_else() {
        let (lower, name, upper) = (key().word("alice"), key().word("Alice"), key().word("ALICE"));
        assert_eq!((name.to_lowercase(), upper.to_lowercase()), (lower.clone(), lower.clone()));
        assert!(name.starts_with(char::is_uppercase) && upper.chars().all(char::is_uppercase) && lower.len() == 8);
    }

    #[test]
    fn ids_keep_their_shape() {
        let id = key().id("9SyfcKeZ");
        let shape = |id: &str| id.chars().map(|c| (c.is_ascii_digit(), c.is_ascii_uppercase())).collect::<Vec<_>>();
        assert_eq!(shape(&id), shape("9SyfcKeZ"));
        let uuid = key().uuid("9b2e0001-11f0-4c1d-8a55-7d3f2e1c0b9a");
        assert_eq!((uuid.len(), uuid.matches('-').count(), uuid.get(14..15)), (36, 4, Some("4")));
        assert!(key().id("0005f005").bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn another_key_maps_otherwise() {
        let other = RedactionKey::new(b"another");
        assert_ne!(key().secret(b"hunter2"), other.secret(b"hunter2"));
        assert_ne!(key().fingerprint(), other.fingerprint());
    }
}
