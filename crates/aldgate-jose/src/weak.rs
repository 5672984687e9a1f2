//! Keys that fit the format and must still not be trusted (RFC 8725 section 3.5).

use crate::JoseError;

/// Bits an RSA modulus may have. Smaller is weak, larger is a way to burn the verifier's time.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Checks an RSA public key given as big-endian numbers without leading zeros.
pub(crate) fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), JoseError> {
    let (Some(first), Some(last), Some(e_last)) = (n.first(), n.last(), e.last()) else {
        return Err(JoseError::KeyInvalid);
    };
    if *first == 0 || e[0] == 0 || last & 1 == 0 {
        return Err(JoseError::KeyInvalid);
    }
    if !RSA_BITS.contains(&bits(n)) || e_last & 1 == 0 || bits(e) > 33 || e == [1] {
        return Err(JoseError::KeyWeak);
    }
    if has_roca_fingerprint(n) {
        Err(JoseError::KeyWeak)
    } else {
        Ok(())
    }
}

/// Checks an Ed25519 public key: a canonical `y`, and not one of the points of small order, with
/// which one signature fits many messages (RFC 8032 section 5.1.3 and 8.4).
pub(crate) fn check_ed25519(x: &[u8; 32]) -> Result<(), JoseError> {
    let mut y = *x;
    y[31] &= 0x7f;
    let canonical = y[31] != 0x7f || y[1..31].iter().any(|byte| *byte != 0xff) || y[0] < 0xed;
    if !canonical {
        return Err(JoseError::KeyInvalid);
    }
    if SMALL_ORDER.contains(&y) {
        Err(JoseError::KeyWeak)
    } else {
        Ok(())
    }
}

/// Number of bits of a big-endian number without leading zeros.
fn bits(number: &[u8]) -> usize {
    number
        .first()
        .map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

/// CVE-2017-15361: moduli of a broken generator are powers of 65537 modulo each small prime.
fn has_roca_fingerprint(n: &[u8]) -> bool {
    ROCA_PRIMES.iter().all(|prime| {
        let residue = n
            .iter()
            .fold(0, |sum, byte| (sum * 256 + u32::from(*byte)) % prime);
        let mut power = 1;
        loop {
            if power == residue {
                return true;
            }
            power = power * 65537 % prime;
            if power == 1 {
                return false;
            }
        }
    })
}

const ROCA_PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// `y` of the points whose order divides 8, little-endian, canonical: 0, 1, -1 and the two of
/// order 8.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    [
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
    ],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x7f,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jwt_07_rsa_limits() {
        let mut n = vec![0xff; 256];
        assert_eq!(check_rsa(&n, &[1, 0, 1]), Ok(()));
        assert_eq!(check_rsa(&n, &[1]), Err(JoseError::KeyWeak));
        assert_eq!(check_rsa(&n, &[1, 0, 0]), Err(JoseError::KeyWeak));
        assert_eq!(check_rsa(&n, &[4, 0, 0, 0, 1]), Err(JoseError::KeyWeak));
        assert_eq!(check_rsa(&n, &[]), Err(JoseError::KeyInvalid));
        n[0] = 0;
        assert_eq!(check_rsa(&n, &[1, 0, 1]), Err(JoseError::KeyInvalid));
        assert_eq!(check_rsa(&[0xff; 128], &[1, 0, 1]), Err(JoseError::KeyWeak));
        assert_eq!(
            check_rsa(&vec![0xff; 2048], &[1, 0, 1]),
            Err(JoseError::KeyWeak)
        );
    }

    #[test]
    fn jwt_07_roca_is_a_power_of_65537_modulo_every_prime() {
        // 65537 itself has the fingerprint; 65537 + 2 does not.
        assert!(has_roca_fingerprint(&[1, 0, 1]));
        assert!(!has_roca_fingerprint(&[1, 0, 3]));
    }

    #[test]
    fn jwt_09_small_and_non_canonical_ed25519_keys() {
        for mut y in SMALL_ORDER {
            assert_eq!(check_ed25519(&y), Err(JoseError::KeyWeak));
            y[31] |= 0x80;
            assert_eq!(check_ed25519(&y), Err(JoseError::KeyWeak));
        }
        let mut p = SMALL_ORDER[2];
        p[0] = 0xed;
        assert_eq!(check_ed25519(&p), Err(JoseError::KeyInvalid));
    }
}
