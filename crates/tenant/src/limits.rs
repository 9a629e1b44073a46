//! How much of an export is looked at.

/// Longest file, in bytes. The mobile devices of a large company come to some tens of megabytes.
pub const FILE_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Deepest nesting of groups that is followed.
pub const GROUP_DEPTH_MAX: usize = 32;
/// Longest rule of a filter, in bytes; Entra takes 3,072 characters.
pub const FILTER_RULE_BYTES_MAX: usize = 16 * 1024;
/// Deepest nesting of brackets in a rule of a filter.
pub const FILTER_DEPTH_MAX: usize = 32;
/// Longest payload of a custom configuration, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many people or devices a sentence names before it says "and so many more".
pub const NAMED_IN_TEXT_MAX: usize = 5;
