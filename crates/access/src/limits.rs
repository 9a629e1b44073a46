//! Everything has a limit.

/// Bytes of a policy file.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;
/// Rules of all kinds together: each decision may ask them all.
pub const RULES_MAX: usize = 500;
/// Values in one condition.
pub const VALUES_MAX: usize = 1_000;
/// Bytes of a name or a pattern.
pub const TEXT_BYTES_MAX: usize = 256;
