//! The encoder the hub is given, so that a card's ActiveSync form is made once, when the card changes, and copied
//! into every answer.

use contact::eas::{EasContact, Lens};
use hub::FormEncoder;

use crate::application_data;

/// Encodes contacts as the content of `ApplicationData`.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApplicationDataForms;

impl FormEncoder for ApplicationDataForms {
    fn encode(&self, contact: &EasContact, lens: &Lens, picture: Option<&[u8]>) -> Vec<u8> {
        application_data::form(contact, lens.served_body(contact), picture).into_bytes()
    }
}
