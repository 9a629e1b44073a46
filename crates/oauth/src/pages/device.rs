//! Connecting a device without a browser (RFC 8628 3.3).

use maud::{Markup, html};

use super::layout::{Look, Problem, Width, described_by, field_problem, has_problem, page, token_field};

/// Asks for the code that the device shows.
pub(crate) fn ask(look: &Look, token: &str, user_code: &str, problems: &[Problem]) -> Markup {
    let texts = look.texts();
    let body = html! {
        form method="post" action="/device" {
            (token_field(token))
            label for="code" { (texts.device_code) }
            p.hint #code-hint { (texts.device_code_hint) }
            (field_problem(problems, "code"))
            input.code #code name="user_code" type="text" autocomplete="off" autocapitalize="characters"
                spellcheck="false" required maxlength="20" value=(user_code) autofocus
                aria-invalid=[has_problem(problems, "code").then_some("true")]
                aria-describedby=[described_by(problems, "code", Some("code-hint"))];
            button type="submit" { (texts.continue_) }
        }
    };
    page(look, Width::Form, texts.connect_device, problems, &body)
}

/// Says what was decided.
pub(crate) fn decided(look: &Look, allowed: bool) -> Markup {
    let texts = look.texts();
    let (title, text) = if allowed {
        (texts.device_allowed, texts.device_allowed_text)
    } else {
        (texts.device_denied, texts.device_denied_text)
    };
    page(look, Width::Form, title, &[], &html! { p { (text) } })
}
