//! Bytes derived from a refresh token: the same token always gives the same answer (ruling R9).

use aws_lc_rs::hmac;

use crate::id::GrantId;
use crate::random::Entropy;

/// A deterministic source of bytes, keyed by the server: HMAC-SHA-256 in counter mode over the
/// presented token, its family and a purpose. Without the key nothing of it can be predicted; with
/// another token, family or purpose the bytes are unrelated.
pub struct Derived {
    key: hmac::Key,
    context: Vec<u8>,
    counter: u64,
    block: [u8; 32],
    left: usize,
}

impl Derived {
    /// `key` is derived from the master key for this purpose alone. `purpose` names what is made:
    /// the successor, an access token of a scope ….
    #[must_use]
    pub fn new(key: &[u8; 32], presented: &str, family: &GrantId, purpose: &str) -> Self {
        let mut context = Vec::with_capacity(256);
        for part in ["aldgate refresh", presented, family.as_str(), purpose] {
            // Lengths first: no two different lists of parts read alike.
            context.extend_from_slice(&(part.len() as u64).to_be_bytes());
            context.extend_from_slice(part.as_bytes());
        }
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            context,
            counter: 0,
            block: [0; 32],
            left: 0,
        }
    }

    fn next_block(&mut self) {
        let mut mac = hmac::Context::with_key(&self.key);
        mac.update(&self.counter.to_be_bytes());
        mac.update(&self.context);
        self.block.copy_from_slice(mac.sign().as_ref());
        self.counter += 1;
        self.left = self.block.len();
    }
}

impl Entropy for Derived {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            if self.left == 0 {
                self.next_block();
            }
            *byte = self.block[self.block.len() - self.left];
            self.left -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::TokenKind;

    fn successor(key: u8, presented: &str, family: &str, purpose: &str) -> String {
        let family = GrantId::parse(family).unwrap();
        let mut derived = Derived::new(&[key; 32], presented, &family, purpose);
        TokenKind::Refresh.generate(&mut derived).expose().clone()
    }

    #[test]
    fn rtk_02_a_successor_depends_on_key_token_family_and_purpose_alone() {
        let one = successor(1, "aldr_a", "gnt_1", "refresh");
        assert_eq!(one, successor(1, "aldr_a", "gnt_1", "refresh"));
        assert!(TokenKind::Refresh.hash(&one).is_some());
        for other in [
            successor(2, "aldr_a", "gnt_1", "refresh"),
            successor(1, "aldr_b", "gnt_1", "refresh"),
            successor(1, "aldr_a", "gnt_2", "refresh"),
            successor(1, "aldr_a", "gnt_1", "access"),
            successor(1, "aldr_", "gnt_1a", "refresh"),
        ] {
            assert_ne!(one, other);
        }
    }
}
