//! How much of a stranger's file is looked at.

/// Longest file, in bytes. Profiles with many fonts or certificates come to a few megabytes.
pub const FILE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Deepest nesting of dictionaries and arrays. Apple's deepest payload has nine.
pub const DEPTH_MAX: usize = 32;
/// Most values in one property list. A binary one may name the same object over and over and so unfold without end.
pub const VALUES_MAX: usize = 200_000;
/// Most bytes of text and data in one property list, once it is unfolded.
pub const CONTENT_BYTES_MAX: usize = 2 * FILE_BYTES_MAX;
/// Most payloads of a profile that are looked at; each is compared with each.
pub const PAYLOADS_MAX: usize = 500;
/// Most findings in a report; a file that has more has been understood as something it is not.
pub const FINDINGS_MAX: usize = 500;
/// Most signatures looked at to name the signer.
pub const SIGNERS_MAX: usize = 8;
/// Longest identifier and longest server token of a declaration, in octets.
pub const DECLARATION_NAME_BYTES_MAX: usize = 64;
/// Longest piece of a stranger's text that is shown in a finding, in characters.
pub const SHOWN_CHARACTERS_MAX: usize = 80;
