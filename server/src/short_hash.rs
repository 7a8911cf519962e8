use sha2::{Digest, Sha256};

/// Twelve hexadecimal digits that stand for `bytes`: a name, not a proof.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let number = digest.iter().take(6).fold(0, |number, byte| (number << 8) | u64::from(*byte));
    format!("{number:012x}")
}
