//! Consent for Apple's client: without it people read "Need admin approval".

use std::collections::BTreeSet;

use super::Context;
use crate::{
    conditional_access::EXCHANGE_ONLINE,
    export::{
        assignment::Head,
        directory_object::{PermissionGrant, ServicePrincipal},
    },
    finding::{Finding, Severity},
    people::Audience,
    reach::Reach,
};

/// Apple Internet Accounts, called "iOS Accounts" until 2020.
const APPLE: &str = "f8d98a96-0999-43f5-8af3-69971c7bb423";
const SCOPE: &str = "eas.accessasuser.all";
const FIX: &str = "Consent for the whole company: https://aka.ms/ConsentAppleApp, or a service principal for f8d98a96-0999-43f5-8af3-69971c7bb423 with an oauth2PermissionGrant of EAS.AccessAsUser.All for AllPrincipals.";

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    let audience = &context.rollout.exchange_oauth;
    if !audience.reach().possible() {
        return;
    }
    let apple = context.tenant.service_principals.iter().find(|principal| principal.app_id == APPLE);
    if !context.tenant.has_consent_export() {
        if context.tenant.user_consent != Some(true) {
            let text = format!(
                "The export says nothing of consent for Apple's client. Without it {} read \"Need admin approval\" in place of a sign-in.",
                context.people.in_words(audience)
            );
            let fix = format!("Export servicePrincipals and oauth2PermissionGrants to have it checked. {FIX}");
            found.push(Finding::new("CONSENT-MISSING", Severity::Warning, text, fix).about_all(profiles(context)));
        }
        return;
    }
    let Some(apple) = apple else {
        if grants(context, None).next().is_some_and(|grant| grant.principal.is_none()) {
            return;
        }
        return missing(context, audience, "Apple's client is unknown to the tenant", None, found);
    };
    if !apple.enabled {
        let text = format!(
            "Apple's client is switched off: {} cannot sign in to the managed account (AADSTS7000112).",
            context.people.in_words(audience)
        );
        let finding = Finding::new(
            "CONSENT-MISSING",
            Severity::Error.when(audience.reach()),
            text,
            "Enable the enterprise application Apple Internet Accounts for users to sign in.",
        );
        found.push(finding.showing(&apple.head, "accountEnabled", "false").about_all(profiles(context)));
        return;
    }
    let (mut everybody, mut some) = (false, BTreeSet::new());
    for grant in grants(context, Some(apple)) {
        match &grant.principal {
            None => everybody = true,
            Some(principal) => some.extend(context.people.find(principal)),
        }
    }
    let consented = context.people.each(|person| (everybody || some.contains(&person)).into());
    let without = audience.without(&consented);
    if without.reach().possible() {
        return missing(context, &without, "Nobody has consented to Apple's client for them", Some(apple), found);
    }
    not_assigned(context, apple, audience, found);
}

/// Grants of ActiveSync to Apple's client; to any client that is not known to be another one, where Apple's is not exported.
fn grants<'a>(
    context: &'a Context<'_>,
    apple: Option<&'a ServicePrincipal>,
) -> impl Iterator<Item = &'a PermissionGrant> {
    let principals = &context.tenant.service_principals;
    let of = move |id: &str| {
        principals
            .iter()
            .find(move |principal| principal.head.id.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(id)))
    };
    context.tenant.grants.iter().filter(move |grant| {
        let client = match apple.and_then(|apple| apple.head.id.as_deref()) {
            Some(id) => grant.client.eq_ignore_ascii_case(id) || grant.client == APPLE,
            None => of(&grant.client).is_none_or(|principal| principal.app_id == APPLE),
        };
        let resource = grant.resource.as_deref().and_then(of).is_none_or(|it| it.app_id == EXCHANGE_ONLINE);
        client && resource && grant.scopes.contains(SCOPE)
    })
}

fn missing(
    context: &Context<'_>,
    audience: &Audience,
    why: &str,
    apple: Option<&ServicePrincipal>,
    found: &mut Vec<Finding>,
) {
    if context.tenant.user_consent == Some(true) {
        return;
    }
    let text = format!(
        "{why}: {} read \"Need admin approval\" in place of a sign-in (AADSTS65001, 90094).",
        context.people.in_words(audience)
    );
    let mut finding = Finding::new("CONSENT-MISSING", Severity::Error.when(audience.reach()), text, FIX);
    if let Some(apple) = apple {
        finding = finding.showing(&apple.head, "oauth2PermissionGrants", "no EAS.AccessAsUser.All");
    }
    found.push(finding.about_all(profiles(context)));
}

/// Only people assigned to the application may use it.
fn not_assigned(context: &Context<'_>, apple: &ServicePrincipal, audience: &Audience, found: &mut Vec<Finding>) {
    if !apple.assignment_required {
        return;
    }
    let without = match &apple.assigned {
        None => audience.limited(Reach::May),
        Some(assigned) => {
            let all = context.people.each(|person| {
                let by_group = assigned.iter().flat_map(|identity| &identity.ids).fold(Reach::No, |reach, id| {
                    if context.people.group(id).is_some() {
                        reach.or(context.people.in_group(person, id))
                    } else {
                        reach
                    }
                });
                let named = assigned.iter().any(|identity| context.people.find(identity) == Some(person));
                by_group.or(named.into())
            });
            audience.without(&all)
        }
    };
    if !without.reach().possible() {
        return;
    }
    let text = format!(
        "Apple's client is open to assigned people only, and {} are not known to be among them: they cannot sign in (AADSTS50105).",
        context.people.in_words(&without)
    );
    let finding = Finding::new(
        "CONSENT-MISSING",
        Severity::Error.when(without.reach()),
        text,
        "Assign the groups of the profile to the enterprise application, or set appRoleAssignmentRequired to false.",
    );
    found.push(finding.showing(&apple.head, "appRoleAssignmentRequired", "true").about_all(profiles(context)));
}

fn profiles<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a Head> {
    let met = context.rollout.profiles.iter();
    met.filter(|profile| profile.audience.and(&context.rollout.exchange_oauth).reach().possible())
        .map(|profile| &profile.assigned.head)
}
