//! What a client can give of what a grant asks for (the table is in `docs/checks.md`).

use std::fmt;

use serde::Serialize;

use super::conditions::{Circumstances, ClientClass};
use crate::{
    Options,
    export::conditional_access_policy::{ConditionalAccessPolicy, Control, Operator},
};

/// Who signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// The native Contacts app's account at Exchange, signed in on Entra's page.
    NativeContacts,
    /// Outlook, which knows the broker and app protection.
    Outlook,
    /// The account at this hub, whose sign-in page sends people on to Entra.
    Hub,
}

impl Client {
    /// In the order in which they are told.
    pub const ALL: [Self; 3] = [Self::NativeContacts, Self::Outlook, Self::Hub];
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NativeContacts => "native-contacts",
            Self::Outlook => "outlook",
            Self::Hub => "hub",
        })
    }
}

/// What it takes to satisfy a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Nothing that the client lacks.
    Nothing,
    /// That the device is compliant; without that it is refused.
    CompliantDevice,
    /// Controls that the client can never give.
    Impossible(Vec<String>),
}

/// Whether a client can give a control; `None`: if its device is compliant.
fn gives(client: Client, class: ClientClass, control: &Control) -> Option<bool> {
    // A client without modern sign-in tells nothing of its device and shows no page: any grant refuses it.
    if class.is_legacy() {
        return Some(false);
    }
    match control {
        Control::CompliantDevice => None,
        Control::Mfa
        | Control::PasswordChange
        | Control::RiskRemediation
        | Control::TermsOfUse
        | Control::CustomAuthenticationFactor
        | Control::AuthenticationStrength => Some(true),
        Control::ApprovedApplication | Control::CompliantApplication => Some(client == Client::Outlook),
        Control::Block | Control::DomainJoinedDevice | Control::Other(_) => Some(false),
    }
}

/// The controls of a grant that have an effect in this tenant.
fn controls<'a>(policy: &'a ConditionalAccessPolicy, options: &Options) -> Vec<&'a Control> {
    let enforced =
        |control: &&Control| options.approved_application_enforced || **control != Control::ApprovedApplication;
    policy.grant.iter().flat_map(|grant| &grant.controls).filter(enforced).collect()
}

/// What a client needs for a policy that applies to it.
pub(crate) fn need_of(
    policy: &ConditionalAccessPolicy,
    client: Client,
    circumstances: &Circumstances<'_>,
    options: &Options,
) -> Need {
    let Some(grant) = &policy.grant else { return Need::Nothing };
    let controls = controls(policy, options);
    let given = |control: &Control| gives(client, circumstances.class(), control);
    let name = |control: &&Control| control.graph_name().to_owned();
    match grant.operator {
        _ if controls.is_empty() => Need::Nothing,
        // Nobody gets past a block, whatever else is chosen.
        _ if controls.contains(&&Control::Block) => Need::Impossible(vec!["block".to_owned()]),
        Operator::Or if controls.iter().any(|control| given(control) == Some(true)) => Need::Nothing,
        Operator::Or if controls.iter().any(|control| given(control).is_none()) => Need::CompliantDevice,
        Operator::Or => Need::Impossible(controls.iter().map(name).collect()),
        Operator::And => {
            let lacking: Vec<String> =
                controls.iter().filter(|control| given(control) == Some(false)).map(name).collect();
            match () {
                () if !lacking.is_empty() => Need::Impossible(lacking),
                () if controls.iter().any(|control| given(control).is_none()) => Need::CompliantDevice,
                () => Need::Nothing,
            }
        }
    }
}

/// What is missing of a policy on a device that is not compliant.
pub(crate) fn unmet_without_compliance(
    policy: &ConditionalAccessPolicy,
    client: Client,
    circumstances: &Circumstances<'_>,
    options: &Options,
) -> Vec<String> {
    let given = |control: &Control| gives(client, circumstances.class(), control).unwrap_or(false);
    controls(policy, options)
        .into_iter()
        .filter(|control| !given(control))
        .map(|it| it.graph_name().to_owned())
        .collect()
}
