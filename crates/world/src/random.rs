//! Random numbers: salts and keys from the operating system, or a sequence that a seed decides.

use std::sync::{Mutex, PoisonError};

use holdfast_model::Problem;

/// Fills buffers with random bytes.
pub trait Random: Send + Sync + std::fmt::Debug {
    /// Fills the buffer, or fails and leaves its content unspecified.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Problem>;
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Problem> {
        getrandom::fill(buffer).map_err(|error| {
            Problem::new("no-random", format!("the system gives no random numbers: {error}"))
                .help("this needs the getrandom system call, or `/dev/urandom`")
        })
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, full period, the same on every machine. It
/// decides tests and simulations; it is never a source of keys.
#[derive(Debug, Clone)]
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; zero for a bound of zero. The bias is far below what tests see.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or_default()
    }
}

/// A sequence that follows from its seed, for recorded worlds.
#[derive(Debug)]
pub struct SeededRandom(Mutex<SplitMix>);

impl SeededRandom {
    /// Starts a sequence.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(SplitMix(seed)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Problem> {
        let mut sequence = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in buffer.chunks_mut(8) {
            for (to, from) in chunk.iter_mut().zip(sequence.next().to_le_bytes()) {
                *to = from;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // The first numbers of SplitMix64 from seed 1234567, as many libraries test them.
        let mut sequence = SplitMix(1_234_567);
        assert_eq!(sequence.next(), 6_457_827_717_110_365_317);
        assert_eq!(sequence.next(), 3_203_168_211_198_807_973);
        assert_eq!(sequence.next(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn the_system_fills_all_of_it() {
        let mut buffer = [0; 64];
        SystemRandom.fill(&mut buffer).unwrap();
        // Each half is zero with probability 2^-256.
        assert!(buffer[..32].iter().any(|byte| *byte != 0));
        assert!(buffer[32..].iter().any(|byte| *byte != 0));
    }

    #[test]
    fn equal_seeds_are_equal() {
        let fill = |seed| {
            let mut buffer = [0; 21];
            SeededRandom::new(seed).fill(&mut buffer).unwrap();
            buffer
        };
        assert_eq!(fill(7), fill(7));
        assert_ne!(fill(7), fill(8));
    }
}
