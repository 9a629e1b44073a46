//! The MDM server inside.
