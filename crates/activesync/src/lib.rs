//! activesync
