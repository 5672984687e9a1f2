//! Randomness as an argument: decisions never reach for an ambient generator.

/// A source of unpredictable bytes. The server hands out the operating system's, tests a seeded
/// one.
pub trait Entropy {
    /// Fills `bytes` with random bytes.
    fn fill(&mut self, bytes: &mut [u8]);
}

const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Returns `length` characters of `0-9A-Za-z`, each uniformly distributed (about 5.95 bits each).
pub fn alphanumeric(rng: &mut dyn Entropy, length: usize) -> String {
    from_alphabet(rng, ALPHANUMERIC, length)
}

/// Returns `length` lower-case hexadecimal digits (4 bits each).
pub fn hex(rng: &mut dyn Entropy, length: usize) -> String {
    from_alphabet(rng, b"0123456789abcdef", length)
}

/// Returns `length` decimal digits, each uniformly distributed.
pub fn digits(rng: &mut dyn Entropy, length: usize) -> String {
    from_alphabet(rng, b"0123456789", length)
}

/// Draws uniformly from `alphabet` by rejecting bytes beyond its largest multiple below 256.
fn from_alphabet(rng: &mut dyn Entropy, alphabet: &[u8], length: usize) -> String {
    let limit = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    let mut bytes = [0u8; 32];
    while text.len() < length {
        rng.fill(&mut bytes);
        let chosen = bytes.iter().map(|b| usize::from(*b)).filter(|b| *b < limit);
        for byte in chosen.take(length - text.len()) {
            text.push(char::from(alphabet[byte % alphabet.len()]));
        }
    }
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Counts upwards: predictable, for tests only.
    pub(crate) struct Counting(pub(crate) u8);

    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0;
                self.0 = self.0.wrapping_add(1);
            }
        }
    }

    #[test]
    fn text_has_the_asked_length_and_alphabet() {
        let mut rng = Counting(250);
        for length in [0, 1, 31, 32, 33, 100] {
            let text = alphanumeric(&mut rng, length);
            assert_eq!(text.len(), length);
            assert!(text.bytes().all(|b| b.is_ascii_alphanumeric()));
        }
        assert!(digits(&mut rng, 40).bytes().all(|b| b.is_ascii_digit()));
        assert!(hex(&mut rng, 40).bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
