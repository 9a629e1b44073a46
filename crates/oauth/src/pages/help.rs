//! Why a device has no contacts, in plain words: for people whose device waits or was refused. No mail tells them.

use maud::{Markup, html};

use super::layout::{Look, Width, page};

pub(crate) fn device(look: &Look) -> Markup {
    let texts = look.texts();
    let body = html! {
        p { (texts.help_intro) }
        h2 { (texts.help_waiting) }
        @for text in texts.help_waiting_text { p { (text) } }
        h2 { (texts.help_blocked) }
        @for text in texts.help_blocked_text { p { (text) } }
        h2 { (texts.help_do) }
        ul { @for text in texts.help_do_list { li { (text) } } }
        p.told { (texts.help_safe) }
    };
    page(look, Width::Text, texts.help_device, &[], &body)
}
