//! The only place that makes randomness: the operating system's, or a seeded one in tests.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aldgate_core::random::Entropy;
use aws_lc_rs::digest::{Context, SHA256};

/// Hands out sources of randomness; cheap to clone.
#[derive(Clone)]
pub struct Rng(Source);

#[derive(Clone)]
enum Source {
    System,
    Seeded { seed: u64, drawn: Arc<AtomicU64> },
}

impl Rng {
    /// The operating system's generator.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A generator that gives the same bytes for the same seed. For tests only.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded {
            seed,
            drawn: Arc::new(AtomicU64::new(0)),
        })
    }
}

impl Entropy for Rng {
    fn fill(&mut self, bytes: &mut [u8]) {
        match &self.0 {
            // Fails only when the operating system has no entropy source at all: nothing secret
            // can be made then, and going on would be worse than stopping.
            Source::System => {
                getrandom::fill(bytes).expect("invariant: the operating system gives random bytes");
            }
            Source::Seeded { seed, drawn } => {
                for chunk in bytes.chunks_mut(32) {
                    let mut context = Context::new(&SHA256);
                    context.update(&seed.to_be_bytes());
                    context.update(&drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes());
                    chunk.copy_from_slice(&context.finish().as_ref()[..chunk.len()]);
                }
            }
        }
    }
}

impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rng")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(mut rng: Rng) -> [u8; 40] {
        let mut bytes = [0; 40];
        rng.fill(&mut bytes);
        bytes
    }

    #[test]
    fn a_seed_repeats_and_goes_on() {
        assert_eq!(draw(Rng::seeded(1)), draw(Rng::seeded(1)));
        assert_ne!(draw(Rng::seeded(1)), draw(Rng::seeded(2)));
        let rng = Rng::seeded(1);
        assert_ne!(draw(rng.clone()), draw(rng));
    }

    #[test]
    fn adm_02_the_systems_generator_does_not_repeat() {
        assert_ne!(draw(Rng::system()), draw(Rng::system()));
    }
}
