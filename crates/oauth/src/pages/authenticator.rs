//! Adding an authenticator app: what it is shown, and the code it shows.

use identity::Secret;
use maud::{Markup, html};

use super::layout::{Look, Problem, Width, described_by, field_problem, has_problem, page, token_field};

/// What the page shows.
pub(crate) struct App<'a> {
    pub(crate) look: &'a Look,
    pub(crate) token: &'a str,
    /// Where the code is sent.
    pub(crate) action: &'static str,
    /// Why the person sees this, when they did not ask for it.
    pub(crate) intro: Option<&'static str>,
    pub(crate) email: &'a str,
    /// The factor's id in the form, where nothing else knows it. With it, the page belongs to the account.
    pub(crate) factor: Option<&'a str>,
    pub(crate) secret: &'a Secret,
    pub(crate) address: &'a Secret,
    pub(crate) problems: &'a [Problem],
}

pub(crate) fn render(shown: &App<'_>) -> Markup {
    let App { look, problems, .. } = *shown;
    let texts = look.texts();
    let body = html! {
        p.quiet { (shown.email) }
        @if let Some(intro) = shown.intro { p { (intro) } }
        p { (texts.app_steps) }
        dl {
            dt { (texts.app_key) }
            dd.key { (grouped(shown.secret.reveal())) }
            dt { (texts.app_link) }
            dd { a href=(shown.address.reveal()) { (shown.address.reveal()) } }
        }
        form method="post" action=(shown.action) {
            (token_field(shown.token))
            @if let Some(factor) = shown.factor { input type="hidden" name="factor" value=(factor); }
            label for="code" { (texts.code) }
            p.hint #code-hint { (texts.app_code_hint) }
            (field_problem(problems, "code"))
            input.code #code name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required
                maxlength="64" autofocus aria-invalid=[has_problem(problems, "code").then_some("true")]
                aria-describedby=[described_by(problems, "code", Some("code-hint"))];
            button type="submit" name="decision" value="go" { (texts.continue_) }
        }
        @if shown.factor.is_some() {
            a.button.second href="/account" { (texts.cancel) }
        } @else {
            form method="post" action=(shown.action) {
                (token_field(shown.token))
                button.second type="submit" name="decision" value="other" { (texts.not_you) }
            }
        }
    };
    page(look, Width::Form, texts.add_app, problems, &body)
}

/// In groups of four, for typing.
fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_grouped_for_typing() {
        assert_eq!(grouped("ABCDEFGHIJ"), "ABCD EFGH IJ");
        assert_eq!(grouped(""), "");
    }
}
