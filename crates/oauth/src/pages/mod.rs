//! The pages people see: one file per page, texts in one place. Nothing here decides anything.

pub(crate) mod account;
pub(crate) mod authenticator;
pub(crate) mod choose;
pub(crate) mod consent;
pub(crate) mod device;
pub(crate) mod error;
pub(crate) mod help;
pub(crate) mod layout;
pub(crate) mod own_device_texts;
pub(crate) mod own_devices;
pub(crate) mod passkey;
pub(crate) mod recovery_codes;
pub(crate) mod second_factor;
pub(crate) mod sign_in;
pub(crate) mod texts;

/// The style sheet of all pages.
pub(crate) const STYLE: &str = include_str!("style.css");

/// The script of the pages that ask for a passkey.
pub(crate) const PASSKEY_SCRIPT: &str = include_str!("passkey.js");
