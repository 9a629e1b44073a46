//! What a vCard file may cost.

/// The largest card that is read, its photo included (20 MiB).
pub const CARD_BYTES_MAX: usize = 20 * 1024 * 1024;

/// The most physical lines of one card; a photo of the largest size in lines of 76 octets fits.
pub const CARD_LINES_MAX: usize = 400_000;

/// The most properties of one card.
pub const CARD_PROPERTIES_MAX: usize = 5_000;

/// Octets of a written line before it is folded, line break not counted (RFC 6350 §3.2).
pub const FOLD_OCTETS: usize = 75;
