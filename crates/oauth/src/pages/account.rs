//! A person's own devices and programs.

use maud::{Markup, html};

use super::layout::{Look, Width, page, token_field};

/// A session, as the person sees it.
pub(crate) struct Entry {
    /// Its id in forms.
    pub(crate) id: String,
    /// The app, and the device when it is known.
    pub(crate) title: String,
    /// What it reaches.
    pub(crate) reaches: &'static str,
    /// Days, as `2026-11-23`.
    pub(crate) since: String,
    pub(crate) last_used: String,
}

pub(crate) fn render(look: &Look, token: &str, name: &str, email: &str, sessions: &[Entry], ended: bool) -> Markup {
    let texts = look.texts();
    let body = html! {
        p { (name) br; (email) }
        @if ended { p.told role="status" { (texts.session_ended) } }
        h2 { (texts.where_signed_in) }
        @if sessions.is_empty() { p { (texts.nowhere_signed_in) } }
        ul.sessions {
            @for session in sessions {
                li {
                    strong { (session.title) }
                    p.quiet {
                        (session.reaches) "; " (texts.since) " " (session.since) ", "
                        (texts.last_used) " " (session.last_used)
                    }
                    form method="post" action="/account/sign-out" {
                        (token_field(token))
                        input type="hidden" name="session" value=(session.id);
                        button.second type="submit" aria-label=((texts.sign_out_of)(&session.title)) { (texts.sign_out) }
                    }
                }
            }
        }
        form method="post" action="/sign-out" {
            (token_field(token))
            button.second type="submit" { (texts.sign_out_here) }
        }
    };
    page(look, Width::Text, texts.your_account, &[], &body)
}

/// After signing out.
pub(crate) fn signed_out(look: &Look) -> Markup {
    let texts = look.texts();
    page(look, Width::Form, texts.signed_out, &[], &html! { p { (texts.signed_out_text) } })
}
