//! Conditional Access against the sign-in of the managed account, at Exchange and at the hub.
//!
//! The phones of the rollout are judged as they will be: iOS, enrolled, registered with Entra, compliant. What depends on
//! anything else (risk, attributes that no export has) makes a finding milder.

use std::collections::BTreeSet;

use super::Context;
use crate::{
    conditional_access::{
        Circumstances, Client, ClientClass, Location, Need, Resource, conditions_met, hub_applications, in_force,
        need_of,
    },
    export::conditional_access_policy::{ConditionalAccessPolicy, Control, Grant, Operator, State},
    filter::{Property, Rule},
    finding::{Finding, Severity},
    people::{Audience, Unjudged},
    reach::Reach,
};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    let hub = hub_applications(context.tenant, context.options);
    for policy in context.tenant.conditional_access.iter().filter(|policy| in_force(policy).possible()) {
        let meant = context.people.meant(&policy.users);
        let exchange = Sign {
            client: Client::NativeContacts,
            audience: meant
                .and(&context.rollout.exchange_oauth)
                .limited(conditions_met(policy, &phone(Client::NativeContacts, &hub, Knows::Compliant))),
        };
        let at_hub = Sign {
            client: Client::Hub,
            audience: meant
                .and(&context.rollout.hub)
                .limited(conditions_met(policy, &phone(Client::Hub, &hub, Knows::Compliant))),
        };
        app_controls(context, policy, &exchange, &at_hub, found);
        retired(context, policy, &exchange, &at_hub, found);
        blocked(context, policy, &exchange, &at_hub, found);
        sso_extension(context, policy, &meant, &hub, found);
        several_apps(context, policy, &meant, found);
    }
}

/// A sign-in and those of the rollout in which the policy meets it.
struct Sign {
    client: Client,
    audience: Audience,
}

/// What Entra knows of a phone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Knows {
    /// That it is compliant.
    Compliant,
    /// Nothing: the plug-in that tells it is missing.
    Nothing,
}

fn phone(client: Client, hub: &[String], knows: Knows) -> Circumstances<'static> {
    let (class, resource) = match client {
        Client::Hub => (ClientClass::BrowserWithinApp, Resource::Hub(hub.to_vec())),
        Client::NativeContacts | Client::Outlook => (ClientClass::MobileAppsAndDesktopClients, Resource::Exchange),
    };
    Circumstances {
        class,
        resource,
        platform: "ios".to_owned(),
        device: Box::new(move |name| match (name, knows) {
            ("operatingsystem", _) => Property::Is("iOS".to_owned()),
            (_, Knows::Nothing) => Property::Absent,
            ("iscompliant", Knows::Compliant) => Property::Is("True".to_owned()),
            ("trusttype", Knows::Compliant) => Property::Is("Workplace".to_owned()),
            ("manufacturer", Knows::Compliant) => Property::Is("Apple".to_owned()),
            (_, Knows::Compliant) => Property::Unknown,
        }),
        location: Location::Unknown,
        sign_in_risk: None,
        user_risk: None,
    }
}

/// What only reports will decide once it is enforced.
fn severity(worst: Severity, policy: &ConditionalAccessPolicy, reach: Reach) -> Severity {
    let severity = if policy.state == State::ReportOnly { worst.milder() } else { worst };
    severity.when(reach)
}

/// `would be` under a policy that only reports.
fn mood(policy: &ConditionalAccessPolicy) -> &'static str {
    if policy.state == State::ReportOnly {
        " The policy only reports as yet; this is what happens once it is enforced."
    } else {
        ""
    }
}

fn controls_in_words(grant: &Grant) -> String {
    let names: Vec<&str> = grant.controls.iter().map(Control::graph_name).collect();
    names.join(if grant.operator == Operator::And { " AND " } else { " OR " })
}

fn is_app_control(control: &Control) -> bool {
    matches!(control, Control::ApprovedApplication | Control::CompliantApplication)
}

fn all_apps(policy: &ConditionalAccessPolicy) -> bool {
    policy.applications.include.contains("all")
}

/// Whether a client can never give what the policy asks for.
fn impossible(context: &Context<'_>, policy: &ConditionalAccessPolicy, client: Client) -> bool {
    let need = need_of(policy, client, &phone(client, &[], Knows::Compliant), context.options);
    matches!(need, Need::Impossible(_))
}

/// The demand for an approved app, or one under app protection.
fn app_controls(
    context: &Context<'_>,
    policy: &ConditionalAccessPolicy,
    exchange: &Sign,
    at_hub: &Sign,
    found: &mut Vec<Finding>,
) {
    let Some(grant) = policy.grant.as_ref().filter(|grant| grant.controls.iter().any(is_app_control)) else { return };
    if grant.controls.contains(&Control::Block) || !impossible(context, policy, Client::NativeContacts) {
        return;
    }
    let said = controls_in_words(grant);
    let native = exchange.audience.reach();
    if native.possible() {
        let people = context.people.in_words(&exchange.audience);
        let joined = grant.operator == Operator::And && grant.controls.len() > 1;
        let (rule, fix) = if joined {
            (
                "CA-APP-AND",
                "Join the controls by OR with compliantDevice (\"Require one of the selected controls\"), or leave compliant devices out with a device filter (device.isCompliant -eq True) and give them a policy with compliantDevice alone.",
            )
        } else {
            (
                "CA-APPROVED-APP",
                "Add compliantDevice and join by OR, or leave compliant devices out with a device filter (device.isCompliant -eq True) and give them a policy with compliantDevice alone.",
            )
        };
        let text = format!(
            "The native Contacts app is neither an approved app nor under app protection, and never will be: {people} cannot sign in to the managed account ({said}).{}",
            mood(policy)
        );
        let finding = Finding::new(rule, severity(Severity::Error, policy, native), text, fix);
        found.push(profiles(context, exchange, finding.showing(&policy.head, "grantControls", said.clone())));
    }
    let both = exchange.audience.or(&at_hub.audience);
    if !all_apps(policy) || !both.reach().possible() {
        return;
    }
    let people = context.people.in_words(&both);
    let hub = at_hub.audience.reach().possible();
    let what =
        if hub { "the sign-in of the hub's own account through Entra" } else { "the native sign-in to Exchange" };
    let text = format!(
        "The policy is over all cloud apps and so meets {what} as well, which can never give {said}: {people} cannot sign in to the managed account.{}",
        mood(policy)
    );
    let fix = if hub {
        "Exclude the hub's application from the policy and give it one of its own with compliantDevice or mfa."
    } else {
        "Name the applications that the policy is meant for; exclude Exchange Online and give it a policy with compliantDevice."
    };
    let finding = Finding::new("CA-ALL-APPS-OVERLAP", severity(Severity::Error, policy, both.reach()), text, fix);
    let finding =
        finding.showing(&policy.head, "includeApplications", "All").showing(&policy.head, "grantControls", said);
    found.push(profiles(context, if hub { at_hub } else { exchange }, finding));
}

/// The demand that Microsoft has retired stands alone.
fn retired(
    context: &Context<'_>,
    policy: &ConditionalAccessPolicy,
    exchange: &Sign,
    at_hub: &Sign,
    found: &mut Vec<Finding>,
) {
    let both = exchange.audience.or(&at_hub.audience);
    let alone = policy.grant.as_ref().is_some_and(|grant| {
        !grant.controls.is_empty() && grant.controls.iter().all(|control| *control == Control::ApprovedApplication)
    });
    if !alone || !both.reach().possible() {
        return;
    }
    let text = format!(
        "\"Require approved client app\" was retired on 30 June 2026. Where Microsoft has stopped enforcing it the policy demands nothing: any program of {} gets in, from any device.",
        context.people.in_words(&both)
    );
    let finding = Finding::new(
        "CA-APPROVED-RETIRED",
        Severity::Warning.when(both.reach()),
        text,
        "Replace approvedApplication: compliantDevice OR compliantApplication lets enrolled phones and protected apps in.",
    );
    found.push(finding.showing(&policy.head, "builtInControls", "approvedApplication"));
}

/// Blocks, and demands that no phone can meet.
fn blocked(
    context: &Context<'_>,
    policy: &ConditionalAccessPolicy,
    exchange: &Sign,
    at_hub: &Sign,
    found: &mut Vec<Finding>,
) {
    let Some(grant) = &policy.grant else { return };
    let apps = grant.controls.iter().any(is_app_control) && !grant.controls.contains(&Control::Block);
    for sign in [exchange, at_hub] {
        let reach = sign.audience.reach();
        if apps || !reach.possible() || !impossible(context, policy, sign.client) {
            continue;
        }
        let said = controls_in_words(grant);
        let text = format!(
            "No phone can satisfy this policy ({said}): {} cannot sign in to the managed account.{}",
            context.people.in_words(&sign.audience),
            mood(policy)
        );
        let finding = Finding::new(
            "CA-BLOCKS-NATIVE",
            severity(Severity::Error, policy, reach),
            text,
            "Leave these people, iOS, or compliant devices out of the policy.",
        );
        found.push(profiles(context, sign, finding.showing(&policy.head, "grantControls", said)));
    }
}

/// A compliant device is demanded, or makes the difference, and nothing on the phone proves that it is one.
fn sso_extension(
    context: &Context<'_>,
    policy: &ConditionalAccessPolicy,
    meant: &Audience,
    hub: &[String],
    found: &mut Vec<Finding>,
) {
    let plug_ins = context.tenant.sso_plug_ins.iter().fold(context.people.nobody(), |covered, plug_in| {
        covered.or(&context.people.assigned(&plug_in.assignments, Unjudged::May))
    });
    for (client, rollout) in
        [(Client::NativeContacts, &context.rollout.exchange_oauth), (Client::Hub, &context.rollout.hub)]
    {
        let (known, unknown) = (phone(client, hub, Knows::Compliant), phone(client, hub, Knows::Nothing));
        let need = need_of(policy, client, &known, context.options);
        let (applies, by_filter) = match need {
            Need::CompliantDevice => (conditions_met(policy, &known), false),
            Need::Impossible(_) => (conditions_met(policy, &unknown).and(!conditions_met(policy, &known)), true),
            Need::Nothing => continue,
        };
        let bare = meant.and(rollout).limited(applies).without(&plug_ins);
        let reach = bare.reach();
        if !reach.possible() {
            continue;
        }
        // At the hub it depends on whether people sign in through Entra; a filter only exempts compliant devices.
        let worst = if by_filter || client == Client::Hub { Severity::Warning } else { Severity::Error };
        let text = format!(
            "The sign-in of the managed account proves that the phone is compliant only through Microsoft's Enterprise SSO plug-in, since Entra keeps device keys in the Secure Enclave; {} do not get the plug-in and are refused as if their phones were not compliant.{}",
            context.people.in_words(&bare),
            mood(policy)
        );
        let finding = Finding::new(
            "CA-NO-SSO-EXT",
            severity(worst, policy, reach),
            text,
            "Assign an iosDeviceFeaturesConfiguration with iosAzureAdSingleSignOnExtension (AppPrefixAllowList com.apple.) to the groups of the profile, and Microsoft Authenticator with it.",
        );
        let said = policy.grant.as_ref().map(controls_in_words).unwrap_or_default();
        let finding = finding.showing(&policy.head, "grantControls", said);
        found.push(finding.about_all(context.tenant.sso_plug_ins.iter().map(|plug_in| &plug_in.head)));
    }
}

/// Policies for ActiveSync with several named apps.
fn several_apps(context: &Context<'_>, policy: &ConditionalAccessPolicy, meant: &Audience, found: &mut Vec<Finding>) {
    let active_sync = ["exchangeactivesync", "eassupported", "easunsupported"];
    let apps: BTreeSet<&String> = policy.applications.include.iter().filter(|app| *app != "none").collect();
    let named = !apps.iter().any(|app| *app == "all") && apps.len() > 1;
    if !named || !active_sync.iter().any(|class| policy.client_app_types.contains(*class)) {
        return;
    }
    let platform = policy.platforms.as_ref().is_none_or(|platforms| {
        let has = |list: &BTreeSet<String>| list.contains("ios") || list.contains("all");
        (platforms.include.is_empty() || has(&platforms.include)) && !has(&platforms.exclude)
    });
    // A compliant phone may be left out of it.
    let known = phone(Client::NativeContacts, &[], Knows::Compliant);
    let by_device = policy.device_filter.as_ref().map_or(Reach::Does, |filter| {
        let answers = Rule::parse(&filter.rule).map_or(Reach::May, |rule| rule.answers(&*known.device));
        if filter.exclude { !answers } else { answers }
    });
    let touched = meant.and(&context.rollout.exchange).limited(Reach::from(platform).and(by_device));
    let reach = touched.reach();
    if !reach.possible() {
        return;
    }
    let listed = apps.iter().map(|app| app.as_str()).collect::<Vec<_>>().join(", ");
    let text = format!(
        "A policy for Exchange ActiveSync works only with Exchange Online as its one app. With several it does not hold for the ActiveSync sign-ins of {}: accounts made by hand get by it, or people are blocked with a quarantine mail.{}",
        context.people.in_words(&touched),
        mood(policy)
    );
    let finding = Finding::new(
        "CA-EAS-MULTIAPP",
        severity(Severity::Error, policy, reach),
        text,
        "Split it: one policy for exchangeActiveSync with Exchange Online (00000002-0000-0ff1-ce00-000000000000) alone, one for the other apps and client types.",
    );
    found.push(finding.showing(&policy.head, "includeApplications", listed).showing(
        &policy.head,
        "clientAppTypes",
        policy.client_app_types.iter().cloned().collect::<Vec<_>>().join(", "),
    ));
}

/// Names the profiles whose people the policy meets.
fn profiles(context: &Context<'_>, sign: &Sign, finding: Finding) -> Finding {
    let met = context.rollout.profiles.iter().filter(|profile| profile.audience.and(&sign.audience).reach().possible());
    finding.about_all(met.map(|profile| &profile.assigned.head))
}
