//! The second factor: a passkey, a code of an authenticator app, or a recovery code.

use maud::{Markup, html};

use super::layout::{Look, Problem, Width, described_by, field_problem, has_problem, page, token_field};

pub(crate) fn render(look: &Look, token: &str, email: &str, passkey: Option<&Markup>, problems: &[Problem]) -> Markup {
    let texts = look.texts();
    let body = html! {
        p.quiet { (email) }
        @if let Some(passkey) = passkey {
            (passkey)
            p.or { (texts.or) }
        }
        form method="post" action="/sign-in/code" {
            (token_field(token))
            label for="code" { (texts.code) }
            p.hint #code-hint { (texts.code_hint) }
            (field_problem(problems, "code"))
            input.code #code name="code" type="text" autocomplete="one-time-code" autocapitalize="none"
                spellcheck="false" required maxlength="64" autofocus
                aria-invalid=[has_problem(problems, "code").then_some("true")]
                aria-describedby=[described_by(problems, "code", Some("code-hint"))];
            button type="submit" name="decision" value="go" { (texts.continue_) }
        }
        form method="post" action="/sign-in/code" {
            (token_field(token))
            button.second type="submit" name="decision" value="other" { (texts.not_you) }
        }
    };
    page(look, Width::Form, texts.second_factor, problems, &body)
}
