//! Passkeys. The browser's part is a script of this server, `passkey.js`; without it the page says what to do instead.

use maud::{Markup, html};

use super::layout::{Look, Width, page, token_field};

/// The path of the script.
pub(crate) const SCRIPT_PATH: &str = "/sign-in/passkey.js";

/// A form that the script fills in and sends.
pub(crate) struct PasskeyForm<'a> {
    pub(crate) look: &'a Look,
    pub(crate) token: &'a str,
    /// Where the answer is sent.
    pub(crate) action: &'static str,
    /// Add one, or show one.
    pub(crate) add: bool,
    /// What the person calls the one they add.
    pub(crate) label: Option<&'a str>,
    /// The question, for `navigator.credentials`.
    pub(crate) options: &'a str,
}

pub(crate) fn form(shown: &PasskeyForm<'_>) -> Markup {
    let texts = shown.look.texts();
    html! {
        form #passkey method="post" action=(shown.action) data-options=(shown.options)
            data-wish=(if shown.add { "add" } else { "show" }) {
            (token_field(shown.token))
            @if let Some(label) = shown.label { input type="hidden" name="label" value=(label); }
            input type="hidden" name="passkey" value="";
            p.quiet #passkey-needs-script { (texts.passkey_needs_script) }
            p.problem #passkey-failed role="alert" hidden { (texts.passkey_failed) }
            button #passkey-button type="button" hidden {
                (if shown.add { texts.add_passkey } else { texts.use_passkey })
            }
        }
        script src=(SCRIPT_PATH) defer {}
    }
}

/// The page on which a passkey is added.
pub(crate) fn add(shown: &PasskeyForm<'_>) -> Markup {
    let texts = shown.look.texts();
    let body = html! {
        p { (texts.passkey_text) }
        (form(shown))
        a.button.second href="/account" { (texts.cancel) }
    };
    page(shown.look, Width::Form, texts.add_passkey, &[], &body)
}
