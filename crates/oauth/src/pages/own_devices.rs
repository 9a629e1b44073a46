//! A person's own devices: what becomes of their contacts on each, why, and what to do about it.

use maud::{Markup, html};

use super::layout::Look;
use crate::help_contact::HelpContact;

/// How a device stands, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Allowed,
    Waiting,
    Refused,
}

/// A device, in the words of the person's language.
pub(crate) struct Device {
    /// What the person knows it by, with model and system.
    pub(crate) title: String,
    /// Its DeviceId.
    pub(crate) id: String,
    pub(crate) standing: Standing,
    /// A day, as `2026-11-23`; `None`: from the next time it asks.
    pub(crate) since: Option<String>,
    /// A day.
    pub(crate) last_seen: String,
    /// What decided.
    pub(crate) cause: String,
    /// What becomes of the contacts meanwhile.
    pub(crate) meanwhile: &'static str,
    /// What the person can do.
    pub(crate) remedies: Vec<String>,
}

/// All of them.
pub(crate) fn list(look: &Look, devices: &[Device], contact: Option<&HelpContact>) -> Markup {
    let texts = &look.texts().own_devices;
    html! {
        @if devices.is_empty() { p { (texts.none) } }
        ul.sessions {
            @for device in devices { li { (one(look, device)) } }
        }
        @if devices.iter().any(|device| device.standing != Standing::Allowed) { (whom_to_ask(look, contact)) }
    }
}

fn one(look: &Look, device: &Device) -> Markup {
    let texts = &look.texts().own_devices;
    let (class, standing) = match device.standing {
        Standing::Allowed => ("allowed", texts.allowed),
        Standing::Waiting => ("waiting", texts.waiting),
        Standing::Refused => ("refused", texts.refused),
    };
    html! {
        h3 { (device.title) }
        p.standing.(class) {
            strong { (standing) }
            @if let Some(day) = &device.since {
                ", " (look.texts().since) " " time datetime=(day) { (day) }
            } @else {
                ", " (texts.from_next_sync)
            }
        }
        p { (device.cause) " " (device.meanwhile) }
        @if !device.remedies.is_empty() {
            p { (texts.you_can) }
            ul { @for remedy in &device.remedies { li { (remedy) } } }
        }
        p.quiet { (texts.last_here) " " (device.last_seen) "; " (texts.device_id) " " code { (device.id) } }
    }
}

/// Whom the person asks.
pub(crate) fn whom_to_ask(look: &Look, contact: Option<&HelpContact>) -> Markup {
    let texts = &look.texts().own_devices;
    html! {
        p {
            (texts.ask) " "
            @match contact {
                None => (texts.administrator),
                Some(contact) => {
                    @if let Some(link) = contact.link() { a href=(link) { (contact.text()) } } @else { (contact.text()) }
                }
            }
            ". " (texts.they_see)
        }
    }
}
