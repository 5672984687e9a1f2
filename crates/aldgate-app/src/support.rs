//! Support codes: shown to a person, found in the tenant log.

use aldgate_core::random::Entropy;

/// Digits and letters that are not mistaken for each other (Crockford's alphabet).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Makes a code such as `4K7Q-M2XW`: 40 bits, enough to find one event among a tenant's.
pub fn code(rng: &mut dyn Entropy) -> String {
    let mut bytes = [0; 8];
    rng.fill(&mut bytes);
    let letters = bytes.map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    let text: String = letters.iter().collect();
    format!("{}-{}", &text[..4], &text[4..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn a_code_is_short_and_readable() {
        let code = code(&mut Rng::seeded(1));
        assert_eq!(code.len(), 9);
        assert!(
            code.bytes()
                .all(|byte| byte == b'-' || ALPHABET.contains(&byte)),
            "{code}"
        );
    }
}
