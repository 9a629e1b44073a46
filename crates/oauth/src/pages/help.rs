//! Why a device has no contacts, in plain words: for people whose device waits or was refused. No mail tells them.

use maud::{Markup, html};

use super::{
    layout::{Look, Width, page},
    own_devices::{Device, list, whom_to_ask},
};
use crate::help_contact::HelpContact;

/// Who reads it.
pub(crate) enum Reader<'a> {
    /// Somebody; they may sign in to see their own devices.
    Stranger,
    /// A person, with their devices.
    Known { name: &'a str, email: &'a str, devices: &'a [Device] },
}

/// `sign_in` is the page of the sign-in that was left for this one.
pub(crate) fn device(
    look: &Look,
    reader: &Reader<'_>,
    contact: Option<&HelpContact>,
    sign_in: Option<&'static str>,
) -> Markup {
    let texts = look.texts();
    let own = &texts.own_devices;
    let body = html! {
        @if let Some(place) = sign_in { p { a href=(place) { (own.back_to_sign_in) } } }
        @match reader {
            Reader::Known { name, email, devices } => {
                h2 { (own.title) }
                p.quiet { (name) ", " (email) }
                (list(look, devices, contact))
            }
            Reader::Stranger => {
                p { (own.sign_in_to_see) }
                a.button href="/help/device/sign-in" { (own.sign_in_button) }
                (in_general(look))
                (whom_to_ask(look, contact))
            }
        }
        p.told { (texts.help_safe) }
    };
    page(look, Width::Text, texts.help_device, &[], &body)
}

/// What can be said without knowing who reads it.
fn in_general(look: &Look) -> Markup {
    let texts = look.texts();
    html! {
        p { (texts.help_intro) }
        h2 { (texts.help_waiting) }
        @for text in texts.help_waiting_text { p { (text) } }
        h2 { (texts.help_blocked) }
        @for text in texts.help_blocked_text { p { (text) } }
        h2 { (texts.help_do) }
        ul { @for text in texts.help_do_list { li { (text) } } }
    }
}
