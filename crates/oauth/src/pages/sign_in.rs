//! The sign-in page: name and password, or the company's own sign-in.

use maud::{Markup, html};

use super::layout::{Look, Problem, Width, described_by, field_problem, has_problem, page, token_field};

/// What the page shows.
pub(crate) struct SignIn<'a> {
    pub(crate) look: &'a Look,
    /// Binds the form to the browser.
    pub(crate) token: &'a str,
    /// Where the person goes on to: the app's name.
    pub(crate) app: &'a str,
    pub(crate) login_name: &'a str,
    /// The company's provider, when there is one.
    pub(crate) company: Option<&'a str>,
    /// Passwords are taken here, not only by the company's provider.
    pub(crate) passwords: bool,
    pub(crate) problems: &'a [Problem],
}

pub(crate) fn render(shown: &SignIn<'_>) -> Markup {
    let texts = shown.look.texts();
    // Whoever is known types the password next; a wrong one is typed again.
    let password_first = !shown.login_name.is_empty() && !has_problem(shown.problems, "name");
    let body = html! {
        p.quiet { ((texts.to_go_on_to)(shown.app)) }
        @if let Some(company) = shown.company {
            a.button href="/sign-in/company/begin" { ((texts.sign_in_with)(company)) }
            @if shown.passwords { p.or { (texts.or) } }
        }
        @if shown.passwords {
            form method="post" action="/sign-in" {
                (token_field(shown.token))
                label for="name" { (texts.login_name) }
                p.hint #name-hint { (texts.login_name_hint) }
                (field_problem(shown.problems, "name"))
                input #name name="name" type="text" inputmode="email" autocomplete="username" autocapitalize="none"
                    spellcheck="false" required maxlength="320" value=(shown.login_name) autofocus[!password_first]
                    aria-invalid=[has_problem(shown.problems, "name").then_some("true")]
                    aria-describedby=[described_by(shown.problems, "name", Some("name-hint"))];
                label for="password" { (texts.password) }
                (field_problem(shown.problems, "password"))
                input #password name="password" type="password" autocomplete="current-password" required
                    maxlength="1024" autofocus[password_first]
                    aria-invalid=[has_problem(shown.problems, "password").then_some("true")]
                    aria-describedby=[described_by(shown.problems, "password", None)];
                button type="submit" { (texts.sign_in) }
            }
        }
        form method="post" action="/sign-in/cancel" {
            (token_field(shown.token))
            button.second type="submit" name="decision" value="cancel" { (texts.cancel) }
        }
    };
    page(shown.look, Width::Form, texts.sign_in, shown.problems, &body)
}
