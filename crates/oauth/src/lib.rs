//! The authorization server (OAuth 2.1, OpenID Connect) and its pages.
//!
//! Knows HTTP and HTML; who people are and what was granted is the identity crate's.
