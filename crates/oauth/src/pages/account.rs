//! A person's own devices and programs, and their second factors.

use maud::{Markup, html};

use super::{
    layout::{Look, Problem, Width, page, token_field},
    own_devices::{self, Device},
};
use crate::help_contact::HelpContact;

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

/// A second factor, as the person sees it.
pub(crate) struct Factor {
    /// Its id in forms.
    pub(crate) id: String,
    /// What the person calls it, and what it is.
    pub(crate) title: String,
    /// Days, as `2026-11-23`.
    pub(crate) since: String,
    pub(crate) last_used: Option<String>,
}

/// What the page shows.
pub(crate) struct Account<'a> {
    pub(crate) look: &'a Look,
    pub(crate) token: &'a str,
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    /// What has asked for contacts.
    pub(crate) devices: &'a [Device],
    /// Whom to ask about them.
    pub(crate) contact: Option<&'a HelpContact>,
    pub(crate) sessions: &'a [Entry],
    pub(crate) factors: &'a [Factor],
    /// How many are left.
    pub(crate) recovery_codes: usize,
    /// Passkeys are possible at this server's address.
    pub(crate) passkeys: bool,
    /// What has just been done.
    pub(crate) told: Option<&'static str>,
    pub(crate) problems: &'a [Problem],
}

pub(crate) fn render(shown: &Account<'_>) -> Markup {
    let Account { look, token, sessions, .. } = *shown;
    let texts = look.texts();
    let body = html! {
        p { (shown.name) br; (shown.email) }
        @if let Some(told) = shown.told { p.told role="status" { (told) } }
        h2 { (texts.own_devices.title) }
        (own_devices::list(look, shown.devices, shown.contact))
        p { a href="/help/device" { (texts.own_devices.why) } }
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
        (second_step(shown))
        form method="post" action="/sign-out" {
            (token_field(token))
            button.second type="submit" { (texts.sign_out_here) }
        }
    };
    page(look, Width::Text, texts.your_account, shown.problems, &body)
}

/// The second factors, and the forms that add one.
fn second_step(shown: &Account<'_>) -> Markup {
    let Account { look, token, factors, recovery_codes, .. } = *shown;
    let texts = look.texts();
    html! {
        h2 { (texts.second_step) }
        @if factors.is_empty() { p { (texts.no_second_step) } }
        ul.sessions {
            @for factor in factors {
                li {
                    strong { (factor.title) }
                    p.quiet {
                        (texts.since) " " (factor.since) ", "
                        @if let Some(day) = &factor.last_used { (texts.last_used) " " (day) } @else { (texts.never_used) }
                    }
                    form method="post" action="/account/remove" {
                        (token_field(token))
                        input type="hidden" name="factor" value=(factor.id);
                        button.second type="submit" aria-label=((texts.remove_of)(&factor.title)) { (texts.remove) }
                    }
                }
            }
            @if !factors.is_empty() {
                li {
                    strong { (texts.recovery_codes) }
                    p.quiet { ((texts.recovery_codes_left)(recovery_codes)) }
                    form method="post" action="/account/recovery-codes" {
                        (token_field(token))
                        button.second type="submit" { (texts.make_codes) }
                    }
                }
            }
        }
        form method="post" action="/account/app" {
            (token_field(token))
            label for="label" { (texts.factor_label) }
            p.hint #label-hint { (texts.factor_label_hint) }
            input #label name="label" type="text" autocomplete="off" maxlength="50" aria-describedby="label-hint";
            button.second type="submit" { (texts.add_app) }
            @if shown.passkeys {
                button.second type="submit" formaction="/account/passkey" { (texts.add_passkey) }
            }
        }
    }
}

/// After signing out.
pub(crate) fn signed_out(look: &Look) -> Markup {
    let texts = look.texts();
    page(look, Width::Form, texts.signed_out, &[], &html! { p { (texts.signed_out_text) } })
}
