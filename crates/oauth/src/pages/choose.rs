//! The account selection: who this browser knows.

use maud::{Markup, html};

use super::layout::{Look, Width, page, token_field};

/// Somebody this browser knows.
pub(crate) struct Known<'a> {
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    /// No password is needed.
    pub(crate) signed_in: bool,
}

pub(crate) fn render(look: &Look, token: &str, app: &str, people: &[Known<'_>]) -> Markup {
    let texts = look.texts();
    let body = html! {
        p.quiet { ((texts.to_go_on_to)(app)) }
        form method="post" action="/sign-in/choose" {
            (token_field(token))
            @for person in people {
                button.second type="submit" name="account" value=(person.email) {
                    (person.name) br;
                    (person.email) br;
                    span.quiet { @if person.signed_in { (texts.signed_in) } @else { (texts.password_needed) } }
                }
            }
            button.second type="submit" name="account" value="" { (texts.another_account) }
        }
    };
    page(look, Width::Form, texts.choose_account, &[], &body)
}
