//! Consent: which app, on which device, may do what, as whom. Any app can claim a custom scheme, and any person can be
//! sent a link, so nobody is let in without having seen this.

use hub::AccessPath;
use maud::{Markup, html};

use super::{
    layout::{Look, Width, page, token_field},
    own_devices::{Device, Standing},
};

/// What the page shows.
pub(crate) struct Consent<'a> {
    pub(crate) look: &'a Look,
    pub(crate) token: &'a str,
    /// Where the decision is sent.
    pub(crate) action: &'static str,
    pub(crate) app: &'a str,
    pub(crate) device: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) path: AccessPath,
    /// The person's devices that this may be and that are not let in.
    pub(crate) held_back: &'a [Device],
    /// The code a device shows, for people to compare (RFC 8628 3.3.1).
    pub(crate) user_code: Option<&'a str>,
}

pub(crate) fn render(shown: &Consent<'_>) -> Markup {
    let texts = shown.look.texts();
    let body = html! {
        p { ((texts.wants_access)(shown.app)) }
        @if let Some(code) = shown.user_code {
            p { (texts.device_code_check) }
            p.usercode { (code) }
        }
        dl {
            dt { (texts.app) }
            dd { (shown.app) " (" (path_name(shown.look, shown.path)) ")" }
            @if shown.user_code.is_none() {
                dt { (texts.device) }
                dd { (shown.device.unwrap_or(texts.this_device)) }
            }
            dt { (texts.signed_in_as) }
            dd { (shown.name) br; (shown.email) }
            dt { (texts.may) }
            dd {
                ul {
                    li { (texts.may_contacts) }
                    li { (texts.may_directory) }
                }
                (texts.may_nothing_else)
            }
        }
        @if shown.user_code.is_none() { p { (texts.only_if_you) } }
        @if !shown.held_back.is_empty() { (remark(shown.look, shown.held_back)) }
        form method="post" action=(shown.action) {
            (token_field(shown.token))
            button type="submit" name="decision" value="allow" { (texts.allow) }
            button.second type="submit" name="decision" value="deny" { (texts.deny) }
            button.second type="submit" name="decision" value="other" { (texts.not_you) }
        }
    };
    page(shown.look, Width::Form, texts.allow_access, &[], &body)
}

/// A remark, and where to read more; the sign-in goes on all the same, for the browser may run on another device.
fn remark(look: &Look, held_back: &[Device]) -> Markup {
    let texts = &look.texts().own_devices;
    html! {
        div.remark role="note" {
            p { (texts.perhaps_held_back) }
            ul {
                @for device in held_back {
                    li {
                        (device.title) ": "
                        @if device.standing == Standing::Refused { (texts.refused) } @else { (texts.waiting) }
                    }
                }
            }
            p { a href="/help/device" { (texts.why) } }
        }
    }
}

/// Says that this way to the contacts is closed for the person.
pub(crate) fn closed(look: &Look, token: &str, name: &str, email: &str) -> Markup {
    let texts = look.texts();
    let body = html! {
        p { (texts.closed_text) }
        dl {
            dt { (texts.signed_in_as) }
            dd { (name) br; (email) }
        }
        form method="post" action="/sign-in/consent" {
            (token_field(token))
            button type="submit" name="decision" value="deny" { (texts.back_to_app) }
            button.second type="submit" name="decision" value="other" { (texts.not_you) }
        }
    };
    page(look, Width::Form, texts.closed, &[], &body)
}

/// What a path is, for people.
pub(crate) fn path_name(look: &Look, path: AccessPath) -> &'static str {
    let texts = look.texts();
    match path {
        AccessPath::ActiveSync => texts.path_activesync,
        AccessPath::Graph => texts.path_graph,
        AccessPath::CardDav => texts.path_carddav,
        AccessPath::Jmap => texts.path_jmap,
    }
}
