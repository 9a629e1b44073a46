//! Recovery codes, shown once.

use identity::Secret;
use maud::{Markup, html};

use super::layout::{Look, Width, page};

/// `next` is where the person goes on to.
pub(crate) fn render(look: &Look, codes: &[Secret], next: &'static str) -> Markup {
    let texts = look.texts();
    let body = html! {
        p.told role="status" { (texts.codes_made) }
        p { (texts.codes_text) }
        ol.codes {
            @for code in codes { li { code { (code.reveal()) } } }
        }
        a.button href=(next) { (texts.continue_) }
    };
    page(look, Width::Form, texts.recovery_codes, &[], &body)
}
